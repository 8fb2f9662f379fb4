/**
 * Cells of up to six characters as numbers: their bits, the first the highest.
 *
 * @module
 */
import { BASE32 } from "../geo/geohash.ts";

/** The number of a geohash of up to six characters. */
export function cellNumber(text: string): number {
  let number = 0;
  for (const character of text) {
    number = number * 32 + BASE32.indexOf(character);
  }
  return number;
}

/** The geohash of a number. */
export function cellText(number: number, precision: number): string {
  let text = "";
  for (let shift = (precision - 1) * 5; shift >= 0; shift -= 5) {
    text += BASE32[(number >>> shift) & 31] ?? "";
  }
  return text;
}
