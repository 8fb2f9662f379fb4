/**
 * Code for numbers: those that are read, and those that are only checked.
 *
 * Both follow JSON's grammar to the letter. What they don't take at sight
 * (exponents, many digits, strings) goes to functions that do.
 *
 * Digits are taken one by one and without a loop: the processor guesses where
 * they end and runs ahead, while each turn of a loop would check for interrupts
 * and whether the buffer is still there.
 *
 * In the emitted code `from` is where the value begins, `c` the byte at hand.
 *
 * @module
 */
import { INT_DIGITS_MAX } from "../decimal_kernel.ts";
import { BYTE } from "../json_bytes.ts";
import type { NumberForm } from "./layout.ts";

/** Digits before the point that are always taken at sight: degrees have three. */
const WHOLE_DIGITS = 3;
/** Digits behind the point of a number that is only checked. */
const SKIPPED_FRACTION_DIGITS = 3;
/** Digits beyond which a number is left to a function: code has to end. */
const SKIPPED_DIGITS_MAX = 20;

/** No byte: what can't be taken at sight. */
const NO_BYTE = -1;

/** Digits that are taken at sight, and what is done with them. */
interface Parts {
  readonly whole: number;
  readonly fraction: number;
  /** Code for a digit in `c`; `index` counts those behind the point from 0. */
  digit(index: number): string;
  /** Code that is told how many digits the fraction has. */
  end(count: number): string;
}

/**
 * Takes digits from `p + offset` on, the first of which is in `c`. Leaves `p`
 * and `c` at the byte behind them.
 */
function emitDigits(
  label: "whole" | "fraction",
  offset: number,
  parts: Parts,
): string {
  const isWhole = label === "whole";
  const limit = parts[label];
  const end = (count: number) => (isWhole ? "" : parts.end(count));
  const steps = Array.from({ length: limit }, (_, i) => {
    const leave =
      i === 0 ? `c = ${NO_BYTE};` : `p = (p + ${offset + i}) | 0; ${end(i)}`;
    return `if ((c ^ ${BYTE.zero}) > 9) { ${leave} break ${label}; }
  ${parts.digit(isWhole ? -1 : i)}
  c = bytes[(p + ${offset + i + 1}) | 0];`;
  });
  return `${steps.join("\n  ")}
  p = (p + ${offset + limit}) | 0; ${end(limit)}`;
}

/** Takes the whole part, and the fraction if there is one. */
function emitParts(parts: Parts): string {
  const fraction =
    parts.fraction === 0
      ? ""
      : `if (c === ${BYTE.point}) fraction: {
  c = bytes[(p + 1) | 0];
  ${emitDigits("fraction", 1, parts)}
}`;
  return `
c = bytes[p];
if (c === ${BYTE.minus}) c = bytes[p = (p + 1) | 0];
whole: {
  // A zero stands alone.
  if (c === ${BYTE.zero}) { c = bytes[p = (p + 1) | 0]; break whole; }
  ${emitDigits("whole", 0, parts)}
}
${fraction}`;
}

/** Reads a number of any form through the reader. */
function emitAnyNumber(slot: number): string {
  return `
p = reader.number(bytes, from, end);
if (p < 0) return false;
column${slot}[row] = reader.value;`;
}

/** A number that is read: its column, its form, and the byte behind it. */
export interface NumberReading {
  readonly slot: number;
  readonly form: NumberForm;
  readonly next: number;
}

const addDigit = (sum: string) =>
  `${sum} = (Math.imul(${sum}, 10) + (c ^ ${BYTE.zero})) | 0;`;

const store = (slot: number) =>
  `column${slot}[row] = bytes[from] === ${BYTE.minus} ? -value : value;`;

/** Reads up to nine digits: one division of exact doubles rounds correctly. */
function emitShortNumber({ slot, form, next }: NumberReading): string {
  const whole = Math.max(WHOLE_DIGITS, form.wholeDigits);
  const parts = emitParts({
    whole,
    fraction: INT_DIGITS_MAX - whole,
    digit: () => addDigit("sum"),
    end: (count) => `decimals = ${count};`,
  });
  return `
let sum = 0, decimals = 0;
${parts}
if (c === ${next}) {
  const value = sum / powers[decimals];
  ${store(slot)}
} else {${emitAnyNumber(slot)}
}`;
}

/** Reads up to eighteen digits, nine in each of two integers. */
function emitLongNumber({ slot, next }: NumberReading): string {
  const highDecimals = INT_DIGITS_MAX - WHOLE_DIGITS;
  const parts = emitParts({
    whole: WHOLE_DIGITS,
    fraction: highDecimals + INT_DIGITS_MAX,
    digit: (index) => addDigit(index < highDecimals ? "sum" : "low"),
    end: (count) =>
      `decimals = ${count}; lowDigits = ${Math.max(0, count - highDecimals)};`,
  });
  return `
let sum = 0, low = 0, decimals = 0, lowDigits = 0;
${parts}
const value = c === ${next} ? decimalOf(sum, low, lowDigits, 0 - decimals) : NaN;
if (value === value) ${store(slot)}
else {${emitAnyNumber(slot)}
}`;
}

/** Reads a number into a column. */
export function emitNumber(reading: NumberReading): string {
  const { wholeDigits, fractionDigits } = reading.form;
  if (wholeDigits + fractionDigits <= INT_DIGITS_MAX) {
    return emitShortNumber(reading);
  }
  return wholeDigits <= WHOLE_DIGITS
    ? emitLongNumber(reading)
    : emitAnyNumber(reading.slot);
}

/**
 * Checks a number that nobody needs.
 *
 * @param form Of the number that the layout was learnt from.
 * @param next The byte that follows the value in this layout.
 */
export function emitNumberSkip(form: NumberForm, next: number): string {
  const digits = (least: number, seen: number) =>
    Math.min(SKIPPED_DIGITS_MAX, Math.max(least, seen + 1));
  const parts = emitParts({
    whole: digits(WHOLE_DIGITS, form.wholeDigits),
    fraction: digits(SKIPPED_FRACTION_DIGITS, form.fractionDigits),
    digit: () => "",
    end: () => "",
  });
  return `
${parts}
if (c !== ${next}) {
  p = skipValue(bytes, from, end);
  if (p < 0) return false;
}`;
}
