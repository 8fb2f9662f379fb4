/**
 * What `dedupe` remembers of each shard: learned with its flushes, kept with its
 * position, and handed to its next worker and to its children.
 *
 * @module
 */
import type { ShardDedupe } from "../checkpoint/checkpoint.ts";
import type { DedupePlan } from "../job/time_plan.ts";
import type { DedupeIds, ShardProgress } from "../messages.ts";
import { DedupeLog, mergedIds } from "../tally/dedupe_log.ts";

/** The memory of all shards; empty when duplicates are events like others. */
export class DedupeMemory {
  readonly #plan: DedupePlan | null;
  readonly #logs = new Map<string, DedupeLog>();

  /** @param plan Null to remember nothing. */
  constructor(plan: DedupePlan | null) {
    this.#plan = plan;
  }

  /** Ids of all shards. */
  get count(): number {
    let sum = 0;
    for (const { count } of this.#logs.values()) sum += count;
    return sum;
  }

  #append(shardId: string, ids: DedupeIds): void {
    if (this.#plan === null) return;
    const log = this.#logs.get(shardId) ?? new DedupeLog(this.#plan);
    this.#logs.set(shardId, log);
    log.append(ids);
  }

  /** Applies what a flush says of a shard. */
  apply({ shardId, dedupe }: ShardProgress): void {
    if (dedupe !== null) this.#append(shardId, dedupe);
  }

  /**
   * Gives a new shard what its parents remember: a producer that tries again
   * after a split or merge reaches a child.
   */
  inherit(shardId: string, parentShardIds: readonly string[]): void {
    const lists = parentShardIds.flatMap((id) => {
      const log = this.#logs.get(id);
      return log === undefined ? [] : [log.ids()];
    });
    if (lists.length > 0) this.#append(shardId, mergedIds(lists));
  }

  /** Forgets a shard whose children have all inherited. */
  forget(shardId: string): void {
    this.#logs.delete(shardId);
  }

  /** A copy of what a shard remembers; null without `dedupe`. */
  idsOf(shardId: string): DedupeIds | null {
    if (this.#plan === null) return null;
    return (this.#logs.get(shardId) ?? new DedupeLog(this.#plan)).ids();
  }

  /** A copy of everything, for a checkpoint. */
  snapshot(): ShardDedupe[] {
    return [...this.#logs].map(([shardId, log]) => ({
      shardId,
      ids: log.ids(),
    }));
  }

  /** Takes over what a checkpoint has. */
  restore(shards: readonly ShardDedupe[]): void {
    for (const { shardId, ids } of shards) this.#append(shardId, ids);
  }
}
