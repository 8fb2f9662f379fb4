/**
 * The texts of a key: what documents and status show.
 *
 * @module
 */
import { geohashText } from "../geo/geohash_bits.ts";
import type { KeyBits, KeyPartPlan } from "./plan.ts";

/** Characters that the first piece of a geohash holds. */
const FIRST_PIECE = 6;

function bitsOf(bits: KeyBits | undefined, words: readonly number[]): number {
  if (bits === undefined) return 0;
  const word = words[bits.word] ?? 0;
  return bits.bits === 32
    ? word >>> 0
    : (word >>> bits.shift) & (2 ** bits.bits - 1);
}

/**
 * One part of a key as text: a geohash or a zone's name.
 *
 * @param part The part.
 * @param words Both words of the key.
 */
export function keyText(
  part: KeyPartPlan,
  words: readonly [number, number],
): string {
  const first = bitsOf(part.bits[0], words);
  if (part.type === "zone") return part.zones[first] ?? "";
  const { precision } = part;
  if (precision <= FIRST_PIECE) return geohashText(first, precision);
  return (
    geohashText(first, FIRST_PIECE) +
    geohashText(bitsOf(part.bits[1], words), precision - FIRST_PIECE)
  );
}
