/**
 * Puts records into a stream: batches, retries, shard limits, aggregation, and
 * watermark events for every shard.
 *
 * Two rules about order hold whatever fails. Within a shard a record doesn't
 * overtake another, but for those refused in one and the same request. And who
 * sets a watermark only after everything up to it was acknowledged can rely on
 * it: a watermark waits for nothing and is never put back behind a later one.
 *
 * @module
 */
import { setMaxListeners } from "node:events";
import { type Clock, systemClock } from "../clock.ts";
import { FlagdropError } from "../errors.ts";
import { backoffMs } from "./backoff.ts";
import type { PutOutcome } from "./put_answer.ts";
import type { PutBatch } from "./put_batch.ts";
import type { PutChunk } from "./put_chunk.ts";
import type { PutCounts } from "./put_counts.ts";
import { PutLane } from "./put_lane.ts";
import {
  PUT_BACKOFF,
  PUT_LANES_MAX,
  PUT_LISTS_MAX,
  RECORD_BYTES_MAX,
} from "./put_limits.ts";
import type { PutTarget } from "./put_refusal.ts";
import { PutShardSet } from "./put_shard_set.ts";
import type { KinesisShard } from "./shard.ts";

/** Options for {@linkcode PutRecordsSender}. */
export interface PutRecordsSenderOptions {
  /** Puts one batch, once; see `PutRecordsClient`. */
  readonly put: (batch: PutBatch, signal: AbortSignal) => Promise<PutOutcome[]>;
  /** The stream's shards; asked for again when they have changed. */
  readonly listShards: () => Promise<readonly KinesisShard[]>;
  /** For messages. */
  readonly target: PutTarget;
  /** Pack many records into one, as the KPL does. @default {false} */
  readonly aggregate?: boolean;
  /** Keep to the service's limits of a shard. @default {true} */
  readonly pacing?: boolean;
  /** Largest record the stream takes, bytes. @default {1_048_576} */
  readonly recordBytesMax?: number;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** Uniform in [0, 1); for jitter. @default {Math.random} */
  readonly random?: () => number;
}

/** The longest partition key that is used. */
const KEY_BYTES_MAX = 6;

/** What aggregation adds to a record that is alone: keys, lengths, digest. */
const AGGREGATION_BYTES_MAX = 128;

