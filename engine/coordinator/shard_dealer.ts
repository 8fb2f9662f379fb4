/**
 * Deals shards to workers: those that become ready, those whose worker is
 * gone, and those that are to change their worker.
 *
 * A shard leaves a worker only by that worker's final flush of it, or when the
 * worker's thread has ended.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { FlagdropError } from "../errors.ts";
import type { ShardProgress } from "../messages.ts";
import type { MovesStatus } from "../status/status.ts";
import { leastLoaded } from "./assign_shards.ts";
import { type ShardLoad, workerLoads } from "./plan_move.ts";
import { ShardCares } from "./shard_care.ts";
import { resumeAt, type ShardEntry, type ShardTable } from "./shard_table.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** Why a shard changes its worker. */
export type MoveReason = "load" | "request";

/** Options for {@linkcode ShardDealer}. */
export interface ShardDealerOptions {
  readonly table: ShardTable;
  readonly workers: WorkerGroup;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Says which worker reads which shard. */
export class ShardDealer {
  readonly #options: ShardDealerOptions;
  readonly cares = new ShardCares();
  #moves: MovesStatus = { count: 0, last: null };

  constructor(options: ShardDealerOptions) {
    this.#options = options;
  }

  /** Moves so far, for the status. */
  get moves(): MovesStatus {
    return this.#moves;
  }

  /** Shards that workers have, and what they cost. */
  loads(): ShardLoad[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#options.table.entries]
      .filter(({ worker }) => worker >= 0)
      .map(({ shardId, worker, state }) => {
        const care = this.cares.of(shardId);
        return {
          shardId,
          // One on its way counts where it is going.
          worker: care.target >= 0 ? care.target : worker,
          load: care.load,
          movable: state === "reading" && care.mayBalance(nowMs),
        };
      });
  }

  /** Whether a shard is on its way between two workers. */
  get isMoving(): boolean {
    for (const { state } of this.#options.table.entries) {
      if (state === "moving") return true;
    }
    return false;
  }

  /** Gives every shard that is ready to a worker, if there is one. */
  deal(): void {
    const { table, workers } = this.#options;
    const { ready } = workers;
    if (ready.length === 0) return;
    const loads = workerLoads(ready, this.loads());
    // The heaviest first, so that the light ones even out.
    const entries = table
      .takeReady()
      .map((entry) => ({ entry, care: this.cares.of(entry.shardId) }))
      .sort((a, b) => b.care.load - a.care.load);
    for (const { entry, care } of entries) {
      const worker = ready.includes(care.target)
        ? care.target
        : leastLoaded(loads);
      loads.set(worker, (loads.get(worker) ?? 0) + care.load);
      this.#assign(entry, worker);
    }
  }

  #assign(entry: ShardEntry, worker: number): void {
    const care = this.cares.of(entry.shardId);
    if (care.lastWorker >= 0 && care.lastWorker !== worker) {
      care.moves++;
      care.lastMovedAtMs = this.#options.clock.nowMs();
    }
    care.lastWorker = worker;
    care.target = -1;
    care.silentMs = 0;
    entry.worker = worker;
    this.#options.workers.post(worker, {
      type: "assign",
      shards: [
        {
          shardId: entry.shardId,
          startingHashKey: entry.startingHashKey,
          endingHashKey: entry.endingHashKey,
          start: resumeAt(entry),
          watermarkMs: entry.watermarkMs,
          dedupe: this.#options.table.dedupe.idsOf(entry.shardId),
          number: care.number,
        },
      ],
    });
  }

  /** A worker has told how far a shard is. */
  applied({ shardId, busyMs, counts }: ShardProgress): void {
    const care = this.cares.of(shardId);
    care.addBusy(busyMs);
    if (counts.read > 0) care.losses = 0;
  }

  /**
   * Asks a shard back from its worker, to be given to another.
   *
   * @throws {FlagdropError} `FD_OPTION` when that can't be done.
   */
  move(shardId: string, to: number, reason: MoveReason): void {
    const { workers, clock, log } = this.#options;
    const entry = this.#movable(shardId);
    if (!workers.ready.includes(to)) {
      throw refused(shardId, `there is no worker ${to}`);
    }
    const from = entry.worker;
    if (from === to) return;
    const care = this.cares.of(shardId);
    if (reason === "load") care.balancedAtMs = clock.monotonicMs();
    const atMs = clock.nowMs();
    this.#moves = {
      count: this.#moves.count + 1,
      last: { shardId, from, to, reason, atMs },
    };
    log.info({ shard: shardId, from, to, reason }, "moving shard");
    this.askBack(entry, to);
  }

  #movable(shardId: string): ShardEntry {
    const { table } = this.#options;
    const entry = [...table.entries].find((one) => one.shardId === shardId);
    if (entry === undefined) throw refused(shardId, "there is no such shard");
    if (entry.state === "reading") return entry;
    throw refused(shardId, `it is ${entry.state}`);
  }

  /** Asks a shard back from its worker; with its last flush it is dealt. */
  askBack(entry: ShardEntry, target: number): void {
    const { worker, shardId } = entry;
    const care = this.cares.of(shardId);
    care.target = target;
    care.silentMs = 0;
    entry.state = "moving";
    this.#options.workers.post(worker, { type: "release", shardId });
  }

  /**
   * A worker is gone without a last flush: its shards go to others.
   *
   * @param inHand Number of the shard that it was busy with, 0 if unknown.
   */
  lost(worker: number, inHand: number): void {
    for (const { shardId } of this.#options.table.takeFrom(worker)) {
      const care = this.cares.of(shardId);
      if (inHand === 0 || inHand === care.number) care.losses++;
    }
    this.deal();
  }

  /** A worker's last flush is applied: its shards go to others. */
  left(worker: number): void {
    this.#options.table.takeFrom(worker);
    this.deal();
  }

  /**
   * The shard whose worker was lost most often at the position where it still
   * stands: what ends workers is likely to be just behind it.
   */
  suspect(): string {
    const [most] = [...this.#options.table.entries]
      .map((entry) => ({ entry, losses: this.cares.of(entry.shardId).losses }))
      .sort((a, b) => b.losses - a.losses);
    if (most === undefined || most.losses === 0) return "no shard";
    const { shardId, sequenceNumber } = most.entry;
    return sequenceNumber === ""
      ? `shard "${shardId}" from its start`
      : `shard "${shardId}" after sequence number ${sequenceNumber}`;
  }
}

function refused(shardId: string, why: string): FlagdropError {
  return new FlagdropError(
    "FD_OPTION",
    `Cannot move shard "${shardId}" as ${why}`,
    { domain: "user" },
  );
}
