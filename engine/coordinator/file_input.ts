/**
 * Deals the file input to the workers in blocks and applies their flushes in
 * file order, so that the number of workers changes nothing in the result.
 *
 * A worker tallies a block with a watermark that is known when the block is
 * dealt: a lower bound of the true one. When the watermark before the block
 * turns out to have made some of its records late, the block is tallied again
 * with the true one. A lost worker's blocks are dealt again.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { InputPosition } from "../checkpoint/checkpoint.ts";
import type { Clock } from "../clock.ts";
import { FlagdropError } from "../errors.ts";
import { BLOCK_BYTES, BLOCKS_PER_WORKER } from "../limits.ts";
import type { BlockFlushMessage, WorkerMessage } from "../messages.ts";
import type { GapStatus, ShardStatus } from "../status/status.ts";
import { DedupeLog } from "../tally/dedupe_log.ts";
import { readBlocks } from "./block_reader.ts";
import { type DealtBlock, DealtBlocks } from "./dealt_blocks.ts";
import type { Input } from "./input.ts";
import type { Merger } from "./merger.ts";
import type { KeepingStatus } from "./shard_keeper.ts";
import { type WorkerFigures, WorkerFiguresBook } from "./worker_figures.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** Options for {@linkcode FileInput}. */
export interface FileInputOptions {
  readonly paths: readonly string[];
  readonly workers: WorkerGroup;
  readonly merger: Merger;
  readonly clock: Clock;
  /** Stands for the lines' arrival time: the start of the run, epoch ms. */
  readonly startedAtMs: number;
  /** Where a restored run goes on. */
  readonly position?: FilePosition | undefined;
}

type FilePosition = Extract<InputPosition, { type: "files" }>;

/** Reads files through the workers. */
export class FileInput implements Input {
  readonly #options: FileInputOptions;
  readonly #dealt = new DealtBlocks();
  readonly #figures = new WorkerFiguresBook();
  #spare: SharedArrayBuffer[] = [];
  /** Ids of events, with `dedupe`: then one block is under way at a time. */
  readonly #ids: DedupeLog | undefined;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #records = 0;
  #bytes = 0;
  #stopping = false;
  #ended = false;
  /** Of the file that the last applied block is of, and where it ends. */
  #fileIndex = 0;
  #offset = 0;
  /** Wakes `run` when a block has been applied. */
  #wake: () => void = () => {};

  constructor(options: FileInputOptions) {
    this.#options = options;
    const { position } = options;
    const { dedupe } = options.merger.plan;
    this.#ids = dedupe === null ? undefined : new DedupeLog(dedupe);
    if (position !== undefined) {
      this.#fileIndex = position.fileIndex;
      this.#offset = position.offset;
      this.#watermarkMs = position.watermarkMs;
      this.#records = position.records;
      if (position.dedupe !== null) this.#ids?.append(position.dedupe);
    }
  }