/** The sender; start it with {@linkcode PutRecordsSender.open}. */
export class PutRecordsSender {
  readonly #options: PutRecordsSenderOptions;
  readonly #dataBytesMax: number;
  readonly #end = new AbortController();
  readonly #lanes: PutLane[] = [];
  readonly #shards: PutShardSet;
  #outstandingBytes = 0;
  #refresh: Promise<void> | undefined;
  /** Shards that records have landed in and that no list has named yet. */
  readonly #awaitedShards = new Set<string>();
  #waiters: (() => void)[] = [];
  readonly #counts = {
    enqueued: 0,
    acknowledged: 0,
    acknowledgedBytes: 0,
    kinesisRecords: 0,
    refused: 0,
    requests: 0,
    uncertainRequests: 0,
    oversized: 0,
    watermarks: 0,
  };
  /** Settles when the sender was closed, or rejects when it can't go on. */
  readonly finished: Promise<void>;

  private constructor(
    options: PutRecordsSenderOptions,
    shards: readonly KinesisShard[],
  ) {
    const { aggregate = false, clock = systemClock } = options;
    const { random = Math.random, recordBytesMax = RECORD_BYTES_MAX } = options;
    this.#options = options;
    this.#dataBytesMax =
      recordBytesMax - KEY_BYTES_MAX - (aggregate ? AGGREGATION_BYTES_MAX : 0);
    // Each lane listens, and so does its request.
    setMaxListeners(4 * PUT_LANES_MAX, this.#end.signal);
    const laneCount = Math.min(PUT_LANES_MAX, Math.max(shards.length, 1));
    for (let i = 0; i < laneCount; i++) {
      this.#lanes.push(
        new PutLane({
          put: options.put,
          events: {
            answered: (batch, outcomes) => this.#answered(batch, outcomes),
            failed: (isUncertain) => this.#failed(isUncertain),
            orphaned: (carried) => this.#shards.placeAll(carried),
          },
          target: options.target,
          aggregate,
          clock,
          random,
          signal: this.#end.signal,
        }),
      );
    }
    this.#shards = new PutShardSet(this.#lanes, {
      isPaced: options.pacing ?? true,
      isPacked: aggregate,
    });
    this.#shards.update(shards);
    this.finished = this.#run();
  }

  /**
   * Lists the shards and starts.
   *
   * @throws {FlagdropError} When the stream can't be reached.
   */
  static async open(
    options: PutRecordsSenderOptions,
  ): Promise<PutRecordsSender> {
    const shards = openOnes(await options.listShards());
    if (shards.length > 0) return new PutRecordsSender(options, shards);
    const { stream, endpoint } = options.target;
    throw new FlagdropError(
      "FD_STREAM",
      `Cannot put records into stream "${stream}" at ${endpoint} as it has no open shard: create it anew`,
    );
  }

  /** The first lane that fails ends all of them. */
  async #run(): Promise<void> {
    const lanes = this.#lanes.map(async (lane) => {
      try {
        await lane.run();
      } finally {
        this.#end.abort();
      }
    });
    const ends = await Promise.allSettled(lanes);
    this.#notify();
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  /** What was sent so far. */
  get counts(): PutCounts {
    return { ...this.#counts };
  }

  /** Shards that get watermarks. */
  get shardCount(): number {
    return this.#shards.open.length;
  }

  /** Whether more may be handed in. */
  get hasRoom(): boolean {
    return this.#outstandingBytes < this.#shards.outstandingBytesMax;
  }

  /** Whether all that was handed in has been taken, watermarks too. */
  get isDrained(): boolean {
    return (
      this.#counts.acknowledged === this.#counts.enqueued &&
      this.#refresh === undefined &&
      this.#shards.open.every(({ watermark }) => watermark === undefined) &&
      !this.#lanes.some(({ isBusy }) => isBusy)
    );
  }

  /**
   * Hands in one record, for the next shard in turn; aggregated, a shard's turn
   * is a few records.
   *
   * @returns False if it is larger than the stream takes; then it is only
   * counted.
   */
  enqueue(chunk: PutChunk, index: number): boolean {
    const byteCount = (chunk.ends[index] ?? 0) - (chunk.starts[index] ?? 0);
    if (byteCount > this.#dataBytesMax) {
      this.#counts.oversized++;
      return false;
    }
    this.#counts.enqueued++;
    this.#outstandingBytes += byteCount;
    this.#shards.place(chunk, index);
    return true;
  }

  /**
   * Sets the watermark event for every open shard. Hand it in only when
   * everything up to its time was acknowledged.
   *
   * @param event The event's bytes.
   */
  setWatermark(event: Buffer): void {
    this.#shards.setWatermark(event);
  }

  /** Waits until {@linkcode hasRoom}, the signal, or the sender's end. */
  async room(signal: AbortSignal): Promise<void> {
    while (!this.hasRoom && !this.#isOver(signal)) await this.#change(signal);
  }

  /** Waits until {@linkcode isDrained}, the signal, or the sender's end. */
  async drained(signal: AbortSignal): Promise<void> {
    while (!this.isDrained && !this.#isOver(signal)) await this.#change(signal);
  }

  /** Stops at once; what waits or is in flight is given up. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.finished;
  }

  #isOver(signal: AbortSignal): boolean {
    return signal.aborted || this.#end.signal.aborted;
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      this.#waiters.push(wake);
    });
  }

  #notify(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #answered(batch: PutBatch, outcomes: readonly PutOutcome[]): void {
    const counts = this.#counts;
    counts.requests++;
    let isMoved = false;
    for (let i = 0; i < outcomes.length; i++) {
      const record = batch.records[i];
      const outcome = outcomes[i];
      if (record === undefined || outcome === undefined) continue;
      if (outcome.errorCode !== "") {
        counts.refused++;
        continue;
      }
      counts.kinesisRecords++;
      const { shardId } = outcome;
      if (shardId !== record.shard.shardId && shardId !== "") {
        const isKnown = this.#shards.has(shardId);
        if (!isKnown) this.#awaitedShards.add(shardId);
        // A retired shard's records land elsewhere, as is known already.
        isMoved ||= !isKnown || !record.shard.isRetired;
      }
      const carriedCount = batch.carriedCount(i);
      if (carriedCount === 0) counts.watermarks++;
      counts.acknowledged += carriedCount;
      const byteCount = batch.acknowledge(i);
      counts.acknowledgedBytes += byteCount;
      this.#outstandingBytes -= byteCount;
    }
    if (isMoved) this.#refreshShards();
    this.#notify();
  }

  #failed(isUncertain: boolean): void {
    this.#counts.requests++;
    if (isUncertain) this.#counts.uncertainRequests++;
  }

  /** The answer named another shard: the stream was resharded. */
  #refreshShards(): void {
    this.#refresh ??= this.#listAnew().finally(() => {
      this.#refresh = undefined;
      this.#notify();
    });
  }

  /**
   * Lists the shards until all that answers have named are there: a list may
   * be older than an answer, and the stream may change meanwhile.
   */
  async #listAnew(): Promise<void> {
    const { clock = systemClock, random = Math.random } = this.#options;
    const { signal } = this.#end;
    for (let attempt = 1; attempt <= PUT_LISTS_MAX; attempt++) {
      try {
        const shards = await this.#options.listShards();
        this.#shards.update(openOnes(shards));
        for (const { shardId } of shards) this.#awaitedShards.delete(shardId);
      } catch {
        // Tried again as long as it matters, and with the next answer.
      }
      if (this.#awaitedShards.size === 0 || signal.aborted) return;
      await clock.sleep(backoffMs(attempt, PUT_BACKOFF, random), signal);
    }
    this.#awaitedShards.clear();
  }
}

function openOnes(shards: readonly KinesisShard[]): KinesisShard[] {
  return shards.filter(({ closed }) => !closed);
}
