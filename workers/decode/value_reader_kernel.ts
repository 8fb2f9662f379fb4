// Hot path: values that the job needs, when the generated scanner meets one in
//   an unusual form, and always in the walk.
// Cost avoided: text, regular expressions and dates for each value.
// Trick: digits are added up where they lie; a value and the position after
//   it come back without an object.
// Gives up: strings with escapes (-1; the caller asks JSON.parse).
// Breaks: `!` on byte reads.
// Shown by `perf/decode_bench.ts`. Plain twin: `JsonDecoder`.
/**
 * Reads numbers and times from JSON values.
 *
 * @module
 */
import { DATE_BYTES, dateMs, twoDigits } from "./calendar_kernel.ts";
import {
  DIGITS_MAX,
  decimalOf,
  INT_DIGITS_MAX,
  POWERS_OF_TEN,
} from "./decimal_kernel.ts";
import { BYTE } from "./json_bytes.ts";
import { skipNumber } from "./json_skip_kernel.ts";

// Constants of this module are folded into the code; imported ones are loaded.
const {
  colon: COLON,
  minus: MINUS,
  nine: NINE,
  plus: PLUS,
  point: POINT,
  quote: QUOTE,
  space: SPACE,
  upperT: UPPER_T,
  upperZ: UPPER_Z,
  zero: ZERO,
} = BYTE;

/** No such value at this place, or one that this way can't read. */
const UNREAD = -1;

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Bytes of the shortest time with its quotes: `"YYYY-MM-DDThh:mm"`. */
const TIME_BYTES_MIN = 18;
/** Digits of a fraction that count. */
const MS_DIGITS = 3;
/** Exponents of more bytes, letter and sign included, are left to `Number()`. */
const EXPONENT_BYTES_MAX = 4;
/** Bytes of a number that may be read by one division: sign, point, digits. */
const SHORT_BYTES_MAX = INT_DIGITS_MAX + 2;
const POWERS = POWERS_OF_TEN;

/**
 * Reads values. Its methods return the position after the value, or -1, and
 * leave the value in `value`.
 */
export class ValueReader {
  /** The value read last. */
  value: number = Number.NaN;

  /**
   * Reads a number, or a string that holds nothing but a number.
   *
   * @param bytes Buffer that holds it.
   * @param from Its first byte.
   * @param end End of the record.
   */
  number(bytes: Buffer, from: number, end: number): number {
    if (from >= end) return UNREAD;
    const isQuoted = bytes[from] === QUOTE;
    const start = isQuoted ? from + 1 : from;
    const after = skipNumber(bytes, start, end);
    if (after < 0) return UNREAD;
    if (isQuoted && (after >= end || bytes[after] !== QUOTE)) {
      return UNREAD;
    }
    this.value = checkedNumber(bytes, start, after);
    return isQuoted ? after + 1 : after;
  }

  /**
   * Reads a time as `parseTimeMs` does.
   *
   * @param bytes Buffer that holds it.
   * @param from Its opening quote.
   * @param end End of the record.
   */
  time(bytes: Buffer, from: number, end: number): number {
    if (end - from < TIME_BYTES_MIN || bytes[from] !== QUOTE) {
      return UNREAD;
    }
    const clock = from + 1 + DATE_BYTES;
    const separator = bytes[clock]!;
    const hour = twoDigits(bytes, clock + 1);
    const minute = twoDigits(bytes, clock + 4);
    if (
      (separator !== UPPER_T && separator !== SPACE) ||
      bytes[clock + 3] !== COLON ||
      !(hour <= 23 && minute <= 59)
    ) {
      return UNREAD;
    }
    this.value =
      dateMs(bytes, from + 1) + (hour * HOUR_MS + minute * MINUTE_MS);
    let at = this.#seconds(bytes, from + TIME_BYTES_MIN - 1, end);
    if (at >= 0) at = this.#zone(bytes, at, end);
    if (at < 0 || at >= end || bytes[at] !== QUOTE) return UNREAD;
    return Number.isNaN(this.value) ? UNREAD : at + 1;
  }

  /** Adds `:ss` and `.f…` behind it, if they are there. */
  #seconds(bytes: Buffer, from: number, end: number): number {
    if (bytes[from] !== COLON) return from;
    if (from + 3 >= end) return UNREAD;
    const second = twoDigits(bytes, from + 1);
    if (!(second <= 59)) return UNREAD;
    this.value += second * SECOND_MS;
    let at = from + 3;
    if (bytes[at] !== POINT) return at;
    const first = ++at;
    let unit = 100;
    while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) {
      if (at - first < MS_DIGITS) {
        this.value += (bytes[at]! - ZERO) * unit;
        unit /= 10;
      }
      at++;
    }
    return at === first ? UNREAD : at;
  }

  /** Takes off `Z` or `±hh:mm`, if it is there. */
  #zone(bytes: Buffer, at: number, end: number): number {
    const sign = at < end ? bytes[at]! : 0;
    if (sign === UPPER_Z) return at + 1;
    if (sign !== PLUS && sign !== MINUS) return at;
    if (at + 6 > end) return UNREAD;
    const hour = twoDigits(bytes, at + 1);
    const minute = twoDigits(bytes, at + 4);
    if (bytes[at + 3] !== COLON || !(hour <= 23 && minute <= 59)) {
      return UNREAD;
    }
    const offsetMs = hour * HOUR_MS + minute * MINUTE_MS;
    this.value += sign === MINUS ? offsetMs : -offsetMs;
    return at + 6;
  }
}

/** Reads a number whose grammar has been checked. */
export function checkedNumber(
  bytes: Buffer,
  start: number,
  end: number,
): number {
  if (end - start > SHORT_BYTES_MAX) return longNumber(bytes, start, end);
  const isNegative = bytes[start] === MINUS;
  let at = isNegative ? start + 1 : start;
  let sum = 0;
  let digits = 0;
  let point = end;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      sum = (Math.imul(sum, 10) + (byte - ZERO)) | 0;
      digits++;
    } else if (byte === POINT) point = at + 1;
    else break;
  }
  if (at < end || digits > INT_DIGITS_MAX) {
    return longNumber(bytes, start, end);
  }
  const value = sum / POWERS[end - point]!;
  return isNegative ? -value : value;
}

/** As {@linkcode checkedNumber}, with an exponent or more digits. */
function longNumber(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let at = isNegative ? start + 1 : start;
  let high = 0;
  let low = 0;
  let digits = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === POINT) point = at;
    else if (byte > NINE) break;
    else {
      if (digits < INT_DIGITS_MAX) high = high * 10 + (byte - ZERO);
      else low = low * 10 + (byte - ZERO);
      if (++digits > DIGITS_MAX) return convert(bytes, start, end);
    }
  }
  const scale = point < 0 ? 0 : at - point - 1;
  let exponent = 0;
  if (at < end) {
    if (end - at > EXPONENT_BYTES_MAX) return convert(bytes, start, end);
    let sign = 1;
    for (at++; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === MINUS) sign = -1;
      else if (byte !== PLUS) exponent = exponent * 10 + (byte - ZERO);
    }
    exponent *= sign;
  }
  const lowDigits = digits > INT_DIGITS_MAX ? digits - INT_DIGITS_MAX : 0;
  const value = decimalOf(high, low, lowDigits, exponent - scale);
  if (Number.isNaN(value)) return convert(bytes, start, end);
  return isNegative ? -value : value;
}

function convert(bytes: Buffer, start: number, end: number): number {
  return Number(bytes.toString("latin1", start, end));
}
