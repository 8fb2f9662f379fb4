/**
 * Reads a stream through the workers: which worker reads which shard, what
 * their flushes add, and how far the stream as a whole has come.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Logger } from "pino";
import type { InputPosition } from "../checkpoint/checkpoint.ts";
import type { CallOff } from "../clock.ts";
import type { KinesisShard, StreamDescription } from "../kinesis/shard.ts";
import type { ShardStart } from "../kinesis/shard_lineage.ts";
import {
  SHARD_REFRESH_MS,
  SHARD_SILENT_FAN_OUT_MS,
  SHARD_SILENT_MS,
  SHARD_WATCH_MS,
} from "../limits.ts";
import type { FlushMessage, WorkerMessage } from "../messages.ts";
import type { KinesisSource } from "../source.ts";
import type { GapStatus, ShardStatus } from "../status/status.ts";
import { arrivedFrom } from "./arrived_from.ts";
import { CredentialsRelay } from "./credentials_relay.ts";
import type { EngineHost } from "./engine_host.ts";
import { HeldMessages } from "./held_messages.ts";
import type { Input } from "./input.ts";
import type { Merger } from "./merger.ts";
import { ShardDiscovery } from "./shard_discovery.ts";
import { type KeepingStatus, ShardKeeper } from "./shard_keeper.ts";
import { ShardTable } from "./shard_table.ts";
import { startOf } from "./start_of.ts";
import { skipTrimmed } from "./trimmed_shards.ts";
import {
  type WatermarkHolder,
  WatermarkWatch,
  watermarkCounts,
} from "./watermark_watch.ts";
import { type WorkerFigures, WorkerFiguresBook } from "./worker_figures.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** What the engine gives an input. */
export interface KinesisInputParts {
  readonly workers: WorkerGroup;
  readonly merger: Merger;
  readonly host: EngineHost;
  /** Open keys from which on shards that are ahead wait. */
  readonly openKeysMax: number;
  /** Length of the job's longest window. */
  readonly windowMs: number;
  readonly fail: (error: unknown) => void;
  /** Where a restored run goes on. */
  readonly position?: Extract<InputPosition, { type: "kinesis" }> | undefined;
}

/** Options for {@linkcode KinesisInput}. */
export interface KinesisInputOptions extends KinesisInputParts {
  readonly source: KinesisSource;
  readonly stream: StreamDescription;
  readonly shards: readonly KinesisShard[];
  readonly log: Logger;
}

/** Reads a Kinesis stream. */
export class KinesisInput implements Input {
  readonly #options: KinesisInputOptions;
  readonly #table: ShardTable;
  readonly #keeper: ShardKeeper;
  readonly #credentials: CredentialsRelay;
  readonly #figures = new WorkerFiguresBook();
  /** Number of the flush that must come next from each worker. */
  readonly #flushNumbers = new Map<number, number>();
  readonly #held = new HeldMessages();
  readonly #discovery: ShardDiscovery;
  #state: "reading" | "ending" | "stopping" = "reading";
  #begun = false;
  #gaps: readonly GapStatus[] = [];
  readonly #watch: WatermarkWatch;
  #hasWarnedOfForgotten = false;
  #timers: CallOff[] = [];
  #end: (end: "ended" | "stopped") => void = () => {};