  async run(): Promise<"ended" | "stopped"> {
    const { paths } = this.#options;
    const from = { fileIndex: this.#fileIndex, offset: this.#offset };
    const takeBuffer = () =>
      this.#spare.pop() ?? new SharedArrayBuffer(BLOCK_BYTES);
    for await (const block of readBlocks({ paths, from, takeBuffer })) {
      await this.#until(() => this.#freeWorker() >= 0 || this.#stopping);
      if (this.#stopping) break;
      this.#deal(this.#dealt.add(block), this.#freeWorker());
    }
    await this.#until(() => this.#dealt.size === 0);
    this.#ended = !this.#stopping;
    return this.#ended ? "ended" : "stopped";
  }

  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** A worker that may have another block, or -1. */
  #freeWorker(): number {
    // What a block's duplicates are is known once those before it are applied.
    if (this.#ids !== undefined && this.#dealt.isUnderWay) return -1;
    return this.#dealt.freeWorker(this.#options.workers.ready);
  }

  #deal(block: DealtBlock, worker: number): void {
    block.worker = worker;
    block.flush = undefined;
    this.#options.workers.post(worker, {
      type: "block",
      blockNumber: block.blockNumber,
      path: block.path,
      offset: block.offset,
      bytes: block.bytes,
      byteLength: block.byteLength,
      watermarkMs: this.#watermarkMs,
      arrivalMs: this.#options.startedAtMs,
      dedupe: this.#ids?.ids() ?? null,
    });
  }

  /** Deals what lost workers had; it comes before what is not read yet. */
  #dealAgain(): void {
    for (;;) {
      const block = this.#dealt.waiting();
      const worker = this.#freeWorker();
      if (block === undefined || worker < 0) return;
      this.#deal(block, worker);
    }
  }

  onWorkerReady(worker: number): void {
    this.#figures.begin(worker);
    this.#dealAgain();
    this.#wake();
  }

  onWorkerLost(worker: number): void {
    // Blocks are tallied in their order: the first was in hand.
    const [first] = this.#dealt.takeFrom(worker);
    if (first !== undefined) first.losses++;
    this.#dealAgain();
  }

  suspect(): string {
    const block = this.#dealt.suspect();
    if (block === undefined) return "no block";
    const { path, offset, byteLength } = block;
    return `"${path}" from byte ${offset} to ${offset + byteLength}`;
  }

  handle(worker: number, message: WorkerMessage): void {
    if (message.type === "stopped") {
      this.#dealt.takeFrom(worker);
      this.#options.workers.left(worker);
      this.#dealAgain();
    }
    if (message.type !== "block_flush") return;
    const block = this.#dealt.get(message.blockNumber);
    assert(block !== undefined && block.worker === worker);
    block.flush = message;
    this.#applyReady();
  }

  onRoom(): void {
    this.#applyReady();
  }

  #applyReady(): void {
    while (!this.#options.merger.blocked) {
      const block = this.#dealt.first;
      const flush = block?.flush;
      if (block === undefined || flush === undefined) break;
      if (flush.lateFromMs <= this.#watermarkMs) {
        assert(flush.assumedWatermarkMs < this.#watermarkMs);
        this.#tallyAgain(block);
        break;
      }
      this.#apply(block, flush);
    }
    this.#dealAgain();
    this.#wake();
  }

  #tallyAgain(block: DealtBlock): void {
    const { ready } = this.#options.workers;
    if (ready.includes(block.worker)) {
      this.#deal(block, block.worker);
      return;
    }
    // Its worker is gone meanwhile.
    block.worker = -1;
    block.flush = undefined;
  }

  #apply(block: DealtBlock, flush: BlockFlushMessage): void {
    const { merger, clock, workers } = this.#options;
    this.#dealt.delete(block);
    merger.apply({
      counts: [flush.counts],
      tallies: flush.tallies,
      deadLetters: flush.deadLetters,
    });
    if (flush.dedupe !== null) this.#ids?.append(flush.dedupe);
    this.#watermarkMs = Math.max(this.#watermarkMs, flush.watermarkMs);
    merger.advanceTo(this.#watermarkMs, clock.nowMs());
    this.#fileIndex = block.fileIndex;
    this.#offset = block.offset + block.byteLength;
    this.#records += flush.counts.read;
    this.#bytes += block.byteLength;
    this.#figures.flushed(block.worker, {
      busyMs: flush.busyMs,
      heapBytes: flush.heapBytes,
      records: flush.counts.read,
    });
    if (this.#spare.length < workers.ready.length * BLOCKS_PER_WORKER) {
      this.#spare.push(block.bytes);
    }
  }

  position(): FilePosition {
    return {
      type: "files",
      fileIndex: this.#fileIndex,
      offset: this.#offset,
      watermarkMs: this.#watermarkMs,
      records: this.#records,
      dedupe: this.#ids?.ids() ?? null,
    };
  }

  shards(): ShardStatus[] {
    return [
      {
        shardId: this.#options.paths[this.#fileIndex] ?? "",
        worker: -1,
        state: this.#ended ? "ended" : "reading",
        sequenceNumber: String(this.#offset),
        watermarkMs: Number.isFinite(this.#watermarkMs)
          ? this.#watermarkMs
          : null,
        idle: false,
        behindLatestMs: 0,
        records: this.#records,
        bytes: this.#bytes,
        throttled: 0,
        reading: "polling",
        fallbacks: 0,
        load: 0,
        moves: 0,
        lastMovedAtMs: null,
        reopened: 0,
        paused: false,
      },
    ];
  }

  figures(worker: number): WorkerFigures {
    return this.#figures.of(worker, 0);
  }

  get dedupeIds(): number {
    return this.#ids?.count ?? 0;
  }

  heldBy(): null {
    return null;
  }

  holding(): string {
    return "";
  }

  moveShard(shardId: string): void {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot move shard "${shardId}" as files have no shards`,
      { domain: "user" },
    );
  }

  gaps(): readonly GapStatus[] {
    return [];
  }

  keeping(): KeepingStatus {
    return { moves: { count: 0, last: null }, shardsReopened: 0 };
  }
}
