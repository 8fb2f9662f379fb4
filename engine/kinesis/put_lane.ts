/**
 * One request after the other into some of a stream's shards.
 *
 * A shard belongs to one lane, and a lane has one request in flight: so a
 * record never overtakes an earlier one of its shard, but for those that the
 * service refused out of the middle of one request.
 *
 * @module
 */
import { CALLED_OFF, type Clock } from "../clock.ts";
import { errorLine } from "../errors.ts";
import { backoffMs } from "./backoff.ts";
import type { PutOutcome } from "./put_answer.ts";
import { type CarriedRecords, PutBatch } from "./put_batch.ts";
import type { PutChunk } from "./put_chunk.ts";
import {
  AGGREGATED_BYTES_MAX,
  PUT_BACKOFF,
  PUT_BYTES_TARGET,
  PUT_LINGER_MS,
  PUT_RECORDS_MAX,
  PUT_STALL_MS_MAX,
} from "./put_limits.ts";
import {
  fatalPutError,
  type PutTarget,
  stalledPutError,
} from "./put_refusal.ts";
import type { PutShard } from "./put_shard.ts";

/** What a lane tells its sender. */
export interface PutLaneEvents {
  /**
   * A request was answered. What was taken is to be acknowledged; what was
   * refused waits again already.
   */
  answered(batch: PutBatch, outcomes: readonly PutOutcome[]): void;
  /** A request failed as a whole, or its fate is unknown. */
  failed(isUncertain: boolean): void;
  /** Their shard was closed in the meantime: they go to another one. */
  orphaned(carried: CarriedRecords): void;
}

/** Options for {@linkcode PutLane}. */
export interface PutLaneOptions {
  readonly put: (batch: PutBatch, signal: AbortSignal) => Promise<PutOutcome[]>;
  readonly events: PutLaneEvents;
  readonly target: PutTarget;
  readonly aggregate: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** The lane. */
export class PutLane {
  readonly #options: PutLaneOptions;
  #shards: PutShard[] = [];
  #nextShard = 0;
  /** Records wait for company until this; monotonic ms. */
  #lingerUntilMs = Number.NEGATIVE_INFINITY;
  #wake: AbortController | undefined;
  #isBusy = false;
  #failures = 0;
  #failingSinceMs = Number.NaN;

  constructor(options: PutLaneOptions) {
    this.#options = options;
  }

  /** The shards that are its own. */
  get shards(): readonly PutShard[] {
    return this.#shards;
  }

  set shards(shards: readonly PutShard[]) {
    this.#shards = [...shards];
    this.#nextShard = 0;
    this.kick();
  }

  /** Whether a request is in flight. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Says that something new waits. */
  kick(): void {
    this.#wake?.abort(CALLED_OFF);
    this.#wake = undefined;
  }

