/**
 * What a shard reader needs of Kinesis. The HTTP client is one of these, a
 * simulator another.
 *
 * @module
 */
import type { Clock } from "../../engine/clock.ts";
import type { RecordColumns } from "../../engine/kinesis/record_columns.ts";
import type { ShardStart } from "../../engine/kinesis/shard_lineage.ts";
import type { KinesisReading } from "../../engine/messages.ts";
import type { SigningRelay } from "./signing_relay.ts";
import type { SubscriptionTransport } from "./subscription.ts";

/** Asks where to read. */
export interface ShardIteratorRequest {
  readonly shardId: string;
  readonly start: ShardStart;
}

/** Asks for records. */
export interface RecordsRequest {
  readonly shardId: string;
  readonly iterator: string;
  /** Most Kinesis records in the answer. */
  readonly limit: number;
}

/** An answer that was received as a whole and not yet looked at. */
export interface RecordsAnswer {
  /** What it weighs in memory. */
  readonly byteLength: number;
  /**
   * Reads it. At most once; the columns hold until it is released or the next
   * answer of the thread is read.
   *
   * @throws {GarbledAnswerError} If it can't be read.
   */
  readInto(columns: RecordColumns): void;
  /** Gives its memory back. To be called once, when nobody uses it. */
  release(): void;
}

/**
 * The two calls of the reading side. They reject with
 *
 * - `FlagdropError` for what trying again can't help,
 * - `KinesisRequestError` of kind `throttled`, `expired_iterator`,
 *   `bad_argument` or `transient` for what the reader deals with,
 * - anything when `signal` is aborted.
 */
export interface KinesisTransport {
  getShardIterator(
    request: ShardIteratorRequest,
    signal: AbortSignal,
  ): Promise<string>;
  getRecords(
    request: RecordsRequest,
    signal: AbortSignal,
  ): Promise<RecordsAnswer>;
}

/** What a transport is made of. */
export interface OpenTransportOptions {
  readonly reading: KinesisReading;
  readonly signing: SigningRelay;
  readonly clock: Clock;
  /** Where answers are best put; of one size. @default {none} */
  readonly answerSlots?: readonly Buffer[];
}

/** A transport, and how to close what it holds open. */
export interface OpenedTransport {
  readonly transport: KinesisTransport;
  /** Where the worker is to read by fan-out. */
  readonly subscriptions?: SubscriptionTransport | undefined;
  close(): Promise<void>;
}

/** Opens a worker's way to Kinesis. */
export type OpenTransport = (options: OpenTransportOptions) => OpenedTransport;
