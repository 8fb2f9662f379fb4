/**
 * Packs many user records into one Kinesis record, as the Kinesis Producer
 * Library does: four bytes of magic, a protobuf message, and the md5 of that
 * message. The message is described in `engine/kinesis/kpl_reader.ts`.
 *
 * This is the plain form, for any keys: it makes what benchmarks and tests read.
 * What replay sends is written in place by `put_aggregate_kernel.ts`, which a
 * test holds against this one.
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
  PARTITION_KEY,
  RECORD,
} from "../../engine/kinesis/kpl_format.ts";

const GROUP = 0x80;

/** Where a user record belongs. */
export interface KplKeys {
  readonly partitionKey: string;
  /** Decimal; overrides the partition key's hash. */
  readonly explicitHashKey?: string;
}

/** Bytes of a variable-length number. */
function varintBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest >= GROUP; rest = Math.floor(rest / GROUP)) {
    count++;
  }
  return count;
}

/** Writes a variable-length number and returns where it ends. */
function putVarint(out: Buffer, at: number, value: number): number {
  let end = at;
  let rest = value;
  while (rest >= GROUP) {
    out[end++] = (rest % GROUP) + GROUP;
    rest = Math.floor(rest / GROUP);
  }
  out[end++] = rest;
  return end;
}

/** Texts that are named by their number. */
class KeyTable {
  readonly #indexes = new Map<string, number>();
  byteLength = 0;

  clear(): void {
    this.#indexes.clear();
    this.byteLength = 0;
  }

  /** Its number, or the next free one. */
  indexOf(text: string): number {
    return this.#indexes.get(text) ?? this.#indexes.size;
  }

  /** Bytes that adding a text costs; 0 if it is there. */
  cost(text: string): number {
    if (this.#indexes.has(text)) return 0;
    const length = Buffer.byteLength(text);
    return 1 + varintBytes(length) + length;
  }

  add(text: string): void {
    this.byteLength += this.cost(text);
    if (!this.#indexes.has(text)) this.#indexes.set(text, this.#indexes.size);
  }

  write(out: Buffer, at: number, tag: number): number {
    let end = at;
    for (const text of this.#indexes.keys()) {
      out[end++] = tag;
      end = putVarint(out, end, Buffer.byteLength(text));
      end += out.write(text, end);
    }
    return end;
  }
}

/**
 * The writer.
 *
 * @example Usage
 * ```ts
 * const writer = new KplWriter(51_200);
 * while (writer.add(next, { partitionKey: "42" })) next = more();
 * const record = writer.finish();
 * ```
 */
export class KplWriter {
  readonly #bytesMax: number;
  readonly #partitionKeys = new KeyTable();
  readonly #hashKeys = new KeyTable();
  #records: Buffer;
  #recordsEnd = 0;
  #recordCount = 0;

  /** @param bytesMax Largest record to make, in bytes. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#records = Buffer.allocUnsafe(bytesMax);
  }

  /** User records added so far. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /** Bytes of the record as it stands. */
  get byteLength(): number {
    return (
      MAGIC.length +
      this.#partitionKeys.byteLength +
      this.#hashKeys.byteLength +
      this.#recordsEnd +
      DIGEST_BYTES
    );
  }

  /**
   * Adds a user record, if it fits. The first one always does: a record by
   * itself may be larger than the limit.
   *
   * @param data Copied.
   * @param keys Its partition key, and an explicit hash key if it has one.
   * @returns Whether it was added.
   */
  add(data: Uint8Array, keys: KplKeys): boolean {
    const { partitionKey, explicitHashKey } = keys;
    const keyIndex = this.#partitionKeys.indexOf(partitionKey);
    const hashKeyIndex =
      explicitHashKey === undefined
        ? -1
        : this.#hashKeys.indexOf(explicitHashKey);
    const length =
      1 +
      varintBytes(keyIndex) +
      (hashKeyIndex < 0 ? 0 : 1 + varintBytes(hashKeyIndex)) +
      1 +
      varintBytes(data.length) +
      data.length;
    const cost =
      this.#partitionKeys.cost(partitionKey) +
      (explicitHashKey === undefined
        ? 0
        : this.#hashKeys.cost(explicitHashKey)) +
      1 +
      varintBytes(length) +
      length;
    if (this.#recordCount > 0 && this.byteLength + cost > this.#bytesMax) {
      return false;
    }
    this.#partitionKeys.add(partitionKey);
    if (explicitHashKey !== undefined) this.#hashKeys.add(explicitHashKey);
    this.#reserve(cost);
    this.#write(data, { length, keyIndex, hashKeyIndex });
    return true;
  }

  #reserve(byteCount: number): void {
    const needed = this.#recordsEnd + byteCount;
    if (needed <= this.#records.length) return;
    const grown = Buffer.allocUnsafe(needed);
    this.#records.copy(grown, 0, 0, this.#recordsEnd);
    this.#records = grown;
  }

  #write(
    data: Uint8Array,
    at: {
      readonly length: number;
      readonly keyIndex: number;
      readonly hashKeyIndex: number;
    },
  ): void {
    const out = this.#records;
    let end = this.#recordsEnd;
    out[end++] = RECORD;
    end = putVarint(out, end, at.length);
    out[end++] = KEY_INDEX;
    end = putVarint(out, end, at.keyIndex);
    if (at.hashKeyIndex >= 0) {
      out[end++] = HASH_KEY_INDEX;
      end = putVarint(out, end, at.hashKeyIndex);
    }
    out[end++] = DATA;
    end = putVarint(out, end, data.length);
    out.set(data, end);
    this.#recordsEnd = end + data.length;
    this.#recordCount++;
  }

  /** The record; the writer is empty afterwards. */
  finish(): Buffer {
    const out = Buffer.allocUnsafe(this.byteLength);
    let end = MAGIC.copy(out);
    end = this.#partitionKeys.write(out, end, PARTITION_KEY);
    end = this.#hashKeys.write(out, end, EXPLICIT_HASH_KEY);
    end += this.#records.copy(out, end, 0, this.#recordsEnd);
    hash("md5", out.subarray(MAGIC.length, end), "buffer").copy(out, end);
    this.#partitionKeys.clear();
    this.#hashKeys.clear();
    this.#recordsEnd = 0;
    this.#recordCount = 0;
    return out;
  }
}
