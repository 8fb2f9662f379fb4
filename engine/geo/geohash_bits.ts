/**
 * Geohash text from interleaved bits, as keys carry them.
 *
 * @module
 */
import { BASE32 } from "./geohash.ts";

/**
 * The characters of some geohash bits, the first character in the highest ones.
 *
 * @param bits Up to 30 bits.
 * @param characterCount How many characters they make, 5 bits each.
 */
export function geohashText(bits: number, characterCount: number): string {
  let text = "";
  for (let shift = (characterCount - 1) * 5; shift >= 0; shift -= 5) {
    text += BASE32[(bits >>> shift) & 31] ?? "";
  }
  return text;
}
