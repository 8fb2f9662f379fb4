/**
 * The ids that one shard remembers, in the order of their remembering: what a
 * checkpoint and the shard's next worker are given.
 *
 * @module
 */
import type { DedupePlan } from "../job/time_plan.ts";
import type { DedupeIds } from "../messages.ts";

/** Some ids as one list. */
function joined(chunks: readonly DedupeIds[]): DedupeIds {
  const count = chunks.reduce((sum, one) => sum + one.arrivalMs.length, 0);
  const words = new Uint32Array(2 * count);
  const arrivalMs = new Float64Array(count);
  let at = 0;
  for (const chunk of chunks) {
    words.set(chunk.words, 2 * at);
    arrivalMs.set(chunk.arrivalMs, at);
    at += chunk.arrivalMs.length;
  }
  return { words, arrivalMs };
}

/** A list without its first ids. */
function without({ words, arrivalMs }: DedupeIds, count: number): DedupeIds {
  return {
    words: words.subarray(2 * count),
    arrivalMs: arrivalMs.subarray(count),
  };
}

/** The ids of several shards as those of one, by arrival. */
export function mergedIds(lists: readonly DedupeIds[]): DedupeIds {
  const all = joined(lists);
  const order = [...all.arrivalMs.keys()].sort(
    (a, b) => (all.arrivalMs[a] ?? 0) - (all.arrivalMs[b] ?? 0),
  );
  const words = new Uint32Array(all.words.length);
  for (const [to, from] of order.entries()) {
    words.set(all.words.subarray(2 * from, 2 * from + 2), 2 * to);
  }
  return { words, arrivalMs: all.arrivalMs.sort() };
}

/** Appends what flushes bring, and forgets what is too old or too much. */
export class DedupeLog {
  readonly #plan: DedupePlan;
  #chunks: DedupeIds[] = [];
  #count = 0;

  constructor(plan: DedupePlan) {
    this.#plan = plan;
  }

  /** Ids remembered; some that are over may be among them. */
  get count(): number {
    return Math.min(this.#count, this.#plan.idsMax);
  }

  /** Adds ids learned since the last call. */
  append(ids: DedupeIds): void {
    const { length } = ids.arrivalMs;
    if (length === 0) return;
    this.#chunks.push(ids);
    this.#count += length;
    const fromMs = (ids.arrivalMs[length - 1] ?? 0) - this.#plan.withinMs;
    let over = 0;
    for (const { arrivalMs } of this.#chunks) {
      const rest = this.#count - arrivalMs.length;
      const isOld = (arrivalMs.at(-1) ?? 0) < fromMs;
      if (!isOld && rest < this.#plan.idsMax) break;
      this.#count = rest;
      over++;
    }
    this.#chunks.splice(0, over);
  }

  /** A copy of all that are remembered. */
  ids(): DedupeIds {
    const all = joined(this.#chunks);
    const { arrivalMs } = all;
    const fromMs = (arrivalMs.at(-1) ?? 0) - this.#plan.withinMs;
    let first = Math.max(0, arrivalMs.length - this.#plan.idsMax);
    while ((arrivalMs[first] ?? fromMs) < fromMs) first++;
    const kept = joined([without(all, first)]);
    // One chunk from now on: checkpoints join them anyway.
    this.#chunks = kept.arrivalMs.length === 0 ? [] : [kept];
    this.#count = kept.arrivalMs.length;
    return joined(this.#chunks);
  }
}
