/**
 * What the coordinator keeps of each shard for as long as it runs: signs of
 * life, load, and what became of it. None of it is in a checkpoint.
 *
 * @module
 */
import {
  SHARD_BALANCE_MS,
  SHARD_BASE_LOAD,
  SHARD_LOAD_SMOOTHING,
} from "../limits.ts";

/** Of one shard. */
export class ShardCare {
  /** From 1 on; stands for it where only a number will do. */
  readonly number: number;
  /** Worker that had it last, -1 before the first. */
  lastWorker = -1;
  /** Worker that shall have it next, -1 for whichever has least to do. */
  target = -1;
  /** Time without a sign of life, or since it was asked back, ms. */
  silentMs = 0;
  /** Whether the worker is told not to read it. */
  paused = false;
  /** Times that it changed its worker. */
  moves = 0;
  /** Epoch ms of the last time, or null. */
  lastMovedAtMs: number | null = null;
  /** Monotonic ms of the last move for balance. */
  balancedAtMs = Number.NEGATIVE_INFINITY;
  /** Times that its loop was opened anew after silence. */
  reopened = 0;
  /** Workers lost since its position moved. */
  losses = 0;
  #busyMs = 0;
  #share: number | undefined;

  constructor(number: number) {
    this.number = number;
  }

  /** Adds time that its worker was busy with it. */
  addBusy(busyMs: number): void {
    this.#busyMs += busyMs;
  }

  /** Takes the time since the last sample into the load. */
  sample(durationMs: number): void {
    const share = this.#busyMs / durationMs;
    this.#busyMs = 0;
    this.#share =
      this.#share === undefined
        ? share
        : this.#share + SHARD_LOAD_SMOOTHING * (share - this.#share);
  }

  /** Whether it has stayed long enough to be moved for balance again. */
  mayBalance(nowMs: number): boolean {
    return nowMs - this.balancedAtMs >= SHARD_BALANCE_MS;
  }

  /** Share of a thread's time that it takes. */
  get load(): number {
    return SHARD_BASE_LOAD + (this.#share ?? 0);
  }
}

/** Of all shards. */
export class ShardCares {
  readonly #cares = new Map<string, ShardCare>();

  /** One shard's. */
  of(shardId: string): ShardCare {
    let care = this.#cares.get(shardId);
    if (care === undefined) {
      care = new ShardCare(this.#cares.size + 1);
      this.#cares.set(shardId, care);
    }
    return care;
  }
}
