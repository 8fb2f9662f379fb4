// Hot path: every event of an aggregated replay.
// Cost avoided: two more copies of each event and an object for its keys.
// Trick: which keys a record has is settled by how many events it takes, so
//   its length is known beforehand and it is written where it is sent from.
// Gives up: one explicit hash key a record, at most 64 partition keys.
// Breaks: `!` on typed arrays. Reference: `KplWriter` of
//   `perf/wire/`, with which the test compares byte by byte.
// Shown by `perf/replay_bench.ts`.
/**
 * Aggregated records, written in place. `kpl_reader.ts` says what they are.
 *
 * @module
 */
import {
  DATA,
  DIGEST_BYTES,
  EXPLICIT_HASH_KEY,
  HASH_KEY_INDEX,
  KEY_INDEX,
  MAGIC,
  PARTITION_KEY,
  RECORD,
} from "./kpl_format.ts";
import type { PutBatch } from "./put_batch.ts";

const GROUP = 0x80;

/** Indexes of keys and lengths of keys are one byte each. */
const SHORT_MAX = GROUP - 1;

/** Tags and indexes of one user record, in front of its data's tag. */
const INDEX_BYTES = 4;

function varintBytes(value: number): number {
  if (value < GROUP) return 1;
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}

function putVarint(out: Buffer, at: number, value: number): number {
  let end = at;
  let rest = value;
  while (rest >= GROUP) {
    out[end++] = (rest & 0x7f) | GROUP;
    rest >>>= 7;
  }
  out[end++] = rest;
  return end;
}

function fieldOf(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length > SHORT_MAX) {
    throw new RangeError(
      `Cannot use "${text}" as a key of aggregated records as it is too long: at most ${SHORT_MAX} bytes fit`,
    );
  }
  return Buffer.from([tag, bytes.length, ...bytes]);
}

/** The keys of one shard's aggregated records. */
export class AggregateKeys {
  /** Fields of the partition keys, one behind the other. */
  readonly partitionKeys: Buffer;
  /** Where the field of each partition key ends. */
  readonly ends: Uint16Array;
  readonly hashKey: Buffer;

  /**
   * @param partitionKeys ASCII, at least one, at most 127.
   * @param explicitHashKey Decimal.
   */
  constructor(partitionKeys: readonly string[], explicitHashKey: string) {
    const fields = partitionKeys
      .slice(0, SHORT_MAX)
      .map((key) => fieldOf(PARTITION_KEY, key));
    this.partitionKeys = Buffer.concat(fields);
    this.ends = new Uint16Array(fields.length);
    let end = 0;
    fields.forEach((field, i) => {
      end += field.length;
      this.ends[i] = end;
    });
    this.hashKey = fieldOf(EXPLICIT_HASH_KEY, explicitHashKey);
  }

  /** Bytes of a record without user records. */
  get emptyBytes(): number {
    return MAGIC.length + this.hashKey.length + DIGEST_BYTES;
  }

  /**
   * Bytes that one more user record takes, with its partition key if that is
   * not there yet.
   *
   * @param index How many user records there are already.
   * @param dataBytes Its length.
   */
  bytesOf(index: number, dataBytes: number): number {
    const inner = INDEX_BYTES + 1 + varintBytes(dataBytes) + dataBytes;
    const key =
      index < this.ends.length
        ? this.ends[index]! - (index > 0 ? this.ends[index - 1]! : 0)
        : 0;
    return 1 + varintBytes(inner) + inner + key;
  }
}

/** Where the message of an aggregated record begins. */
export const MESSAGE_AT: number = MAGIC.length;

/** Where the message of an aggregated record ends, from the record's end. */
export const MESSAGE_END: number = -DIGEST_BYTES;

/**
 * Writes a batch's Kinesis record as an aggregated record, all but its digest:
 * there is room for that behind it (see `aggregate_seals.ts`).
 *
 * @param out With room for it.
 * @param at Where it begins.
 * @param batch Says what the record carries.
 * @param recordIndex Which record of the batch.
 * @returns Where it ends, behind the room for the digest.
 */
export function putAggregate(
  out: Buffer,
  at: number,
  batch: PutBatch,
  recordIndex: number,
): number {
  const { partitionKeys, ends, hashKey } =
    batch.records[recordIndex]!.shard.aggregateKeys;
  const first = batch.carriedStart(recordIndex);
  const last = first + batch.carriedCount(recordIndex);
  const keyCount = Math.min(last - first, ends.length);
  let end = at;
  for (let i = 0; i < MAGIC.length; i++) out[end++] = MAGIC[i]!;
  end += partitionKeys.copy(out, end, 0, keyCount > 0 ? ends[keyCount - 1] : 0);
  end += hashKey.copy(out, end);
  let key = 0;
  for (let i = first; i < last; i++) {
    const chunk = batch.chunkAt(i);
    const index = batch.indexAt(i);
    const start = chunk.starts[index]!;
    const dataBytes = chunk.ends[index]! - start;
    out[end++] = RECORD;
    end = putVarint(
      out,
      end,
      INDEX_BYTES + 1 + varintBytes(dataBytes) + dataBytes,
    );
    out[end++] = KEY_INDEX;
    out[end++] = key;
    out[end++] = HASH_KEY_INDEX;
    out[end++] = 0;
    out[end++] = DATA;
    end = putVarint(out, end, dataBytes);
    end += chunk.bytes.copy(out, end, start, start + dataBytes);
    key = key + 1 === keyCount ? 0 : key + 1;
  }
  return end + DIGEST_BYTES;
}
