/**
 * What goes into one PutRecords request.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { PutChunk } from "./put_chunk.ts";
import { PUT_BYTES_MAX, PUT_RECORDS_MAX } from "./put_limits.ts";
import type { PutShard } from "./put_shard.ts";

/** Where the data of one Kinesis record is, and where it goes. */
export interface PutRecord {
  readonly shard: PutShard;
  /** Undefined when what it carries is packed as the request is written. */
  readonly bytes: Buffer | undefined;
  readonly start: number;
  readonly end: number;
  readonly partitionKey: string;
  /** Whether the shard's hash key is given along. */
  readonly isPinned: boolean;
}

/** Records that one Kinesis record carries, by chunk and index. */
export interface CarriedRecords {
  readonly chunks: readonly PutChunk[];
  readonly indexes: readonly number[];
}

/**
 * A request's Kinesis records, each with the records it carries: one, some
 * hundred when it is aggregated, none when it is a watermark.
 */
export class PutBatch {
  readonly records: PutRecord[] = [];
  /** Behind the last carried record of each Kinesis record. */
  readonly #carriedEnds: number[] = [];
  readonly #chunks: PutChunk[] = [];
  readonly #indexes: number[] = [];
  /** Data and partition keys. */
  byteCount = 0;

  /** Whether another record of this size fits into the request. */
  fits(byteCount: number): boolean {
    return (
      this.records.length === 0 ||
      (this.records.length < PUT_RECORDS_MAX &&
        this.byteCount + byteCount <= PUT_BYTES_MAX)
    );
  }

  /** Notes a record that the next Kinesis record carries. */
  carry(chunk: PutChunk, index: number): void {
    this.#chunks.push(chunk);
    this.#indexes.push(index);
  }

  /** Adds a Kinesis record, which carries all that was noted since the last. */
  add(record: PutRecord): void {
    this.records.push(record);
    this.#carriedEnds.push(this.#chunks.length);
    this.byteCount += record.end - record.start + record.partitionKey.length;
  }

  /** How many records a Kinesis record carries. */
  carriedCount(recordIndex: number): number {
    const start = this.#carriedEnds[recordIndex - 1] ?? 0;
    return (this.#carriedEnds[recordIndex] ?? 0) - start;
  }

  /** Number of the first record that a Kinesis record carries. */
  carriedStart(recordIndex: number): number {
    return this.#carriedEnds[recordIndex - 1] ?? 0;
  }

  /** Chunk of a carried record, by its number. */
  chunkAt(carriedIndex: number): PutChunk {
    const chunk = this.#chunks[carriedIndex];
    assert(chunk !== undefined);
    return chunk;
  }

  /** Index in its chunk of a carried record, by its number. */
  indexAt(carriedIndex: number): number {
    return this.#indexes[carriedIndex] ?? 0;
  }

  /** The records that a Kinesis record carries. */
  carriedBy(recordIndex: number): CarriedRecords {
    const start = this.#carriedEnds[recordIndex - 1] ?? 0;
    const end = this.#carriedEnds[recordIndex] ?? 0;
    return {
      chunks: this.#chunks.slice(start, end),
      indexes: this.#indexes.slice(start, end),
    };
  }

  /**
   * Tells the chunks that the stream has taken a Kinesis record.
   *
   * @returns Bytes of the records it carries.
   */
  acknowledge(recordIndex: number): number {
    const start = this.#carriedEnds[recordIndex - 1] ?? 0;
    const end = this.#carriedEnds[recordIndex] ?? 0;
    let byteCount = 0;
    for (let i = start; i < end; i++) {
      const chunk = this.#chunks[i];
      const index = this.#indexes[i] ?? 0;
      byteCount += (chunk?.ends[index] ?? 0) - (chunk?.starts[index] ?? 0);
      chunk?.acknowledge(index);
    }
    return byteCount;
  }
}
