/**
 * What a shard reader is given and what it gives.
 *
 * @module
 */
import type { Clock } from "../../engine/clock.ts";
import type { RecordBatch, ShardAnswer, ShardStart } from "../record_batch.ts";
import type { ReadScratch } from "./read_scratch.ts";
import type { KinesisTransport } from "./transport.ts";
import type { UserRecordsOptions } from "./user_records.ts";

/** The shard to read; a `ShardAssignment` is one. */
export interface ReadableShard {
  readonly shardId: string;
  /** Decimal, inclusive. */
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  /** Where to begin. Later positions come from the answers. */
  readonly start: ShardStart;
}

/** Something that failed and is being tried again. */
export interface ShardTrouble {
  readonly shardId: string;
  /** One line. */
  readonly message: string;
  /** 1 at first; back to 1 after an answer. */
  readonly attempt: number;
}

/** Options for {@linkcode ShardReader}. */
export interface ShardReaderOptions {
  /** Carries the requests; shared by all shards of a worker. */
  readonly transport: KinesisTransport;
  readonly clock: Clock;
  /** Uniform in [0, 1); for jitter. */
  readonly random: () => number;
  /**
   * Takes an answer, an empty one too, in the shard's order. Called
   * synchronously with each answer and never after `stop()` has resolved; the
   * batch is undefined when the answer had no record, and is valid only during
   * the call. What it throws ends `run()`.
   */
  readonly onAnswer: (
    shard: ReadableShard,
    answer: ShardAnswer,
    batch: RecordBatch | undefined,
  ) => void;
  /** Hears of everything that is tried again, throttles excepted. */
  readonly onTrouble: (trouble: ShardTrouble) => void;
  /**
   * Backpressure: asked before each request, which waits for what it returns;
   * undefined when the way is open.
   */
  readonly gate?: () => Promise<void> | undefined;
  /**
   * Bytes that the next answer should weigh at most; asked before each
   * request. Kept by `Limit` and the mean weight of the records so far, so a
   * single answer may exceed it.
   *
   * @default {() => 4 MiB}
   */
  readonly bytesBudget?: () => number;
  /** Reads of the shard in a second, at most. @default {5} */
  readonly readsPerSecond?: number;
  /**
   * What becomes of user records in aggregated records whose hash key lies
   * outside the shard's range.
   *
   * @default {"skip"}
   */
  readonly kplOutOfRange?: UserRecordsOptions["outOfRange"];
  /** Columns shared by all shards of a worker. @default {its own} */
  readonly scratch?: ReadScratch;
}

/** A shard's loop, whichever way it reads. */
export interface RunningReader {
  /** How it reads at the moment. */
  readonly reading: "polling" | "fan_out";
  /** Requests that the service throttled so far. */
  readonly throttledCount: number;
  /**
   * Counts up while the loop turns though nothing is answered: at throttles,
   * and with every try to subscribe.
   */
  readonly signsOfLife: number;
  /** How often it polled as its subscriptions brought nothing. */
  readonly fallbackCount: number;
  /**
   * Reads until the shard's end, or until it is stopped. To be called once.
   *
   * @param signal Stops it, as `stop()` does.
   * @throws {FlagdropError} For what trying again can't help.
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Stops reading. What is in flight is cut off, and an answer dropped.
   *
   * @returns Resolves when nothing is in flight and no answer will be handed
   * over any more; never rejects.
   */
  stop(): Promise<void>;
}

/**
 * What a reader is at:
 * `waiting` for its next turn, `gated` by backpressure, `requesting`,
 * `retrying` after trouble or a throttle, or `stopped`.
 */
export type ShardReaderState =
  | "waiting"
  | "gated"
  | "requesting"
  | "retrying"
  | "stopped";
