// Hot path: every value that the job doesn't need, once a record.
// Cost avoided: making the strings, numbers and objects that nobody reads.
// Trick: bytes are judged where they lie; open arrays and objects are bits of
//   one number, so nesting needs no stack.
// Gives up: values nested deeper than `NESTING_MAX` (JSON.parse judges them).
// Breaks: `!` on byte reads.
// Shown by `perf/decode_bench.ts`. Plain twin: `JsonDecoder`.
/**
 * Skips JSON values, exactly as strict as `JSON.parse`.
 *
 * Every function takes the bytes, the position to begin at and the end of the
 * record, and returns the position after what it skipped, or `NO_JSON`; values
 * may also be `TOO_DEEP`. None reads at or past the end.
 *
 * Bytes from 0x80 are fine inside strings, whatever they are: decoding UTF-8
 * replaces wrong ones and never swallows an ASCII byte.
 *
 * @module
 */
import { BYTE, STOPS_STRING } from "./json_bytes.ts";
import { NESTING_MAX } from "./limits.ts";

// Constants of this module are folded into the code; imported ones are loaded.
const {
  backslash: BACKSLASH,
  carriageReturn: CARRIAGE_RETURN,
  closeBrace: CLOSE_BRACE,
  closeBracket: CLOSE_BRACKET,
  colon: COLON,
  comma: COMMA,
  lineFeed: LINE_FEED,
  lowerE: LOWER_E,
  minus: MINUS,
  nine: NINE,
  openBrace: OPEN_BRACE,
  openBracket: OPEN_BRACKET,
  plus: PLUS,
  point: POINT,
  quote: QUOTE,
  space: SPACE,
  tab: TAB,
  zero: ZERO,
} = BYTE;
const STOPS = STOPS_STRING;

/** What was to be skipped is no JSON. */
export const NO_JSON = -1;
/** It is nested too deep to tell. */
export const TOO_DEEP = -2;

/** Letters that may follow a backslash, but for `u`. */
const ESCAPED = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) ESCAPED[byte] = 1;
const HEX = new Uint8Array(256);
for (const byte of Buffer.from("0123456789abcdefABCDEF")) HEX[byte] = 1;
const LOWER_U = 0x75;
/** Bytes of an escape: two, or six for `\uXXXX`. */
const SHORT_ESCAPE = 2;
const LONG_ESCAPE = 6;

const WORDS: Readonly<Record<number, Uint8Array>> = Object.fromEntries(
  ["true", "false", "null"].map((word) => [
    word.charCodeAt(0),
    Uint8Array.from(Buffer.from(word)),
  ]),
);

/** Skips white space, of which there may be none: never returns -1. */
export function skipSpace(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte > SPACE) break;
    if (
      byte !== SPACE &&
      byte !== LINE_FEED &&
      byte !== CARRIAGE_RETURN &&
      byte !== TAB
    ) {
      break;
    }
    at++;
  }
  return at;
}

/** Position after the escape whose backslash stands at `at`. */
function skipEscape(bytes: Buffer, at: number, end: number): number {
  if (at + SHORT_ESCAPE > end) return NO_JSON;
  const letter = bytes[at + 1]!;
  if (ESCAPED[letter] === 1) return at + SHORT_ESCAPE;
  if (letter !== LOWER_U || at + LONG_ESCAPE > end) return NO_JSON;
  for (let i = at + SHORT_ESCAPE; i < at + LONG_ESCAPE; i++) {
    if (HEX[bytes[i]!] === 0) return NO_JSON;
  }
  return at + LONG_ESCAPE;
}

/** Skips a string; `from` is its opening quote. */
export function skipString(bytes: Buffer, from: number, end: number): number {
  let at = from + 1;
  for (;;) {
    while (at < end && STOPS[bytes[at]!] === 0) at++;
    if (at >= end) return NO_JSON;
    const byte = bytes[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) return NO_JSON;
    at = skipEscape(bytes, at, end);
    if (at < 0) return NO_JSON;
  }
}

