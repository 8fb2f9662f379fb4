/**
 * What the children of ended shards wait for.
 *
 * @module
 */
import type { ShardEntry } from "./shard_table.ts";

/**
 * Shards that must be read to their end before the children of ended ones can
 * begin: the other parents of a merge, and whatever those wait for themselves.
 *
 * @param all Every shard of the run.
 * @param ended Those whose children wait; others are left out.
 */
export function awaitedShards(
  all: Iterable<ShardEntry>,
  ended: readonly ShardEntry[],
): ReadonlySet<ShardEntry> {
  const entries = new Map([...all].map((entry) => [entry.shardId, entry]));
  const ids = new Set(
    ended
      .filter(({ state }) => state === "ended")
      .map(({ shardId }) => shardId),
  );
  const waiting = [...entries.values()].filter(
    ({ state, parentShardIds }) =>
      state === "waiting" && parentShardIds.some((id) => ids.has(id)),
  );
  const awaited = new Set<ShardEntry>();
  // Each shard is entered once.
  for (const { parentShardIds } of waiting) {
    for (const parent of parentShardIds.map((id) => entries.get(id))) {
      if (parent === undefined || awaited.has(parent)) continue;
      if (parent.state === "ended" || parent.state === "retired") continue;
      awaited.add(parent);
      if (parent.state === "waiting") waiting.push(parent);
    }
  }
  return awaited;
}
