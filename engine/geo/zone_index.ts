/**
 * A zone made ready for many look-ups.
 *
 * @module
 */
import type { ZoneSpec } from "../job/spec.ts";
import { type Box, zoneBoxes } from "./zone.ts";

/**
 * Boxes up to this number are tried one after the other; more are first sorted
 * into latitude bands. The taxi zones have one to four.
 */
const LINEAR_BOXES_MAX = 8;

/** Bands of a zone of many boxes: some hundred boxes make a few each. */
const BAND_COUNT = 256;

/**
 * Answers whether points lie in a zone.
 *
 * @example Usage
 * ```ts
 * const zone = new ZoneIndex({ cells: ["dr5x0z"] });
 * zone.holds(40.6467, -73.7898); // true
 * ```
 */
export class ZoneIndex {
  /** The box around the zone; what lies outside is not in it. */
  readonly southDeg: number;
  readonly northDeg: number;
  readonly westDeg: number;
  readonly eastDeg: number;
  /** Four numbers a box: south, north, west, east. */
  readonly #bands: readonly Float64Array[];
  readonly #bandHeightDeg: number;
  /** Whether the zone is one box, its own bounds. */
  readonly isBox: boolean;

  constructor(zone: ZoneSpec) {
    const boxes = zoneBoxes(zone);
    const side = (index: 0 | 1 | 2 | 3, pick: (...v: number[]) => number) =>
      boxes.reduce((at, box) => pick(at, box[index]), boxes[0]?.[index] ?? 0);
    this.southDeg = side(0, Math.min);
    this.northDeg = side(1, Math.max);
    this.westDeg = side(2, Math.min);
    this.eastDeg = side(3, Math.max);
    this.isBox = boxes.length === 1;
    const bandCount = boxes.length > LINEAR_BOXES_MAX ? BAND_COUNT : 1;
    this.#bandHeightDeg =
      (this.northDeg - this.southDeg) / bandCount || Number.MIN_VALUE;
    this.#bands = this.#sortIntoBands(boxes, bandCount);
  }

  #band(latitudeDeg: number, bandCount: number): number {
    const band = Math.floor(
      (latitudeDeg - this.southDeg) / this.#bandHeightDeg,
    );
    return Math.min(bandCount - 1, Math.max(0, band));
  }

  #sortIntoBands(boxes: readonly Box[], bandCount: number): Float64Array[] {
    const lists = Array.from({ length: bandCount }, (): number[] => []);
    for (const box of boxes) {
      const last = this.#band(box[1], bandCount);
      for (let i = this.#band(box[0], bandCount); i <= last; i++) {
        lists[i]?.push(...box);
      }
    }
    return lists.map((list) => Float64Array.from(list));
  }

  /** Whether the point lies in the zone, its edges included. */
  holds(latitudeDeg: number, longitudeDeg: number): boolean {
    const inBounds =
      latitudeDeg >= this.southDeg &&
      latitudeDeg <= this.northDeg &&
      longitudeDeg >= this.westDeg &&
      longitudeDeg <= this.eastDeg;
    if (!inBounds || this.isBox) return inBounds;
    const bands = this.#bands;
    const boxes = bands[this.#band(latitudeDeg, bands.length)] ?? [];
    for (let i = 0; i + 3 < boxes.length; i += 4) {
      if (
        latitudeDeg >= (boxes[i] as number) &&
        latitudeDeg <= (boxes[i + 1] as number) &&
        longitudeDeg >= (boxes[i + 2] as number) &&
        longitudeDeg <= (boxes[i + 3] as number)
      ) {
        return true;
      }
    }
    return false;
  }
}
