/**
 * Where a shard's reading starts and what comes after its end.
 *
 * @module
 */

/** A child named in a parent's last answer. */
export interface ChildShard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  /** Decimal, inclusive. */
  readonly startingHashKey: string;
  readonly endingHashKey: string;
}

/** Where a shard's reading starts. */
export type ShardStart =
  | { readonly type: "trim_horizon" }
  | { readonly type: "at_timestamp"; readonly timestampMs: number }
  | { readonly type: "after"; readonly sequenceNumber: string };
