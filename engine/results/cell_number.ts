/**
 * Cells of up to six characters as numbers: their bits, the first the highest.
 *
 * @module
 */
import { BASE32 } from "../geo/geohash.ts";
import { CELL_TEXTS_MAX } from "./limits.ts";

/** The number of a geohash of up to six characters. */
export function cellNumber(text: string): number {
  let number = 0;
  for (const character of text) {
    number = number * 32 + BASE32.indexOf(character);
  }
  return number;
}

/**
 * Figures by cell. The object is a dictionary from the start (it has no
 * prototype): else each other order of thousands of cells would be a shape of
 * its own, which is slow to make and long to keep.
 */
export function byCell(
  entries: Iterable<readonly [cell: string, count: number]>,
): Record<string, number> {
  const record: Record<string, number> = Object.create(null);
  for (const [cell, count] of entries) record[cell] = count;
  return record;
}

/** Geohashes made before: a page asks for the same ones twice a second. */
const texts = new Map<number, string>();

/** The geohash of a number. */
export function cellText(number: number, precision: number): string {
  const key = number * 8 + precision;
  const known = texts.get(key);
  if (known !== undefined) return known;
  let text = "";
  for (let shift = (precision - 1) * 5; shift >= 0; shift -= 5) {
    text += BASE32[(number >>> shift) & 31] ?? "";
  }
  if (texts.size >= CELL_TEXTS_MAX) texts.clear();
  texts.set(key, text);
  return text;
}
