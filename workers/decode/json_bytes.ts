/**
 * The bytes that JSON is made of, by name.
 *
 * @module
 */

/** Bytes with a meaning in JSON, numbers or times. */
export const BYTE = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  upperE: 0x45,
  upperT: 0x54,
  upperZ: 0x5a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  lowerE: 0x65,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** Bytes that end a plain run of a string: quote, backslash, controls. */
export const STOPS_STRING: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) =>
    byte < BYTE.space || byte === BYTE.quote || byte === BYTE.backslash ? 1 : 0,
);
