/**
 * Whether children take over all of an ended shard's hash keys.
 *
 * @module
 */
import type { ShardEntry } from "./shard_table.ts";

/** Whether the children's hash ranges leave nothing of the parent's out. */
export function coversRange(
  parent: ShardEntry,
  children: readonly ShardEntry[],
): boolean {
  const end = BigInt(parent.endingHashKey);
  let next = BigInt(parent.startingHashKey);
  const ranges = children
    .map((one) => [BigInt(one.startingHashKey), BigInt(one.endingHashKey)])
    .sort(([a = 0n], [b = 0n]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [from = 0n, to = 0n] of ranges) {
    if (from > next) return false;
    if (to >= next) next = to + 1n;
  }
  return next > end;
}
