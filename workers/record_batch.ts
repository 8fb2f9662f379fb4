/**
 * Records as workers pass them on: offsets into one buffer, no object each.
 *
 * @module
 */
import type { ChildShard } from "../engine/kinesis/shard_lineage.ts";

export type {
  ChildShard,
  ShardStart,
} from "../engine/kinesis/shard_lineage.ts";

/**
 * Some records of one shard, de-aggregated, in order. Valid only during the
 * call that hands it over: buffer and columns are reused.
 */
export interface RecordBatch {
  readonly bytes: Buffer;
  /** Number of user records; the columns are at least this long. */
  readonly count: number;
  /** Offsets of each user record's payload in `bytes`, end exclusive. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Index of the Kinesis record that each user record came in. */
  readonly records: Uint32Array;
  /** Its index inside an aggregated record, else 0. */
  readonly subSequenceNumbers: Uint32Array;
  /** Arrival time of each Kinesis record, epoch ms. */
  readonly arrivalMs: Float64Array;
  /** User records left out as their hash key lies outside the shard's range. */
  readonly outOfRange: number;
  /** Sequence number of a Kinesis record (or offset in a file), in decimal. */
  sequenceNumber(record: number): string;
  /**
   * Takes aggregated records apart, from an index on. Nobody looks for them
   * before: each record that is looked at alone is waited for.
   *
   * @param from An index that no aggregated record stands before.
   * @returns Whether there was any; then the batch has begun anew: what stood
   * at this index comes first.
   */
  takeApart?(from: number): boolean;
}

/** Bytes of a batch's first payloads. */
export function payloadBytes(
  { starts, ends }: RecordBatch,
  count: number,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += (ends[i] as number) - (starts[i] as number);
  }
  return sum;
}

/** What came with a batch, or without one when the answer was empty. */
export interface ShardAnswer {
  /** Of the last Kinesis record read; empty when the answer had none. */
  readonly sequenceNumber: string;
  /** Arrival time of that record, epoch ms; NaN when there was none. */
  readonly arrivalMs: number;
  readonly millisBehindLatest: number;
  /** Bytes of payload. */
  readonly payloadBytes: number;
  /** True with the shard's last answer; nothing comes after it. */
  readonly ended: boolean;
  /** Children that the last answer named. */
  readonly childShards: readonly ChildShard[];
}
