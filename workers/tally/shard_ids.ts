/**
 * Which events a shard has had lately, by the hash of their ids.
 *
 * Ids lie in columns in the order of their remembering; a slot table of entry
 * numbers is probed linearly. The oldest go first, so forgetting only moves the
 * head; slots of forgotten ones are swept when the columns are packed anew.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { DedupePlan } from "../../engine/job/time_plan.ts";
import type { DedupeIds } from "../../engine/messages.ts";

const CAPACITY_MIN = 1_024;
/** Slots per column entry: at most half are in use, so probes are short. */
const SLOTS_PER_ENTRY = 2;

/** The memory of one shard. */
export class ShardIds {
  readonly #plan: DedupePlan;
  #capacity = CAPACITY_MIN;
  #words = new Uint32Array(2 * CAPACITY_MIN);
  #arrivalMs = new Float64Array(CAPACITY_MIN);
  /** Entry number plus one; 0 is free. */
  #slots = new Int32Array(CAPACITY_MIN * SLOTS_PER_ENTRY);
  #head = 0;
  #tail = 0;
  /** First entry that the coordinator does not know. */
  #untold = 0;

  /**
   * @param plan How long and how many.
   * @param known What the shard remembers already.
   */
  constructor(plan: DedupePlan, known: DedupeIds | null) {
    this.#plan = plan;
    const count = known?.arrivalMs.length ?? 0;
    for (let i = 0; i < count; i++) {
      this.#append(
        known?.words[2 * i] ?? 0,
        known?.words[2 * i + 1] ?? 0,
        known?.arrivalMs[i] ?? 0,
      );
    }
    this.#untold = this.#tail;
  }

  /** Ids remembered. */
  get count(): number {
    return this.#tail - this.#head;
  }

  /**
   * Takes note of an event.
   *
   * @returns `"known"` for a duplicate; otherwise the id is remembered,
   * `"crowded"` when another had to be forgotten before its time.
   */
  note(
    word0: number,
    word1: number,
    arrivalMs: number,
  ): "known" | "new" | "crowded" {
    // An arrival that falls back counts as that of the newest id.
    const newestMs =
      this.#tail > this.#head
        ? (this.#arrivalMs[this.#tail - 1] as number)
        : Number.NEGATIVE_INFINITY;
    const nowMs = Math.max(arrivalMs, newestMs);
    const fromMs = nowMs - this.#plan.withinMs;
    if (this.#knows(word0, word1, fromMs)) return "known";
    // Only a new id makes others old, so that the memory is what was flushed.
    while (
      this.#head < this.#tail &&
      (this.#arrivalMs[this.#head] as number) < fromMs
    ) {
      this.#head++;
    }
    const isCrowded = this.count === this.#plan.idsMax;
    if (isCrowded) this.#head++;
    this.#append(word0, word1, nowMs);
    return isCrowded ? "crowded" : "new";
  }

  /**
   * Whether an id came since a moment. It may be there twice: both parents of a
   * merge have what their own parent had, and one may have it anew.
   */
  #knows(word0: number, word1: number, fromMs: number): boolean {
    const mask = this.#slots.length - 1;
    for (let slot = word0 & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return false;
      if (
        entry >= this.#head &&
        this.#words[2 * entry] === word0 &&
        this.#words[2 * entry + 1] === word1 &&
        (this.#arrivalMs[entry] as number) >= fromMs
      ) {
        return true;
      }
    }
  }

  #append(word0: number, word1: number, arrivalMs: number): void {
    if (this.#tail === this.#capacity) this.#pack();
    const entry = this.#tail++;
    this.#words[2 * entry] = word0;
    this.#words[2 * entry + 1] = word1;
    this.#arrivalMs[entry] = arrivalMs;
    this.#enter(entry);
  }

  #enter(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#words[2 * entry] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  /** Makes room: drops what is forgotten, and grows if that is too little. */
  #pack(): void {
    const { count } = this;
    const head = this.#head;
    if (2 * count > this.#capacity) this.#capacity *= 2;
    const words = new Uint32Array(2 * this.#capacity);
    const arrivalMs = new Float64Array(this.#capacity);
    words.set(this.#words.subarray(2 * head, 2 * this.#tail));
    arrivalMs.set(this.#arrivalMs.subarray(head, this.#tail));
    this.#words = words;
    this.#arrivalMs = arrivalMs;
    this.#slots = new Int32Array(this.#capacity * SLOTS_PER_ENTRY);
    this.#untold = Math.max(0, this.#untold - head);
    this.#head = 0;
    this.#tail = count;
    assert(this.#tail < this.#capacity);
    for (let entry = 0; entry < count; entry++) this.#enter(entry);
  }

  /** What was learned since the last call and is still remembered. */
  take(): DedupeIds {
    const from = Math.max(this.#untold, this.#head);
    this.#untold = this.#tail;
    return {
      words: this.#words.slice(2 * from, 2 * this.#tail),
      arrivalMs: this.#arrivalMs.slice(from, this.#tail),
    };
  }
}
