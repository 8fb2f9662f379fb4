/**
 * From when on the records of a flush arrived: what a window's events are, when
 * something else has to read them again.
 *
 * @module
 */
import type { ShardProgress } from "../messages.ts";
import type { ShardTable } from "./shard_table.ts";

/**
 * A moment, epoch ms, before which none of the records arrived that some
 * progress is about; the table hasn't applied it yet. `-Infinity` when nothing
 * was known to be read of one of the shards.
 */
export function arrivedFrom(
  table: ShardTable,
  progress: readonly ShardProgress[],
): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (const { shardId, counts } of progress) {
    if (counts.read === 0) continue;
    const readToMs = table.get(shardId)?.readToMs ?? Number.NaN;
    if (Number.isNaN(readToMs)) return Number.NEGATIVE_INFINITY;
    leastMs = Math.min(leastMs, readToMs);
  }
  return leastMs;
}
