/**
 * Everything that keeps the shards of a stream going: dealing them, watching
 * them, evening out loads, and making those wait that are too far ahead.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { FlushMessage, WorkerMessage } from "../messages.ts";
import type { MovesStatus, ShardKeepingStatus } from "../status/status.ts";
import { awaitedShards } from "./awaited_shards.ts";
import { Rebalancer } from "./rebalancer.ts";
import { ShardDealer } from "./shard_dealer.ts";
import type { ShardTable } from "./shard_table.ts";
import { ShardWatchdog } from "./shard_watchdog.ts";
import { SkewLimit } from "./skew_limit.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** Shards that an error names. */
const HOLDING_NAMED = 5;

/** Options for {@linkcode ShardKeeper}. */
export interface ShardKeeperOptions {
  readonly table: ShardTable;
  readonly workers: WorkerGroup;
  readonly clock: Clock;
  readonly log: Logger;
  /** Open keys from which on shards that are ahead wait. */
  readonly openKeysMax: number;
  /** Length of the longest window. */
  readonly windowMs: number;
  /** Silence that is taken for the end of a shard's loop. */
  readonly silentMsMax: number;
}

/** What the keeper adds to the engine's status. */
export interface KeepingStatus {
  readonly moves: MovesStatus;
  readonly shardsReopened: number;
}

/** Keeps the shards going. */
export class ShardKeeper {
  readonly #options: ShardKeeperOptions;
  readonly #dealer: ShardDealer;
  readonly #watchdog: ShardWatchdog;
  readonly #rebalancer: Rebalancer;
  readonly #skew: SkewLimit;
  #paused: readonly string[] = [];

  constructor(options: ShardKeeperOptions) {
    this.#options = options;
    this.#dealer = new ShardDealer(options);
    const dealer = this.#dealer;
    this.#watchdog = new ShardWatchdog({ ...options, dealer });
    this.#rebalancer = new Rebalancer({ ...options, dealer });
    this.#skew = new SkewLimit(options);
  }

  /** Gives every shard that is ready to a worker. */
  deal(): void {
    this.#dealer.deal();
  }

  /** A worker has come: it gets its share. */
  welcome(worker: number): void {
    if (this.#paused.length > 0) this.#pauseIn(worker);
    this.#dealer.deal();
    this.#rebalancer.step();
  }

  /** A worker is gone without a last flush. */
  lost(worker: number, inHand: number): void {
    this.#dealer.lost(worker, inHand);
  }

  /** A worker's last flush is applied. */
  left(worker: number): void {
    this.#dealer.left(worker);
  }

  /** What ends workers, probably. */
  suspect(): string {
    return this.#dealer.suspect();
  }

  /** Hands a shard to a worker on request. */
  move(shardId: string, worker: number): void {
    this.#dealer.move(shardId, worker, "request");
    this.#rebalancer.rest();
  }

  /** A message has come: its shards live. */
  heard(message: WorkerMessage): void {
    if (message.type !== "flush") return;
    for (const { shardId } of message.shards) this.#watchdog.heard(shardId);
  }

  /** A flush is applied, and the table with it. */
  applied({ shards }: FlushMessage): void {
    for (const progress of shards) this.#dealer.applied(progress);
    if (!shards.some(({ released }) => released)) return;
    this.#dealer.deal();
    this.#rebalancer.step();
  }

  /**
   * A look at everything, to be had every `SHARD_WATCH_MS`.
   *
   * @param keysOpen Keys of all open windows.
   * @param isWaiting Whether a worker can't say anything as it has to wait.
   */
  look(keysOpen: number, isWaiting: (worker: number) => boolean): void {
    this.#watchdog.look(isWaiting);
    this.#rebalancer.tick();
    this.limitSkew(keysOpen);
  }

  /** Makes shards wait that are too far ahead; to be called after each flush. */
  limitSkew(keysOpen: number): void {
    const { table, log } = this.#options;
    const wasActive = this.#skew.active;
    const paused = this.#skew.paused(keysOpen, table.live, (ended) =>
      awaitedShards(table.entries, ended),
    );
    const { active } = this.#skew;
    if (active !== wasActive) {
      log.warn(
        { keysOpen, shards: table.live.length, waiting: paused.length },
        active
          ? "shards are too far apart: only those behind are read"
          : "shards have come together: all are read again",
      );
    }
    if (paused.join() === this.#paused.join()) return;
    this.#paused = paused;
    for (const { shardId } of table.entries) {
      this.#dealer.cares.of(shardId).paused = paused.includes(shardId);
    }
    for (const worker of this.#options.workers.ready) this.#pauseIn(worker);
  }

  #pauseIn(worker: number): void {
    const shardIds = this.#paused;
    this.#options.workers.post(worker, { type: "pause", shardIds });
  }

  /** The shards that hold the watermark back, for an error. */
  holding(): string {
    return this.#skew
      .holding(this.#options.table.live)
      .slice(0, HOLDING_NAMED)
      .map(({ shardId, watermarkMs }) =>
        Number.isFinite(watermarkMs)
          ? `${shardId} at ${new Date(watermarkMs).toISOString()}`
          : `${shardId} without a watermark`,
      )
      .join(", ");
  }

  /** What a shard's status has from here. */
  shardStatus(shardId: string): ShardKeepingStatus {
    const { load, moves, lastMovedAtMs, reopened, paused } =
      this.#dealer.cares.of(shardId);
    return { load, moves, lastMovedAtMs, reopened, paused };
  }

  /** What the engine's status has from here. */
  status(): KeepingStatus {
    return {
      moves: this.#dealer.moves,
      shardsReopened: this.#watchdog.reopened,
    };
  }
}