  /**
   * Sends until the signal.
   *
   * @throws {FlagdropError} When the stream can't be written any more.
   */
  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    signal.addEventListener("abort", () => this.kick(), { once: true });
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs();
      const waitMs = this.#waitMs(nowMs);
      if (waitMs > 0) await this.#sleep(waitMs);
      else await this.#deliver(this.#take(nowMs));
    }
  }

  async #sleep(waitMs: number): Promise<void> {
    const wake = new AbortController();
    this.#wake = wake;
    // Waking too early does no harm; a timer's greatest time is 2^31 ms.
    await this.#options.clock.sleep(
      Math.min(waitMs, PUT_STALL_MS_MAX),
      wake.signal,
    );
    this.#wake = undefined;
  }

  /** How long nothing is to be sent, ms; Infinity until the next kick. */
  #waitMs(nowMs: number): number {
    let readyAtMs = Number.POSITIVE_INFINITY;
    let recordCount = 0;
    let byteCount = 0;
    for (const shard of this.#shards) {
      const shardReadyMs = shard.readyAtMs;
      readyAtMs = Math.min(readyAtMs, shardReadyMs);
      if (shardReadyMs > nowMs || shard.pace !== undefined) continue;
      recordCount += shard.queue.size;
      byteCount += shard.queue.size * shard.queue.byteCount;
    }
    if (readyAtMs === Number.POSITIVE_INFINITY) {
      this.#lingerUntilMs = Number.NEGATIVE_INFINITY;
      return readyAtMs;
    }
    const isFull =
      (recordCount >= PUT_RECORDS_MAX && !this.#options.aggregate) ||
      byteCount >= PUT_BYTES_TARGET;
    if (isFull) return readyAtMs - nowMs;
    if (this.#lingerUntilMs === Number.NEGATIVE_INFINITY) {
      this.#lingerUntilMs = nowMs + PUT_LINGER_MS;
    }
    return Math.max(readyAtMs, this.#lingerUntilMs) - nowMs;
  }

  /** Fills a batch, a record from each shard in turn. */
  #take(nowMs: number): PutBatch {
    const batch = new PutBatch();
    const shardCount = this.#shards.length;
    this.#lingerUntilMs = nowMs + PUT_LINGER_MS;
    let emptyShards = 0;
    let position = this.#nextShard;
    while (emptyShards < shardCount) {
      const shard = this.#shards[position % shardCount];
      if (shard === undefined || shard.readyAtMs > nowMs) emptyShards++;
      else if (!this.#takeRecord(batch, shard, nowMs)) break;
      else emptyShards = 0;
      position++;
    }
    this.#nextShard = position % Math.max(shardCount, 1);
    return batch;
  }

  /** Takes one record of a shard; false when the batch is full. */
  #takeRecord(batch: PutBatch, shard: PutShard, nowMs: number): boolean {
    const { queue, watermark } = shard;
    const before = batch.byteCount;
    const size = watermark?.length ?? queue.byteCount;
    const isEnough = batch.byteCount >= PUT_BYTES_TARGET;
    if (isEnough || !batch.fits(size + AGGREGATED_BYTES_MAX)) return false;
    if (watermark !== undefined) this.#takeWatermark(batch, shard, watermark);
    else if (this.#options.aggregate) this.#takeAggregated(batch, shard);
    else this.#takePlain(batch, shard);
    shard.pace?.take(batch.byteCount - before, nowMs);
    return true;
  }

  #takeWatermark(batch: PutBatch, shard: PutShard, bytes: Buffer): void {
    shard.watermark = undefined;
    batch.add({
      shard,
      bytes,
      start: 0,
      end: bytes.length,
      partitionKey: shard.nextKey(),
      isPinned: true,
    });
  }

  #takePlain(batch: PutBatch, shard: PutShard): void {
    const { queue } = shard;
    const { chunk, index } = queue;
    if (chunk === undefined) return;
    queue.shift();
    batch.carry(chunk, index);
    batch.add({
      shard,
      bytes: chunk.bytes,
      start: chunk.starts[index] ?? 0,
      end: chunk.ends[index] ?? 0,
      partitionKey: shard.nextKey(),
      isPinned: false,
    });
  }

  /**
   * User records have their shard's hash key too, so that they are in range
   * wherever a split or a merge lets the whole record land.
   */
  #takeAggregated(batch: PutBatch, shard: PutShard): void {
    const { queue, aggregateKeys } = shard;
    let byteCount = aggregateKeys.emptyBytes;
    let count = 0;
    for (let chunk = queue.chunk; chunk !== undefined; chunk = queue.chunk) {
      const { index } = queue;
      const more = aggregateKeys.bytesOf(count, queue.byteCount);
      if (count > 0 && byteCount + more > AGGREGATED_BYTES_MAX) break;
      queue.shift();
      batch.carry(chunk, index);
      byteCount += more;
      count++;
    }
    batch.add({
      shard,
      bytes: undefined,
      start: 0,
      end: byteCount,
      partitionKey: shard.nextKey(),
      isPinned: true,
    });
  }

  async #deliver(batch: PutBatch): Promise<void> {
    const { put, events, signal, clock } = this.#options;
    if (batch.records.length === 0) return;
    let outcomes: PutOutcome[];
    this.#isBusy = true;
    try {
      outcomes = await put(batch, signal);
    } catch (error) {
      this.#giveBack(batch, [...batch.records.keys()]);
      this.#isBusy = false;
      if (!signal.aborted) await this.#rest(error);
      return;
    }
    this.#failures = 0;
    this.#failingSinceMs = Number.NaN;
    this.#settle(batch, outcomes, clock.monotonicMs());
    this.#isBusy = false;
    events.answered(batch, outcomes);
  }

  /** Waits after a request that failed as a whole. */
  async #rest(error: unknown): Promise<void> {
    const { events, target, clock, random, signal } = this.#options;
    const fatal = fatalPutError(error, target);
    if (fatal !== undefined) throw fatal;
    const nowMs = clock.monotonicMs();
    const kind = (error as { readonly kind?: string }).kind;
    events.failed(kind !== "throttled");
    if (Number.isNaN(this.#failingSinceMs)) this.#failingSinceMs = nowMs;
    if (nowMs - this.#failingSinceMs > PUT_STALL_MS_MAX) {
      throw stalledPutError(target, errorLine(error));
    }
    this.#failures++;
    await clock.sleep(backoffMs(this.#failures, PUT_BACKOFF, random), signal);
  }

  /** Puts Kinesis records' contents back to where they came from. */
  #giveBack(batch: PutBatch, recordIndexes: readonly number[]): void {
    const byShard = new Map<
      PutShard,
      { chunks: PutChunk[]; indexes: number[] }
    >();
    for (const recordIndex of recordIndexes) {
      const record = batch.records[recordIndex];
      if (record === undefined) continue;
      const { shard, bytes } = record;
      const { chunks, indexes } = batch.carriedBy(recordIndex);
      if (chunks.length === 0 && !shard.isRetired) shard.watermark ??= bytes;
      const back = byShard.get(shard) ?? { chunks: [], indexes: [] };
      back.chunks.push(...chunks);
      back.indexes.push(...indexes);
      byShard.set(shard, back);
    }
    for (const [shard, back] of byShard) {
      if (shard.isRetired) this.#options.events.orphaned(back);
      else shard.queue.unshift(back.chunks, back.indexes);
    }
  }

  /** Puts back what was refused, and slows its shards down. */
  #settle(
    batch: PutBatch,
    outcomes: readonly PutOutcome[],
    nowMs: number,
  ): void {
    const refusals = new Map<PutShard, PutOutcome>();
    const refusedIndexes: number[] = [];
    for (let i = 0; i < outcomes.length; i++) {
      const outcome = outcomes[i];
      const shard = batch.records[i]?.shard;
      if (outcome === undefined || shard === undefined) continue;
      if (outcome.errorCode === "") shard.failingSinceMs = Number.NaN;
      else {
        refusals.set(shard, outcome);
        refusedIndexes.push(i);
      }
    }
    this.#giveBack(batch, refusedIndexes);
    for (const { shard } of batch.records) {
      if (!refusals.has(shard)) shard.failures = 0;
    }
    for (const [shard, outcome] of refusals) {
      this.#refused(shard, outcome, nowMs);
    }
  }

  #refused(shard: PutShard, outcome: PutOutcome, nowMs: number): void {
    const { random, target } = this.#options;
    shard.failures++;
    shard.blockUntil(nowMs + backoffMs(shard.failures, PUT_BACKOFF, random));
    if (Number.isNaN(shard.failingSinceMs)) shard.failingSinceMs = nowMs;
    if (nowMs - shard.failingSinceMs > PUT_STALL_MS_MAX) {
      throw stalledPutError(
        target,
        `${shard.shardId}: ${outcome.errorCode}: ${outcome.errorMessage}`,
      );
    }
  }
}
