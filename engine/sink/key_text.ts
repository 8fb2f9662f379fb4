/**
 * Keys as text: what the bits of a query's key words stand for.
 *
 * @module
 */
import { BASE32 } from "../geo/geohash.ts";
import type { KeyBits, KeyPartPlan, QueryPlan } from "../job/plan.ts";

/** The two words of one key. */
export interface KeyWords {
  readonly word0: number;
  readonly word1: number;
}

/** Bits of one character of a geohash. */
export const CHARACTER_BITS = 5;

function bitsOf({ word, shift, bits }: KeyBits, words: KeyWords): number {
  const whole = word === 0 ? words.word0 : words.word1;
  return (whole >>> shift) & (2 ** bits - 1);
}

function geohashText(pieces: readonly KeyBits[], words: KeyWords): string {
  let text = "";
  for (const piece of pieces) {
    const value = bitsOf(piece, words);
    for (let at = piece.bits - CHARACTER_BITS; at >= 0; at -= CHARACTER_BITS) {
      text += BASE32[(value >>> at) & 31] ?? "";
    }
  }
  return text;
}

/** The text of one part of a key. */
export function keyPartText(part: KeyPartPlan, words: KeyWords): string {
  if (part.type === "geohash") return geohashText(part.bits, words);
  const [piece] = part.bits;
  const index = piece === undefined ? -1 : bitsOf(piece, words);
  const zone = part.zones[index];
  if (zone !== undefined) return zone;
  throw new RangeError(
    `Cannot name zone ${index} of key part "${part.as}" as it has ${part.zones.length}`,
  );
}

/**
 * The texts of a key's parts, in their order.
 *
 * @example Usage
 * ```ts
 * keyTexts(query, { word0, word1 }); // ["dr5ru7", "JFK"]
 * ```
 */
export function keyTexts(query: QueryPlan, words: KeyWords): string[] {
  return query.key.map((part) => keyPartText(part, words));
}