  constructor(options: KinesisInputOptions) {
    this.#options = options;
    const { workers } = options;
    this.#table = new ShardTable(options.merger.plan.dedupe);
    this.#watch = new WatermarkWatch({
      clock: options.host.clock,
      log: options.log,
      strategy: options.merger.plan.watermark.strategy,
    });
    this.#keeper = new ShardKeeper({
      ...options,
      table: this.#table,
      clock: options.host.clock,
      silentMsMax:
        options.source.consumer === undefined
          ? SHARD_SILENT_MS
          : SHARD_SILENT_FAN_OUT_MS,
    });
    this.#credentials = new CredentialsRelay({
      source: options.source.connection.credentials,
      workers,
      clock: options.host.clock,
      fail: options.fail,
    });
    this.#discovery = new ShardDiscovery({
      listShards: () =>
        options.host.controlPlane.listShards(
          options.source.connection,
          options.stream.streamArn,
        ),
      onShards: (shards) => this.#addShards(shards),
      log: options.log,
    });
    if (options.position !== undefined) {
      this.#table.restore(options.position.shards);
      this.#table.dedupe.restore(options.position.dedupe);
      this.#gaps = skipTrimmed(this.#table, {
        ...options,
        nowMs: options.host.clock.nowMs(),
      });
    }
    // Shards found after the start are read from their beginning.
    const start: ShardStart =
      options.position === undefined
        ? startOf(options.source.from, options.host.clock.nowMs())
        : { type: "trim_horizon" };
    for (const shard of options.shards) this.#table.add(shard, start);
  }

  async run(): Promise<"ended" | "stopped"> {
    const end = new Promise<"ended" | "stopped">((resolve) => {
      this.#end = resolve;
    });
    try {
      await this.#credentials.start();
      this.#begun = true;
      this.#assignReady();
      const { clock } = this.#options.host;
      this.#timers = [
        clock.every(SHARD_REFRESH_MS, () => this.#refresh()),
        clock.every(SHARD_WATCH_MS, () => this.#look()),
      ];
      return await end;
    } finally {
      for (const callOff of this.#timers) callOff();
      this.#credentials.close();
    }
  }

  stop(): void {
    this.#stopWorkers("stopping");
  }

  #stopWorkers(state: "ending" | "stopping"): void {
    if (this.#state !== "reading") return;
    this.#state = state;
    this.#options.workers.stopAll();
    this.#endIfAllLeft();
  }

  #endIfAllLeft(): void {
    const { ready, leaving } = this.#options.workers;
    if (this.#state === "reading" || ready.length + leaving.length > 0) return;
    this.#end(this.#state === "ending" ? "ended" : "stopped");
  }

  #assignReady(): void {
    // Without credentials nothing can be read yet.
    if (this.#state === "reading" && this.#begun) this.#keeper.deal();
  }

  onWorkerReady(worker: number): void {
    this.#figures.begin(worker);
    this.#flushNumbers.set(worker, 0);
    this.#credentials.welcome(worker);
    if (this.#state === "reading" && this.#begun) this.#keeper.welcome(worker);
  }

  /** Looks after the shards. */
  #look(): void {
    if (this.#state !== "reading") return;
    const { merger, fail } = this.#options;
    try {
      // A worker whose flushes wait here has no credits, and waits too.
      this.#keeper.look(
        merger.keysOpen,
        (worker) => merger.blocked || this.#held.countOf(worker) > 0,
      );
    } catch (error) {
      fail(error);
    }
  }

  onWorkerLost(worker: number, inHand: number): void {
    // What it had sent is dropped with what it had not.
    this.#held.drop(worker);
    this.#keeper.lost(worker, inHand);
    this.#endIfAllLeft();
  }

  suspect(): string {
    return this.#keeper.suspect();
  }

  handle(worker: number, message: WorkerMessage): void {
    if (message.type === "auth_refused") {
      this.#credentials.refused(message);
      return;
    }
    this.#keeper.heard(message);
    this.#held.add(worker, message);
    this.#applyHeld();
  }

  onRoom(): void {
    this.#applyHeld();
  }

  #applyHeld(): void {
    for (;;) {
      const held = this.#held.take(!this.#options.merger.blocked);
      if (held === undefined) return;
      const { worker, message } = held;
      if (message.type === "flush") this.#applyFlush(worker, message);
      else if (message.type === "stopped") this.#left(worker);
    }
  }

  #left(worker: number): void {
    this.#keeper.left(worker);
    this.#options.workers.left(worker);
    this.#endIfAllLeft();
  }

  #applyFlush(worker: number, flush: FlushMessage): void {
    const { merger, workers } = this.#options;
    assert.equal(flush.flushNumber, this.#flushNumbers.get(worker));
    this.#flushNumbers.set(worker, flush.flushNumber + 1);
    merger.apply({
      counts: flush.shards.map(({ counts }) => counts),
      tallies: flush.tallies,
      deadLetters: flush.deadLetters,
      arrivedFromMs: arrivedFrom(this.#table, flush.shards),
    });
    for (const progress of flush.shards) {
      this.#table.apply(worker, progress, flush.receivedAtMs);
    }
    this.#keeper.applied(flush);
    this.#warnOfForgotten();
    this.#count(worker, flush);
    workers.post(worker, { type: "credit" });
    this.#retire();
    merger.advanceTo(this.#table.watermarkMs, flush.receivedAtMs);
    this.#keeper.limitSkew(merger.keysOpen);
    this.#watch.note({
      slowest: this.#table.slowest(),
      watermarkMs: merger.watermarkMs,
      greatestMs: this.#table.greatestMs,
      ...watermarkCounts(flush),
    });
    if (this.#options.source.untilEnd && this.#table.allAtTip) {
      this.#stopWorkers("ending");
    }
  }

  /** Once: `dedupe` has not the room for as long as it should remember. */
  #warnOfForgotten(): void {
    const { merger, log } = this.#options;
    const { idsForgotten } = merger.counts.dedupe;
    if (idsForgotten === 0 || this.#hasWarnedOfForgotten) return;
    this.#hasWarnedOfForgotten = true;
    log.warn(
      { idsMax: merger.plan.dedupe?.idsMax },
      "ids are forgotten before their time, so copies may be counted: raise idsMax or lower withinMs of dedupe",
    );
  }

  #count(worker: number, flush: FlushMessage): void {
    const records = flush.shards.reduce((n, { counts }) => n + counts.read, 0);
    const { busyMs, heapBytes } = flush;
    this.#figures.flushed(worker, { busyMs, records, heapBytes });
  }

  /** Enters children of ended shards; those not named are looked up. */
  #retire(): void {
    this.#table.retire();
    this.#assignReady();
    if (this.#table.retire().length > 0) this.#refresh();
  }

  #refresh(): void {
    if (this.#state !== "reading") return;
    this.#discovery.look();
  }

  #addShards(shards: readonly KinesisShard[]): void {
    for (const shard of shards) {
      this.#table.add(shard, { type: "trim_horizon" });
    }
    this.#table.retire();
    this.#assignReady();
    this.#table.retire();
  }

  position(): InputPosition {
    return {
      type: "kinesis",
      shards: this.#table.snapshot(),
      dedupe: this.#table.dedupe.snapshot(),
    };
  }

  shards(): ShardStatus[] {
    const { clock } = this.#options.host;
    return this.#table.status(clock.nowMs()).map((shard) => ({
      ...shard,
      ...this.#keeper.shardStatus(shard.shardId),
    }));
  }

  moveShard(shardId: string, worker: number): void {
    this.#keeper.move(shardId, worker);
  }

  gaps(): readonly GapStatus[] {
    return this.#gaps;
  }

  keeping(): KeepingStatus {
    return this.#keeper.status();
  }

  holding(): string {
    return this.#keeper.holding();
  }

  figures(worker: number): WorkerFigures {
    return this.#figures.of(worker, this.#held.countOf(worker));
  }

  get dedupeIds(): number {
    return this.#table.dedupe.count;
  }

  heldBy(): WatermarkHolder | null {
    return this.#watch.holder;
  }
}
