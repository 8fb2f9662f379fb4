/**
 * Which worker reads which shard.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * The worker to give a further shard to: the one with the least to do, the
 * first of those with equally little.
 *
 * @param loads What each worker has to do.
 */
export function leastLoaded(loads: ReadonlyMap<number, number>): number {
  let found = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [worker, load] of loads) {
    if (load >= least) continue;
    least = load;
    found = worker;
  }
  assert(found >= 0);
  return found;
}
