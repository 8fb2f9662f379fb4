/**
 * Sees to it that no shard's loop ends in silence: one that shows no life is
 * asked back from its worker and opened anew where it stands; a worker that
 * does not give it back is replaced.
 *
 * Time is counted in looks, and not by the clock: when the whole process was
 * stopped for a while, no shard is at fault.
 *
 * @module
 */
import type { Logger } from "pino";
import { FlagdropError } from "../errors.ts";
import { SHARD_RELEASE_MS_MAX, SHARD_WATCH_MS } from "../limits.ts";
import type { ShardCare } from "./shard_care.ts";
import type { ShardDealer } from "./shard_dealer.ts";
import type { ShardEntry, ShardTable } from "./shard_table.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** Options for {@linkcode ShardWatchdog}. */
export interface ShardWatchdogOptions {
  readonly table: ShardTable;
  readonly dealer: ShardDealer;
  readonly workers: WorkerGroup;
  readonly log: Logger;
  /** Silence from here on is taken for the end of a shard's loop. */
  readonly silentMsMax: number;
}

/** Watches the shards. */
export class ShardWatchdog {
  readonly #options: ShardWatchdogOptions;
  #reopened = 0;

  constructor(options: ShardWatchdogOptions) {
    this.#options = options;
  }

  /** Loops that were opened anew. */
  get reopened(): number {
    return this.#reopened;
  }

  /** A shard has shown life. */
  heard(shardId: string): void {
    const { table, dealer } = this.#options;
    // One that is asked back must be given back, whatever else it says.
    if (table.get(shardId)?.state === "reading") {
      dealer.cares.of(shardId).silentMs = 0;
    }
  }

  /**
   * A look at all shards, to be had every `SHARD_WATCH_MS`.
   *
   * @param isWaiting Whether a worker can't say anything as it has to wait.
   */
  look(isWaiting: (worker: number) => boolean): void {
    const { table, dealer } = this.#options;
    for (const entry of [...table.entries]) {
      if (entry.worker < 0) continue;
      const care = dealer.cares.of(entry.shardId);
      if (isWaiting(entry.worker) || care.paused) care.silentMs = 0;
      else care.silentMs += SHARD_WATCH_MS;
      this.#judge(entry, care);
    }
  }

  #judge(entry: ShardEntry, care: ShardCare): void {
    const { workers, silentMsMax } = this.#options;
    const { worker, state, shardId } = entry;
    if (state === "reading" && care.silentMs > silentMsMax) {
      this.#reopen(entry, care);
    } else if (state === "moving" && care.silentMs > SHARD_RELEASE_MS_MAX) {
      care.silentMs = 0;
      workers.replace(worker, notReleased(shardId, worker));
    }
  }

  #reopen(entry: ShardEntry, care: ShardCare): void {
    const { dealer, log } = this.#options;
    const { shardId, worker, sequenceNumber } = entry;
    this.#reopened++;
    care.reopened++;
    log.warn(
      { shard: shardId, worker, after: sequenceNumber },
      `no answer for shard ${shardId} for ${care.silentMs / 1_000} s: opening it anew`,
    );
    dealer.askBack(entry, worker);
  }
}

function notReleased(shardId: string, worker: number): FlagdropError {
  return new FlagdropError(
    "FD_WORKER",
    `Cannot go on as worker ${worker} does not give shard "${shardId}" back within ${SHARD_RELEASE_MS_MAX / 1_000} s`,
    { domain: "internal", retry: "now" },
  );
}