/** Skips one digit or more; -1 when there is none. */
function skipDigits(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  return at === from ? NO_JSON : at;
}

/** Skips a number: JSON's grammar, no leading zero, plus or bare point. */
export function skipNumber(bytes: Buffer, from: number, end: number): number {
  let at = from;
  if (at < end && bytes[at] === MINUS) at++;
  if (at < end && bytes[at] === ZERO) at++;
  else {
    at = skipDigits(bytes, at, end);
    if (at < 0) return NO_JSON;
  }
  if (at < end && bytes[at] === POINT) {
    at = skipDigits(bytes, at + 1, end);
    if (at < 0) return NO_JSON;
  }
  if (at < end && (bytes[at]! | 0x20) === LOWER_E) {
    at++;
    if (at < end && (bytes[at] === PLUS || bytes[at] === MINUS)) at++;
    at = skipDigits(bytes, at, end);
  }
  return at;
}

function skipWord(bytes: Buffer, from: number, end: number): number {
  const word = WORDS[bytes[from]!];
  if (word === undefined || from + word.length > end) return NO_JSON;
  for (let i = 0; i < word.length; i++) {
    if (bytes[from + i] !== word[i]) return NO_JSON;
  }
  return from + word.length;
}

/** Skips a value that is no array and no object. */
function skipScalar(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return NO_JSON;
  const byte = bytes[at]!;
  if (byte === QUOTE) return skipString(bytes, at, end);
  if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
    return skipNumber(bytes, at, end);
  }
  return skipWord(bytes, at, end);
}

/** Skips a key, the colon and the white space around them. */
function skipKey(bytes: Buffer, from: number, end: number): number {
  if (from >= end || bytes[from] !== QUOTE) return NO_JSON;
  const key = skipString(bytes, from, end);
  if (key < 0) return NO_JSON;
  const at = skipSpace(bytes, key, end);
  if (at >= end || bytes[at] !== COLON) return NO_JSON;
  return skipSpace(bytes, at + 1, end);
}

/**
 * Skips any value.
 *
 * @param bytes Buffer that holds it.
 * @param from Its first byte: no white space before it.
 * @param end End of the record.
 * @returns Position after it, or less than zero.
 */
export function skipValue(bytes: Buffer, from: number, end: number): number {
  if (from >= end) return NO_JSON;
  const first = bytes[from]!;
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    return skipScalar(bytes, from, end);
  }
  return skipNested(bytes, from, end);
}

/** Skips an array or object with all that is in it. */
function skipNested(bytes: Buffer, from: number, end: number): number {
  let at = from;
  /** Bit 0 tells whether the innermost open one is an object. */
  let kinds = 0;
  let depth = 0;
  for (;;) {
    // A value begins here.
    const byte = at < end ? bytes[at]! : 0;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth++ === NESTING_MAX) return TOO_DEEP;
      const isObject = byte === OPEN_BRACE;
      kinds = (kinds << 1) | (isObject ? 1 : 0);
      at = skipSpace(bytes, at + 1, end);
      const closing = isObject ? CLOSE_BRACE : CLOSE_BRACKET;
      if (at < end && bytes[at] !== closing) {
        if (isObject) at = skipKey(bytes, at, end);
        if (at < 0) return NO_JSON;
        continue;
      }
    } else {
      at = skipScalar(bytes, at, end);
      if (at < 0) return NO_JSON;
      at = skipSpace(bytes, at, end);
    }
    // A value has ended, or an empty array or object is about to.
    for (;;) {
      if (at >= end) return NO_JSON;
      const isObject = (kinds & 1) === 1;
      const next = bytes[at]!;
      if (next === COMMA) {
        at = skipSpace(bytes, at + 1, end);
        if (isObject) at = skipKey(bytes, at, end);
        if (at < 0) return NO_JSON;
        break;
      }
      if (next !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        return NO_JSON;
      }
      at++;
      kinds >>>= 1;
      if (--depth === 0) return at;
      at = skipSpace(bytes, at, end);
    }
  }
}
