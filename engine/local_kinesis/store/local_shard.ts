/**
 * One shard: a hash key range, records, and, once it is closed, an end.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { HashRange } from "./hash_range.ts";
import { RecordLog, type Reserve } from "./record_log.ts";
import { SequenceNumbers } from "./sequence_numbers.ts";
import { ShardThroughput } from "./shard_throughput.ts";

/** Options for {@linkcode LocalShard}. */
export interface LocalShardOptions {
  /** Its number in the stream. */
  readonly index: number;
  readonly hashRange: HashRange;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  /** Shards that it came from: none, one (split), or two (merge). */
  readonly parentIds: readonly string[];
  readonly reserve: Reserve;
}

/** Where a record went. */
export interface StoredRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** The identifier of the shard with a number. */
export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

/** A shard of a {@linkcode LocalStream}. */
export class LocalShard {
  readonly id: string;
  readonly index: number;
  readonly hashRange: HashRange;
  readonly createdAtMs: number;
  readonly parentIds: readonly string[];
  readonly log: RecordLog;
  readonly sequenceNumbers: SequenceNumbers;
  readonly throughput: ShardThroughput = new ShardThroughput();
  readonly #watchers = new Set<() => void>();
  #closedAtMs = Number.POSITIVE_INFINITY;
  #lastArrivalMs: number;

  constructor(options: LocalShardOptions) {
    const { index, hashRange, createdAtMs, parentIds, reserve } = options;
    assert(hashRange.start <= hashRange.end && parentIds.length <= 2);
    this.id = shardIdOf(index);
    this.index = index;
    this.hashRange = hashRange;
    this.createdAtMs = createdAtMs;
    this.parentIds = parentIds;
    this.log = new RecordLog(reserve);
    this.sequenceNumbers = new SequenceNumbers(createdAtMs, index);
    this.#lastArrivalMs = createdAtMs;
  }

  /** Epoch milliseconds; `Infinity` while it is open. */
  get closedAtMs(): number {
    return this.#closedAtMs;
  }

  get isOpen(): boolean {
    return this.#closedAtMs === Number.POSITIVE_INFINITY;
  }

  get startingSequenceNumber(): string {
    return this.sequenceNumbers.format(0, this.createdAtMs);
  }

  /** `undefined` while it is open; above all records' afterwards. */
  get endingSequenceNumber(): string | undefined {
    if (this.isOpen) return undefined;
    return this.sequenceNumbers.format(this.log.nextOrdinal, this.#closedAtMs);
  }

  /** Lets no more records in. */
  close(nowMs: number): void {
    assert(this.isOpen);
    this.#closedAtMs = Math.max(nowMs, this.#lastArrivalMs);
    for (const onChange of this.#watchers) onChange();
  }

  /**
   * Tells somebody of each record and of the shard's end.
   *
   * @param onChange Called at once, so it must be quick.
   * @returns Ends it.
   */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /**
   * Stores a record.
   *
   * @param data What it carries; copied.
   * @param partitionKey UTF-8; copied.
   * @param nowMs Epoch milliseconds. Arrivals never go back, even if the
   *   clock does.
   */
  put(data: Uint8Array, partitionKey: Uint8Array, nowMs: number): StoredRecord {
    assert(this.isOpen);
    const arrivalMs = Math.max(nowMs, this.#lastArrivalMs);
    const sequenceNumber = this.sequenceNumbers.format(
      this.log.nextOrdinal,
      arrivalMs,
    );
    this.log.append({ sequenceNumber, arrivalMs, data, partitionKey });
    this.#lastArrivalMs = arrivalMs;
    if (this.#watchers.size > 0) for (const tell of this.#watchers) tell();
    return { shardId: this.id, sequenceNumber };
  }

  /**
   * Ordinal of the oldest record that may still be read.
   *
   * @param horizonMs Older records are past the retention.
   */
  readableOrdinal(horizonMs: number): number {
    const { log } = this;
    if ((log.firstArrivalMs ?? horizonMs) >= horizonMs) return log.firstOrdinal;
    return log.ordinalAtTime(horizonMs);
  }

  /**
   * Sequence number of the record before an ordinal, kept or not; for the
   * first record that of the shard's start.
   */
  sequenceNumberBefore(ordinal: number): string {
    return (
      this.log.sequenceNumberOf(ordinal - 1) ??
      this.sequenceNumbers.format(ordinal - 1, this.createdAtMs)
    );
  }

  /**
   * Where reading starts for an own sequence number.
   *
   * @param text One for which `sequenceNumbers.isOwn()` holds.
   * @param isAfter Whether to start after the record with that very number.
   */
  ordinalOfSequence(text: string, isAfter: boolean): number {
    const ordinal = this.sequenceNumbers.ordinalOf(text);
    const stored = this.log.sequenceNumberOf(ordinal);
    if (stored === undefined) return isAfter ? ordinal + 1 : ordinal;
    if (text === stored) return isAfter ? ordinal + 1 : ordinal;
    return text > stored ? ordinal + 1 : ordinal;
  }
}
