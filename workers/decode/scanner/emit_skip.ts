/**
 * Code for values that nobody needs and that are no numbers.
 *
 * @module
 */
import { BYTE } from "../json_bytes.ts";

/** Checks any value. */
export function emitValueSkip(): string {
  return `
p = skipValue(bytes, from, end);
if (p < 0) return false;`;
}

/** Checks a value that is likely a string without escapes. */
export function emitStringSkip(): string {
  return `
if (bytes[p] === ${BYTE.quote}) {
  do c = bytes[p = (p + 1) | 0];
  while (p < end && stopsString[c] === 0);
}
if (p > from && c === ${BYTE.quote}) p = (p + 1) | 0;
else {${emitValueSkip()}
}`;
}
