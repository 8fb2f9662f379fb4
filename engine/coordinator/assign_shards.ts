/**
 * Which worker reads which shard.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * The worker to give a further shard to: the one with the fewest, the first of
 * those with equally few.
 *
 * @param shardCounts Shards that each worker reads.
 * @returns Index of the worker.
 */
export function leastLoaded(shardCounts: readonly number[]): number {
  assert(shardCounts.length > 0);
  return shardCounts.indexOf(Math.min(...shardCounts));
}
