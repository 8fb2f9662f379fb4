/**
 * Draws from a discrete distribution in constant time (Walker's alias method,
 * in Vose's form).
 *
 * @module
 */
import type { Random } from "./random.ts";

/**
 * A distribution, or many behind each other in the same columns.
 *
 * @example Usage
 * ```ts
 * const table = AliasTable.of(Float64Array.of(1, 3));
 * table.draw(random, 0, 2); // 0 or, three times as often, 1
 * ```
 */
export class AliasTable {
  /** Share of each slot that is its own. */
  readonly #shares: Float64Array;
  /** Who has the rest of the slot; counted like the slots. */
  readonly #aliases: Uint32Array;

  /** @param count Slots, of all its distributions together. */
  constructor(count: number) {
    this.#shares = new Float64Array(count).fill(1);
    this.#aliases = Uint32Array.from({ length: count }, (_, i) => i);
  }

  /** A table of a single distribution. */
  static of(weights: Float64Array): AliasTable {
    const table = new AliasTable(weights.length);
    table.build(weights, 0, weights.length);
    return table;
  }

  /**
   * Makes one distribution.
   *
   * @param weights A column for all slots; not negative.
   * @param start Its first slot.
   * @param end Behind its last one.
   */
  build(weights: Float64Array, start: number, end: number): void {
    let total = 0;
    for (let i = start; i < end; i++) total += weights[i] ?? 0;
    if (!(total > 0)) return;
    const scaled = new Float64Array(end - start);
    const small: number[] = [];
    const large: number[] = [];
    for (let i = start; i < end; i++) {
      const share = ((weights[i] ?? 0) * (end - start)) / total;
      scaled[i - start] = share;
      (share < 1 ? small : large).push(i);
    }
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop() ?? start;
      const rich = large.at(-1) ?? start;
      const share = scaled[poor - start] ?? 0;
      this.#shares[poor] = share;
      this.#aliases[poor] = rich;
      const left = (scaled[rich - start] ?? 0) - (1 - share);
      scaled[rich - start] = left;
      if (left < 1) {
        large.pop();
        small.push(rich);
      }
    }
  }

  /**
   * Draws a slot of the distribution that was built from `start` to `end`.
   */
  draw(random: Random, start: number, end: number): number {
    const slot = start + Math.floor(random.unit() * (end - start));
    return random.unit() < (this.#shares[slot] as number)
      ? slot
      : (this.#aliases[slot] as number);
  }
}
