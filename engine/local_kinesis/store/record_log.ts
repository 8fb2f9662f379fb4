/**
 * The records of one shard, in chunks.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN } from "../limits.ts";
import { type NewRecord, RecordChunk } from "./record_chunk.ts";
import {
  RECORD_OVERHEAD_BYTES,
  sequenceNumberAt,
  storedBytes,
} from "./record_kernel.ts";

/** Records of one chunk, `index` to `pastIndex`. */
export interface RecordSlice {
  readonly chunk: RecordChunk;
  readonly index: number;
  readonly pastIndex: number;
}

/** Records that follow each other in a shard. */
export interface RecordRun {
  readonly slices: readonly RecordSlice[];
  readonly recordCount: number;
  /**
   * Data and keys, with the heads of these: at most 8 bytes a record above
   * what the service would count.
   */
  readonly payloadBytes: number;
  /** Ordinal of the record after the last. */
  readonly endOrdinal: number;
}

/** How much {@linkcode RecordLog.read} may give. */
export interface RunLimits {
  readonly recordCountMax: number;
  /** One record is given even if it is larger. */
  readonly payloadBytesMax: number;
}

/** Asks for memory before it is allocated; may drop chunks of any log. */
export type Reserve = (bytes: number) => void;

/** Payload of records `index` to `pastIndex` of a chunk. */
function payloadBytes(chunk: RecordChunk, index: number, pastIndex: number) {
  const stored = chunk.offsetOf(pastIndex) - chunk.offsetOf(index);
  return stored - RECORD_OVERHEAD_BYTES * (pastIndex - index);
}

/** Ordinals start at 1 and never repeat. */
export class RecordLog {
  readonly #chunks: RecordChunk[] = [];
  readonly #reserve: Reserve;
  #nextOrdinal = 1;
  #memoryBytes = 0;

  constructor(reserve: Reserve) {
    this.#reserve = reserve;
  }

  /** Ordinal of the next record. */
  get nextOrdinal(): number {
    return this.#nextOrdinal;
  }

  /** Ordinal of the oldest record; the next one's if there is none. */
  get firstOrdinal(): number {
    return this.#chunks[0]?.firstOrdinal ?? this.#nextOrdinal;
  }

  /** Arrival of the oldest record; `undefined` if there is none. */
  get firstArrivalMs(): number | undefined {
    return this.#chunks[0]?.arrivalMsOf(0);
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Adds a record, whose ordinal was {@linkcode RecordLog.nextOrdinal}. */
  append(record: NewRecord): void {
    const bytes = storedBytes(record.data.length, record.partitionKey.length);
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || !chunk.fits(bytes)) {
      chunk = this.#grow(chunk?.bytes.length ?? 0, bytes);
    }
    chunk.append(record);
    this.#nextOrdinal++;
    assert(chunk.endOrdinal === this.#nextOrdinal);
  }

  #grow(presentBytes: number, neededBytes: number): RecordChunk {
    const doubled = Math.min(presentBytes * 2, CHUNK_BYTES_MAX);
    const capacity = Math.max(CHUNK_BYTES_MIN, doubled, neededBytes);
    const memory = RecordChunk.memoryBytes(capacity);
    this.#reserve(memory);
    const chunk = new RecordChunk(capacity, this.#nextOrdinal);
    this.#chunks.push(chunk);
    this.#memoryBytes += memory;
    return chunk;
  }

  /**
   * Drops the oldest chunk.
   *
   * @returns How many records and how much memory that was.
   */
  dropOldest(): { recordCount: number; memoryBytes: number } {
    const chunk = this.#chunks.shift();
    assert(chunk !== undefined);
    const memoryBytes = RecordChunk.memoryBytes(chunk.bytes.length);
    this.#memoryBytes -= memoryBytes;
    assert(this.#memoryBytes >= 0);
    return { recordCount: chunk.recordCount, memoryBytes };
  }

  /** Whether all records of the oldest chunk arrived before a time. */
  isOldestBefore(epochMs: number): boolean {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return false;
    return chunk.arrivalMsOf(chunk.recordCount - 1) < epochMs;
  }

  /** Index of the last chunk that starts at or before an ordinal. */
  #chunkIndexOf(ordinal: number): number {
    let low = 0;
    let past = this.#chunks.length;
    while (past - low > 1) {
      const middle = (low + past) >>> 1;
      const first = this.#chunks[middle]?.firstOrdinal ?? 0;
      if (first <= ordinal) low = middle;
      else past = middle;
    }
    return low;
  }

  /** Ordinal of the first record that arrived at or after a time. */
  ordinalAtTime(epochMs: number): number {
    for (const chunk of this.#chunks) {
      const index = chunk.indexAtTime(epochMs);
      if (index < chunk.recordCount) return chunk.firstOrdinal + index;
    }
    return this.#nextOrdinal;
  }

  /** Sequence number of a record that is still kept, else `undefined`. */
  sequenceNumberOf(ordinal: number): string | undefined {
    const found = this.#find(ordinal);
    return (
      found &&
      sequenceNumberAt(found.chunk.bytes, found.chunk.offsetOf(found.index))
    );
  }

  /** Arrival of a record that is still kept, else `undefined`. */
  arrivalMsOf(ordinal: number): number | undefined {
    const found = this.#find(ordinal);
    return found?.chunk.arrivalMsOf(found.index);
  }

  #find(ordinal: number): { chunk: RecordChunk; index: number } | undefined {
    const chunk = this.#chunks[this.#chunkIndexOf(ordinal)];
    const index = chunk === undefined ? -1 : ordinal - chunk.firstOrdinal;
    if (chunk === undefined || index < 0 || index >= chunk.recordCount) {
      return undefined;
    }
    return { chunk, index };
  }

  /**
   * The records from an ordinal on; from the oldest if that is later.
   *
   * @param ordinal Where to start.
   * @param limits How much to give.
   */
  read(ordinal: number, limits: RunLimits): RecordRun {
    const slices: RecordSlice[] = [];
    let next = Math.max(ordinal, this.firstOrdinal);
    let recordCount = 0;
    let payload = 0;
    for (
      let position = this.#chunkIndexOf(next);
      position < this.#chunks.length && recordCount < limits.recordCountMax;
      position++
    ) {
      const chunk = this.#chunks[position];
      assert(chunk !== undefined);
      const index = next - chunk.firstOrdinal;
      const pastIndex = Math.min(
        chunk.recordCount,
        index + limits.recordCountMax - recordCount,
        pastIndexWithin(chunk, index, limits.payloadBytesMax - payload),
      );
      const taken =
        recordCount === 0 && pastIndex <= index && index < chunk.recordCount
          ? index + 1
          : pastIndex;
      if (taken <= index) break;
      slices.push({ chunk, index, pastIndex: taken });
      recordCount += taken - index;
      payload += payloadBytes(chunk, index, taken);
      next = chunk.firstOrdinal + taken;
      if (taken < chunk.recordCount) break;
    }
    return { slices, recordCount, payloadBytes: payload, endOrdinal: next };
  }
}

/** Greatest place up to which the payload from `index` on is within a sum. */
function pastIndexWithin(
  chunk: RecordChunk,
  index: number,
  payloadBytesMax: number,
): number {
  let low = index;
  let past = chunk.recordCount + 1;
  while (past - low > 1) {
    const middle = (low + past) >>> 1;
    if (payloadBytes(chunk, index, middle) <= payloadBytesMax) low = middle;
    else past = middle;
  }
  return low;
}
