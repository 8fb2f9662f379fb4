/**
 * A piece of one shard's log: stored records one after the other, and where
 * each starts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { arrivalMsAt, STORED_BYTES_MIN, writeRecord } from "./record_kernel.ts";

/** A record about to be stored. */
export interface NewRecord {
  readonly sequenceNumber: string;
  /** Epoch milliseconds. */
  readonly arrivalMs: number;
  readonly data: Uint8Array;
  /** UTF-8. */
  readonly partitionKey: Uint8Array;
}

/** Append-only; what is written never changes, so it may be sent as it is. */
export class RecordChunk {
  readonly bytes: Buffer;
  /** Start of each record, then the end of the last. */
  readonly offsets: Uint32Array;
  /** Ordinal of the first record in the shard. */
  readonly firstOrdinal: number;
  #recordCount = 0;

  constructor(capacityBytes: number, firstOrdinal: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes);
    this.offsets = new Uint32Array(
      Math.floor(capacityBytes / STORED_BYTES_MIN) + 1,
    );
    this.firstOrdinal = firstOrdinal;
  }

  /** Memory that a chunk of a capacity takes. */
  static memoryBytes(capacityBytes: number): number {
    return (
      capacityBytes + (Math.floor(capacityBytes / STORED_BYTES_MIN) + 1) * 4
    );
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** Ordinal after the last record. */
  get endOrdinal(): number {
    return this.firstOrdinal + this.#recordCount;
  }

  get usedBytes(): number {
    return this.offsets[this.#recordCount] ?? 0;
  }

  /** Whether a record of so many stored bytes fits. */
  fits(bytes: number): boolean {
    return this.usedBytes + bytes <= this.bytes.length;
  }

  /** Appends a record that {@linkcode RecordChunk.fits}. */
  append(record: NewRecord): void {
    const end = writeRecord(
      this.bytes,
      this.usedBytes,
      record.sequenceNumber,
      record.arrivalMs,
      record.data,
      record.partitionKey,
    );
    assert(end <= this.bytes.length);
    this.#recordCount++;
    this.offsets[this.#recordCount] = end;
  }

  /** Offset of a record by its place in the chunk; the end for one more. */
  offsetOf(index: number): number {
    assert(index >= 0 && index <= this.#recordCount);
    return this.offsets[index] ?? 0;
  }

  /** Arrival of a record by its place in the chunk. */
  arrivalMsOf(index: number): number {
    assert(index < this.#recordCount);
    return arrivalMsAt(this.bytes, this.offsetOf(index));
  }

  /** Place of the first record that arrived at or after a time. */
  indexAtTime(epochMs: number): number {
    let low = 0;
    let past = this.#recordCount;
    while (low < past) {
      const middle = (low + past) >>> 1;
      if (this.arrivalMsOf(middle) < epochMs) low = middle + 1;
      else past = middle;
    }
    return low;
  }
}
