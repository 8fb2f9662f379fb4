/**
 * Takes apart what the Kinesis Producer Library packs into one record: four
 * bytes of magic, a protobuf message, and the md5 of that message.
 *
 * ```proto
 * message AggregatedRecord {
 *   repeated string partition_key_table     = 1;
 *   repeated string explicit_hash_key_table = 2;
 *   repeated Record records                 = 3;
 * }
 * message Record {
 *   required uint64 partition_key_index     = 1;
 *   optional uint64 explicit_hash_key_index = 2;
 *   required bytes  data                    = 3;
 *   repeated Tag    tags                    = 4;
 * }
 * ```
 *
 * As in Amazon's client library, whatever has no magic, another checksum, or a
 * message that can't be parsed is a plain record. Unlike there, so is a message
 * whose indexes point outside its tables (there its records are lost).
 *
 * @module
 */
import { hash } from "node:crypto";
import {
  DATA,
  DIGEST_BYTES,
  EXPLICIT_HASH_KEY,
  HASH_KEY_INDEX,
  KEY_INDEX,
  MAGIC,
  MAGIC_FIRST,
  PARTITION_KEY,
  RECORD,
} from "./kpl_format.ts";

const MAGIC_BYTES = MAGIC.length;

const CAPACITY_FIRST = 256;

/** Whether a record begins as an aggregated one does. */
export function hasMagic(bytes: Buffer, start: number, end: number): boolean {
  return (
    bytes[start] === MAGIC_FIRST &&
    bytes[start + 1] === MAGIC[1] &&
    bytes[start + 2] === MAGIC[2] &&
    bytes[start + 3] === MAGIC[3] &&
    end - start > MAGIC_BYTES + DIGEST_BYTES
  );
}

/** Whether the digest of some bytes stands behind them. */
function hasDigest(bytes: Buffer, from: number, to: number): boolean {
  const digest = hash("md5", bytes.subarray(from, to), "buffer");
  return digest.compare(bytes, to, to + DIGEST_BYTES) === 0;
}

/** Pairs of offsets that grow. */
class Ranges {
  starts: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  ends: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  count = 0;

  add(start: number, end: number): void {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }
}

function doubled(column: Uint32Array): Uint32Array {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}

/** Index of a record that names no explicit hash key. */
export const NO_HASH_KEY = 0xffff_ffff;

/**
 * The reader. `read()` leaves what it found in the columns, which hold until
 * the next one; all offsets point into the buffer that was read.
 */
export class AggregatedRecordReader {
  /** Data of the user records. */
  readonly data: Ranges = new Ranges();
  /** Index of each user record's partition key. */
  keyIndexes: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  /** Index of its explicit hash key, or {@linkcode NO_HASH_KEY}. */
  hashKeyIndexes: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  /** UTF-8 texts. */
  readonly partitionKeys: Ranges = new Ranges();
  /** Decimal texts. */
  readonly explicitHashKeys: Ranges = new Ranges();

  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #keyIndexMax = -1;
  #hashKeyIndexMax = -1;

  /** User records in the message that was read. */
  get count(): number {
    return this.data.count;
  }

  /**
   * Reads one Kinesis record.
   *
   * @param bytes The buffer.
   * @param start Offset of the record's data.
   * @param end Its end, exclusive.
   * @returns Whether it is an aggregated record; if not, the columns mean
   * nothing.
   */
  read(bytes: Buffer, start: number, end: number): boolean {
    return (
      hasMagic(bytes, start, end) &&
      hasDigest(bytes, start + MAGIC_BYTES, end - DIGEST_BYTES) &&
      this.readIntact(bytes, start, end)
    );
  }

  /** The same where magic number and digest have been found right. */
  readIntact(bytes: Buffer, start: number, end: number): boolean {
    const from = start + MAGIC_BYTES;
    const to = end - DIGEST_BYTES;
    this.#bytes = bytes;
    this.#at = from;
    this.data.count = 0;
    this.partitionKeys.count = 0;
    this.explicitHashKeys.count = 0;
    this.#keyIndexMax = -1;
    this.#hashKeyIndexMax = -1;
    return (
      this.#message(to) &&
      this.#keyIndexMax < this.partitionKeys.count &&
      this.#hashKeyIndexMax < this.explicitHashKeys.count
    );
  }

  /** The whole message; false if it is malformed. */
  #message(end: number): boolean {
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (
        tag !== PARTITION_KEY &&
        tag !== EXPLICIT_HASH_KEY &&
        tag !== RECORD
      ) {
        if (!this.#skip(tag, end)) return false;
        continue;
      }
      const length = this.#varint(end);
      const start = this.#at;
      if (!(length >= 0 && length <= end - start)) return false;
      if (tag === RECORD) {
        if (!this.#record(start + length)) return false;
      } else {
        const table =
          tag === PARTITION_KEY ? this.partitionKeys : this.explicitHashKeys;
        table.add(start, start + length);
        this.#at = start + length;
      }
    }
    return true;
  }

  /** One user record; false if it is malformed or lacks a needed field. */
  #record(end: number): boolean {
    let keyIndex = -1;
    let hashKeyIndex = -1;
    let dataStart = -1;
    let dataEnd = -1;
    while (this.#at < end) {
      const tag = this.#varint(end);
      if (tag === DATA) {
        const length = this.#varint(end);
        dataStart = this.#at;
        if (!(length >= 0 && length <= end - dataStart)) return false;
        dataEnd = dataStart + length;
        this.#at = dataEnd;
      } else if (tag === KEY_INDEX) {
        keyIndex = this.#varint(end);
        if (keyIndex < 0) return false;
      } else if (tag === HASH_KEY_INDEX) {
        hashKeyIndex = this.#varint(end);
        if (hashKeyIndex < 0) return false;
      } else if (!this.#skip(tag, end)) return false;
    }
    if (keyIndex < 0 || dataStart < 0) return false;
    this.#enter(keyIndex, hashKeyIndex);
    this.data.add(dataStart, dataEnd);
    return true;
  }

  #enter(keyIndex: number, hashKeyIndex: number): void {
    const { count } = this.data;
    if (count === this.keyIndexes.length) {
      this.keyIndexes = doubled(this.keyIndexes);
      this.hashKeyIndexes = doubled(this.hashKeyIndexes);
    }
    this.keyIndexes[count] = keyIndex;
    this.hashKeyIndexes[count] = hashKeyIndex < 0 ? NO_HASH_KEY : hashKeyIndex;
    if (keyIndex > this.#keyIndexMax) this.#keyIndexMax = keyIndex;
    if (hashKeyIndex > this.#hashKeyIndexMax) {
      this.#hashKeyIndexMax = hashKeyIndex;
    }
  }

  /** Passes over a field that isn't read; false if it is malformed. */
  #skip(tag: number, end: number): boolean {
    if (tag < 8) return false;
    const wireType = tag % 8;
    if (wireType === 0) return this.#varint(end) >= 0;
    let length: number;
    if (wireType === 1) length = 8;
    else if (wireType === 5) length = 4;
    else if (wireType === 2) length = this.#varint(end);
    else return false;
    if (!(length >= 0 && length <= end - this.#at)) return false;
    this.#at += length;
    return true;
  }

  /** An unsigned number of up to ten bytes; -1 if it isn't one. */
  #varint(end: number): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (this.#at >= end) return -1;
      const byte = bytes[this.#at++] ?? 0;
      if (byte < 0x80) return value + byte * scale;
      value += (byte - 0x80) * scale;
      scale *= 128;
    }
    return -1;
  }
}
