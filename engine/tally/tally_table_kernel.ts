/**
 * Accumulators by key: an open-addressing table over typed arrays.
 *
 * Hot path: one look-up per event and query in the workers, one per key and
 * flush in the coordinator.
 * Cost avoided: a Map with string or BigInt keys and an object per key (about
 * 0.2 µs an event and all of the garbage).
 * Trick: entries lie densely in columns in the order of their arrival; a slot
 * table of entry numbers is probed linearly. Flushing, merging, clearing and
 * checkpointing copy columns and never walk the slots.
 * Gives up: deletion of single keys, which nobody needs.
 * Breaks: non-null assertions on typed-array reads; five parameters.
 * Bench: `perf/tally_bench.ts`. Plain twin: `test/engine/tally/plain_table.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { AccumulatorPlan } from "../job/plan.ts";

/** Entries of a new table; it doubles when full. */
const CAPACITY_MIN = 256;
/** Slots per entry: at most half of the slots are in use, so probes are short. */
const SLOTS_PER_ENTRY = 2;

/** What an accumulator of each kind holds before the first event. */
const EMPTY = {
  sum: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
} as const;

/**
 * An accumulator's kind in a loop over keys. Its name has come with a message:
 * a string of its own, which isn't the program's, though it reads the same.
 * Optimised code that looks such a name up gives up each time, and is made anew.
 */
const KIND = { sum: 0, min: 1, max: 2 } as const;

/** The columns of some entries; every one is at least `rowCount` long. */
export interface TallyColumns {
  readonly rowCount: number;
  readonly word0: Uint32Array;
  readonly word1: Uint32Array;
  readonly counts: Float64Array;
  readonly accumulators: readonly Float64Array[];
}

