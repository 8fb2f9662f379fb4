/**
 * Which shard should move to even the workers' loads out: a pure function of
 * measured loads.
 *
 * @module
 */

/** A shard and what it costs. */
export interface ShardLoad {
  readonly shardId: string;
  /** Worker that reads it. */
  readonly worker: number;
  /** Share of a thread's time, above 0. */
  readonly load: number;
  /** Whether it may be moved now; its load counts all the same. */
  readonly movable: boolean;
}

/** One shard from one worker to another. */
export interface ShardMove {
  readonly shardId: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Workers are balanced while the difference between the busiest and the idlest
 * is no more than this share of the busiest one's load.
 */
const IMBALANCE_MIN = 0.2;

/**
 * A shard is worth moving when its load is at most this share of that
 * difference: the pair's greater load falls by a quarter of the difference or
 * more, and the shard would have to double its load to be moved back at once.
 */
const SHARE_MAX = 0.75;

/** Loads of the workers: the sum of their shards'. */
export function workerLoads(
  workers: readonly number[],
  shards: readonly ShardLoad[],
): Map<number, number> {
  const loads = new Map(workers.map((worker) => [worker, 0]));
  for (const { worker, load } of shards) {
    const before = loads.get(worker);
    if (before !== undefined) loads.set(worker, before + load);
  }
  return loads;
}

/**
 * The one move that evens out the busiest and the idlest worker best, or
 * undefined when none is worth it.
 *
 * Each move makes the sum of the squares of the loads smaller, so with loads
 * that stay the moves come to an end. Then either the imbalance is below its
 * least, or each movable shard of the busiest worker is above three quarters
 * of the difference; if it has two or more of them, one has at most half its
 * load, so the difference is below two thirds of it, and the busiest has less
 * than three times the load of the idlest.
 */
export function planMove(
  workers: readonly number[],
  shards: readonly ShardLoad[],
): ShardMove | undefined {
  const loads = [...workerLoads(workers, shards)];
  const [first] = loads;
  if (first === undefined) return undefined;
  const [from, most] = loads.reduce((a, b) => (b[1] > a[1] ? b : a), first);
  const [to, least] = loads.reduce((a, b) => (b[1] < a[1] ? b : a), first);
  const difference = most - least;
  if (difference <= IMBALANCE_MIN * most) return undefined;
  let best: ShardLoad | undefined;
  const remoteness = ({ load }: ShardLoad) => Math.abs(load - difference / 2);
  for (const shard of shards) {
    if (shard.worker !== from || !shard.movable) continue;
    if (shard.load > SHARE_MAX * difference) continue;
    if (best === undefined || remoteness(shard) < remoteness(best)) {
      best = shard;
    }
  }
  return best && { shardId: best.shardId, from, to };
}
