/**
 * Reads a stream through the workers: which worker reads which shard, what
 * their flushes add, and how far the stream as a whole has come.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Logger } from "pino";
import type {
  InputPosition,
  SourceIdentity,
} from "../checkpoint/checkpoint.ts";
import type { CallOff } from "../clock.ts";
import type { ControlPlane } from "../kinesis/control_plane.ts";
import type { KinesisShard, StreamDescription } from "../kinesis/shard.ts";
import type { ShardStart } from "../kinesis/shard_lineage.ts";
import { SHARD_REFRESH_MS } from "../limits.ts";
import type {
  FlushMessage,
  KinesisReading,
  WorkerMessage,
} from "../messages.ts";
import type { KinesisFrom, KinesisSource } from "../source.ts";
import type { ShardStatus } from "../status/status.ts";
import { CredentialsRelay } from "./credentials_relay.ts";
import type { EngineHost } from "./engine_host.ts";
import type { Input } from "./input.ts";
import type { Merger } from "./merger.ts";
import { ShardDealer } from "./shard_dealer.ts";
import { ShardTable } from "./shard_table.ts";
import { streamReading } from "./stream_reading.ts";
import { type WatermarkHolder, WatermarkWatch } from "./watermark_watch.ts";
import { type WorkerFigures, WorkerFiguresBook } from "./worker_figures.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** What the engine gives an input. */
export interface KinesisInputParts {
  readonly workers: WorkerGroup;
  readonly merger: Merger;
  readonly host: EngineHost;
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

/** A message that waits for the merger to have room. */
interface Held {
  readonly worker: number;
  readonly message: WorkerMessage;
}

function startOf(from: KinesisFrom, nowMs: number): ShardStart {
  switch (from.type) {
    case "earliest":
      return { type: "trim_horizon" };
    case "latest":
      return { type: "at_timestamp", timestampMs: nowMs };
    case "at":
      return { type: "at_timestamp", timestampMs: from.timestampMs };
  }
}

function watermarkCounts(flush: FlushMessage) {
  let records = 0;
  let watermarksTaken = 0;
  for (const { counts } of flush.shards) {
    records += counts.read;
    watermarksTaken += counts.watermarksTaken;
  }
  return { records, watermarksTaken };
}

/** Reads a Kinesis stream. */
export class KinesisInput implements Input {
  readonly #options: KinesisInputOptions;
  readonly #table = new ShardTable();
  readonly #dealer: ShardDealer;
  readonly #credentials: CredentialsRelay;
  readonly #figures = new WorkerFiguresBook();
  /** Number of the flush that must come next from each worker. */
  readonly #flushNumbers = new Map<number, number>();
  /** In order of arrival; at most a worker's credits, for each worker. */
  #held: Held[] = [];
  #state: "reading" | "ending" | "stopping" = "reading";
  #begun = false;
  readonly #watch: WatermarkWatch;
  #refreshing = false;
  #endRefreshes: CallOff = () => {};
  #end: (end: "ended" | "stopped") => void = () => {};