/** Mixes both words so that the low bits depend on all of them. */
function hashOf(key0: number, key1: number): number {
  const mixed =
    Math.imul(key0, 0x9e3779b1) ^ Math.imul(key1 ^ (key0 >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/**
 * The tallies of one query and window.
 *
 * @example Usage
 * ```ts
 * const table = new TallyTable(query.accumulators);
 * const entry = table.entryOf(word0, word1);
 * table.counts[entry]++;
 * ```
 */
export class TallyTable implements TallyColumns {
  readonly #kinds: readonly number[];
  readonly #empty: readonly number[];
  #capacity = CAPACITY_MIN;
  /** Entry number plus one; 0 is a free slot. */
  #slots = new Int32Array(CAPACITY_MIN * SLOTS_PER_ENTRY);
  #mask = CAPACITY_MIN * SLOTS_PER_ENTRY - 1;
  /** Number of keys. */
  rowCount = 0;
  /** Events that no other table had tallied before; see `EventTally`. */
  firstTallied = 0;
  word0: Uint32Array = new Uint32Array(CAPACITY_MIN);
  word1: Uint32Array = new Uint32Array(CAPACITY_MIN);
  /** Events of each key. Replaced when the table grows: don't hold on to it. */
  counts: Float64Array = new Float64Array(CAPACITY_MIN);
  accumulators: Float64Array[];

  constructor(plans: readonly AccumulatorPlan[]) {
    this.#kinds = plans.map(({ op }) => KIND[op]);
    this.#empty = plans.map(({ op }) => EMPTY[op]);
    this.accumulators = plans.map(() => new Float64Array(CAPACITY_MIN));
  }

  /** Keys that it has memory for. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Bytes of all its columns and slots. */
  get byteLength(): number {
    const columns = this.counts.byteLength * (1 + this.accumulators.length);
    return columns + 2 * this.word0.byteLength + this.#slots.byteLength;
  }

  /** The entry of a key, made with empty accumulators when it is new. */
  entryOf(key0: number, key1: number): number {
    const word0 = this.word0;
    const word1 = this.word1;
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = hashOf(key0, key1) & mask;
    for (;;) {
      const entry = slots[slot]! - 1;
      if (entry < 0) break;
      if (word0[entry] === key0 && word1[entry] === key1) return entry;
      slot = (slot + 1) & mask;
    }
    if (this.rowCount === this.#capacity) {
      this.#grow();
      return this.entryOf(key0, key1);
    }
    const entry = this.rowCount++;
    slots[slot] = entry + 1;
    word0[entry] = key0;
    word1[entry] = key1;
    this.counts[entry] = 0;
    for (let i = 0; i < this.#empty.length; i++) {
      this.accumulators[i]![entry] = this.#empty[i]!;
    }
    return entry;
  }

  /**
   * Counts one event for the key of each of some rows: what `entryOf` does, in
   * one loop that looks nothing up twice.
   *
   * @param key0 First words of the keys, by row.
   * @param key1 Second words.
   * @param rows The rows, from one index up to another.
   */
  countRows(
    key0: Uint32Array,
    key1: Uint32Array,
    rows: Int32Array,
    from: number,
    to: number,
  ): void {
    let { word0, word1, counts } = this;
    let slots = this.#slots;
    let mask = this.#mask;
    for (let i = from; i < to; i++) {
      const row = rows[i]!;
      const first = key0[row]!;
      const second = key1[row]!;
      let slot = hashOf(first, second) & mask;
      for (;;) {
        let entry = slots[slot]! - 1;
        if (entry < 0) {
          entry = this.entryOf(first, second);
          ({ word0, word1, counts } = this);
          slots = this.#slots;
          mask = this.#mask;
        } else if (word0[entry] !== first || word1[entry] !== second) {
          slot = (slot + 1) & mask;
          continue;
        }
        counts[entry]! += 1;
        break;
      }
    }
  }

  /**
   * Counts one event for each of some keys, in a table whose keys all have zero
   * for their second word.
   *
   * @param keys First words of the keys, from one index up to another.
   */
  countKeys(keys: Uint32Array, from: number, to: number): void {
    let { word0, counts } = this;
    let slots = this.#slots;
    let mask = this.#mask;
    for (let i = from; i < to; i++) {
      const key = keys[i]!;
      let slot = hashOf(key, 0) & mask;
      for (;;) {
        let entry = slots[slot]! - 1;
        if (entry < 0) {
          entry = this.entryOf(key, 0);
          ({ word0, counts } = this);
          slots = this.#slots;
          mask = this.#mask;
        } else if (word0[entry] !== key) {
          slot = (slot + 1) & mask;
          continue;
        }
        counts[entry]! += 1;
        break;
      }
    }
  }

  /** Adds the entries of other columns with the same accumulators. */
  merge(columns: TallyColumns): void {
    assert.equal(columns.accumulators.length, this.#kinds.length);
    for (let row = 0; row < columns.rowCount; row++) {
      const entry = this.entryOf(columns.word0[row]!, columns.word1[row]!);
      this.counts[entry]! += columns.counts[row]!;
      for (let i = 0; i < this.#kinds.length; i++) {
        const column = this.accumulators[i]!;
        const value = columns.accumulators[i]![row]!;
        const kind = this.#kinds[i]!;
        if (kind === KIND.sum) column[entry]! += value;
        else if (kind === KIND.min)
          column[entry] = Math.min(column[entry]!, value);
        else column[entry] = Math.max(column[entry]!, value);
      }
    }
  }

  /** Forgets all keys and keeps the memory. */
  clear(): void {
    this.#slots.fill(0);
    this.rowCount = 0;
    this.firstTallied = 0;
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = <T extends Uint32Array | Float64Array>(
      old: T,
      next: T,
    ): T => {
      next.set(old);
      return next;
    };
    this.word0 = grown(this.word0, new Uint32Array(this.#capacity));
    this.word1 = grown(this.word1, new Uint32Array(this.#capacity));
    this.counts = grown(this.counts, new Float64Array(this.#capacity));
    this.accumulators = this.accumulators.map((column) =>
      grown(column, new Float64Array(this.#capacity)),
    );
    this.#slots = new Int32Array(this.#capacity * SLOTS_PER_ENTRY);
    this.#mask = this.#slots.length - 1;
    const rowCount = this.rowCount;
    for (let entry = 0; entry < rowCount; entry++) {
      let slot = hashOf(this.word0[entry]!, this.word1[entry]!) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = entry + 1;
    }
  }
}
