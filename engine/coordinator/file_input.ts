/**
 * Deals the file input to the workers in blocks and applies their flushes in
 * file order, so that the number of workers changes nothing in the result.
 *
 * A worker tallies a block with a watermark that is known when the block is
 * dealt: a lower bound of the true one. When the watermark before the block
 * turns out to have made some of its records late, the block is tallied again
 * with the true one.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { InputPosition } from "../checkpoint/checkpoint.ts";
import type { Clock } from "../clock.ts";
import { BLOCK_BYTES, BLOCKS_PER_WORKER } from "../limits.ts";
import type {
  BlockFlushMessage,
  BlockMessage,
  WorkerMessage,
} from "../messages.ts";
import type { ShardStatus } from "../status/status.ts";
import { type Block, readBlocks } from "./block_reader.ts";
import type { Input } from "./input.ts";
import type { Merger } from "./merger.ts";
import { type WorkerFigures, workerFigures } from "./worker_figures.ts";
import type { Workers } from "./worker_pool.ts";

/** Options for {@linkcode FileInput}. */
export interface FileInputOptions {
  readonly paths: readonly string[];
  readonly workers: Workers;
  readonly merger: Merger;
  readonly clock: Clock;
  /** Stands for the lines' arrival time: the start of the run, epoch ms. */
  readonly startedAtMs: number;
  /** Where a restored run goes on. */
  readonly position?: FilePosition | undefined;
}

type FilePosition = Extract<InputPosition, { type: "files" }>;

/** A block that is with a worker, or tallied and not yet applied. */
interface Dealt {
  readonly worker: number;
  readonly path: string;
  readonly fileIndex: number;
  readonly offset: number;
  flush: BlockFlushMessage | undefined;
}

/** Reads files through the workers. */
export class FileInput implements Input {
  readonly #options: FileInputOptions;
  readonly #dealt = new Map<number, Dealt>();
  readonly #load: number[];
  readonly figures: readonly WorkerFigures[];
  #spare: ArrayBuffer[] = [];
  #nextDealt = 0;
  #nextApplied = 0;
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
    if (position !== undefined) {
      this.#fileIndex = position.fileIndex;
      this.#offset = position.offset;
      this.#watermarkMs = position.watermarkMs;
      this.#records = position.records;
    }
    this.#load = Array.from({ length: options.workers.count }, () => 0);
    this.figures = workerFigures(options.workers.count);
  }

  async run(): Promise<"ended" | "stopped"> {
    const { paths } = this.#options;
    const from = { fileIndex: this.#fileIndex, offset: this.#offset };
    const takeBuffer = () => this.#spare.pop() ?? new ArrayBuffer(BLOCK_BYTES);
    for await (const block of readBlocks({ paths, from, takeBuffer })) {
      await this.#until(() => this.#freeWorker() >= 0 || this.#stopping);
      if (this.#stopping) break;
      this.#deal(block, this.#freeWorker());
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

  /** The worker with the fewest blocks, or -1 when all have enough. */
  #freeWorker(): number {
    const least = Math.min(...this.#load);
    return least < BLOCKS_PER_WORKER ? this.#load.indexOf(least) : -1;
  }

  #deal(block: Block, worker: number): void {
    const blockNumber = this.#nextDealt++;
    const { path, fileIndex, offset } = block;
    this.#load[worker] = (this.#load[worker] ?? 0) + 1;
    this.#dealt.set(blockNumber, {
      worker,
      path,
      fileIndex,
      offset,
      flush: undefined,
    });
    this.#send(worker, { ...block, blockNumber });
  }

  #send(
    worker: number,
    block: Pick<
      BlockMessage,
      "blockNumber" | "path" | "offset" | "bytes" | "byteLength"
    >,
  ): void {
    const message: BlockMessage = {
      type: "block",
      blockNumber: block.blockNumber,
      path: block.path,
      offset: block.offset,
      bytes: block.bytes,
      byteLength: block.byteLength,
      watermarkMs: this.#watermarkMs,
      arrivalMs: this.#options.startedAtMs,
    };
    this.#options.workers.post(worker, message, [block.bytes]);
  }

  handle(worker: number, message: WorkerMessage): void {
    if (message.type !== "block_flush") return;
    const dealt = this.#dealt.get(message.blockNumber);
    assert(dealt !== undefined && dealt.worker === worker);
    dealt.flush = message;
    this.#applyReady();
  }

  onRoom(): void {
    this.#applyReady();
  }

  #applyReady(): void {
    while (!this.#options.merger.blocked) {
      const dealt = this.#dealt.get(this.#nextApplied);
      const flush = dealt?.flush;
      if (dealt === undefined || flush === undefined) break;
      if (flush.lateFromMs <= this.#watermarkMs) {
        assert(flush.assumedWatermarkMs < this.#watermarkMs);
        const { path, offset } = dealt;
        dealt.flush = undefined;
        this.#send(dealt.worker, { ...flush, path, offset });
        break;
      }
      this.#apply(dealt, flush);
    }
    this.#wake();
  }

  #apply(dealt: Dealt, flush: BlockFlushMessage): void {
    const { merger, clock } = this.#options;
    this.#dealt.delete(this.#nextApplied++);
    this.#load[dealt.worker] = (this.#load[dealt.worker] ?? 0) - 1;
    merger.apply({
      counts: [flush.counts],
      tallies: flush.tallies,
      deadLetters: flush.deadLetters,
    });
    this.#watermarkMs = Math.max(this.#watermarkMs, flush.watermarkMs);
    merger.advanceTo(this.#watermarkMs, clock.nowMs());
    this.#fileIndex = dealt.fileIndex;
    this.#offset = dealt.offset + flush.byteLength;
    this.#records += flush.counts.read;
    this.#bytes += flush.byteLength;
    const figures = this.figures[dealt.worker];
    if (figures !== undefined) {
      figures.busyMs = flush.busyMs;
      figures.flushes++;
      figures.records += flush.counts.read;
    }
    if (this.#spare.length < this.#load.length * BLOCKS_PER_WORKER) {
      this.#spare.push(flush.bytes);
    }
  }

  position(): FilePosition {
    return {
      type: "files",
      fileIndex: this.#fileIndex,
      offset: this.#offset,
      watermarkMs: this.#watermarkMs,
      records: this.#records,
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
        behindLatestMs: 0,
        records: this.#records,
        bytes: this.#bytes,
        throttled: 0,
      },
    ];
  }

  heldBy(): string | null {
    return null;
  }
}