  constructor(options: KinesisInputOptions) {
    this.#options = options;
    const { workers } = options;
    this.#dealer = new ShardDealer({ table: this.#table, workers });
    this.#watch = new WatermarkWatch({
      clock: options.host.clock,
      log: options.log,
      strategy: options.merger.plan.watermark.strategy,
    });
    this.#credentials = new CredentialsRelay({
      source: options.source.connection.credentials,
      workers,
      clock: options.host.clock,
      fail: options.fail,
    });
    if (options.position !== undefined) {
      this.#table.restore(options.position.shards);
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
      this.#endRefreshes = clock.every(SHARD_REFRESH_MS, () => this.#refresh());
      return await end;
    } finally {
      this.#endRefreshes();
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
    if (this.#state === "reading" && this.#begun) this.#dealer.deal();
  }

  onWorkerReady(worker: number): void {
    this.#figures.begin(worker);
    this.#flushNumbers.set(worker, 0);
    this.#credentials.welcome(worker);
    this.#assignReady();
  }

  onWorkerLost(worker: number): void {
    // What it had sent is dropped with what it had not.
    this.#held = this.#held.filter((held) => held.worker !== worker);
    this.#dealer.lost(worker);
    this.#endIfAllLeft();
  }

  suspect(): string {
    return this.#dealer.suspect();
  }

  handle(worker: number, message: WorkerMessage): void {
    if (message.type === "auth_refused") {
      this.#credentials.refused(message);
      return;
    }
    this.#held.push({ worker, message });
    this.#applyHeld();
  }

  onRoom(): void {
    this.#applyHeld();
  }

  #applyHeld(): void {
    while (this.#held.length > 0 && !this.#options.merger.blocked) {
      const held = this.#held.shift();
      if (held?.message.type === "flush") {
        this.#applyFlush(held.worker, held.message);
      } else if (held?.message.type === "stopped") {
        this.#left(held.worker);
      }
    }
  }

  #left(worker: number): void {
    this.#dealer.left(worker);
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
    });
    for (const progress of flush.shards) {
      this.#table.apply(worker, progress);
    }
    this.#count(worker, flush);
    workers.post(worker, { type: "credit" });
    this.#retire();
    merger.advanceTo(this.#table.watermarkMs, flush.receivedAtMs);
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

  #count(worker: number, flush: FlushMessage): void {
    let records = 0;
    for (const { counts } of flush.shards) records += counts.read;
    this.#figures.flushed(worker, { busyMs: flush.busyMs, records });
  }

  /** Enters children of ended shards; those not named are looked up. */
  #retire(): void {
    this.#table.retire();
    this.#assignReady();
    if (this.#table.retire().length > 0) this.#refresh();
  }

  #refresh(): void {
    if (this.#refreshing || this.#state !== "reading") return;
    this.#refreshing = true;
    const { source, stream, log, host } = this.#options;
    host.controlPlane
      .listShards(source.connection, stream.streamArn)
      .then((shards) => {
        for (const shard of shards) {
          this.#table.add(shard, { type: "trim_horizon" });
        }
        this.#table.retire();
        this.#assignReady();
        this.#table.retire();
      })
      .catch((error: unknown) => {
        log.warn(
          { err: error },
          "cannot list the stream's shards: trying again",
        );
      })
      .finally(() => {
        this.#refreshing = false;
      });
  }

  position(): InputPosition {
    return { type: "kinesis", shards: this.#table.snapshot() };
  }

  shards(): ShardStatus[] {
    return this.#table.status();
  }

  figures(worker: number): WorkerFigures {
    return this.#figures.of(worker);
  }

  heldBy(): WatermarkHolder | null {
    return this.#watch.holder;
  }
}

/** A stream that was looked up. */
export interface OpenedStream {
  readonly identity: SourceIdentity;
  /** How the workers reach it. */
  readonly reading: KinesisReading;
  /** Makes the input once workers and merger are there. */
  makeInput(parts: KinesisInputParts): KinesisInput;
}

/** Options for {@linkcode openKinesisStream}. */
export interface OpenStreamOptions {
  readonly source: KinesisSource;
  readonly log: Logger;
  readonly controlPlane: ControlPlane;
}

/**
 * Looks the stream up, so that a wrong name or address fails before anything
 * is started.
 *
 * @throws {FlagdropError} When the stream can't be reached or read.
 */
export async function openKinesisStream({
  source,
  log,
  controlPlane,
}: OpenStreamOptions): Promise<OpenedStream> {
  const { connection } = source;
  const stream = await controlPlane.describeStream(connection, source.stream);
  const { streamArn } = stream;
  const shards = await controlPlane.listShards(connection, streamArn);
  const reading = await streamReading({ source, streamArn, controlPlane, log });
  log.info(
    { stream: stream.streamName, shards: shards.length },
    "reading stream",
  );
  return {
    identity: {
      type: "kinesis",
      streamArn,
      creationTimeMs: stream.creationTimeMs,
    },
    reading,
    makeInput: (parts) =>
      new KinesisInput({ ...parts, source, stream, shards, log }),
  };
}
