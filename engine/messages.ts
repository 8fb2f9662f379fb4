/**
 * What coordinator and workers say to each other. Types only, plus
 * {@linkcode assertNever} for exhaustive switches; both sides import them.
 *
 * One flush is one atomic step: positions, watermarks, counts and the partial
 * tallies of everything up to exactly those positions.
 *
 * @module
 */
import type { AwsCredentials } from "./aws/credentials.ts";
import type { ErrorCode } from "./errors.ts";
import type { JobPlan } from "./job/plan.ts";
import type { ChildShard, ShardStart } from "./kinesis/shard_lineage.ts";
import type { TallySection } from "./tally/tally_columns.ts";

/** Raised with every change of a message's meaning; both sides compare it. */
export const PROTOCOL_VERSION = 4;

/** How a worker reaches Kinesis. */
export interface KinesisReading {
  readonly type: "kinesis";
  readonly endpoint: string;
  readonly region: string;
  readonly caPem: string;
  readonly streamArn: string;
  /** Subscribe as this consumer; empty for polling. */
  readonly consumerArn: string;
  readonly readsPerSecond: number;
  readonly kplOutOfRange: "skip" | "keep";
}

/** The worker is handed blocks of lines instead of reading by itself. */
export interface FileReading {
  readonly type: "file";
}

/** What becomes of late records: forgotten, or kept as dead letters. */
export type LatePolicy = "drop" | "dead-letter";

/**
 * Ids of events that a shard remembers, or has learned since its last flush,
 * in the order of their remembering; see `dedupe` in the JobSpec.
 */
export interface DedupeIds {
  /** Two words of an id's hash each. */
  readonly words: Uint32Array;
  /** Arrival time of each, epoch ms. */
  readonly arrivalMs: Float64Array;
}

/** What a worker is started with, as its piscina task. */
export interface WorkerStart {
  readonly protocolVersion: number;
  readonly workerIndex: number;
  /** Incarnation of this worker; its flushes carry it. */
  readonly epoch: number;
  readonly plan: JobPlan;
  readonly reading: KinesisReading | FileReading;
  /** Watermarks further past their arrival than this are refused. */
  readonly watermarkAheadMaxMs: number;
  /** Empty answers at a shard's tip for this long make it idle; 0 for never. */
  readonly idleTimeoutMs: number;
  /** What becomes of late records, which are counted anyway. */
  readonly late: LatePolicy;
  /** Flushes that may be on their way before the first credit comes back. */
  readonly credits: number;
  /** Time between flushes when nothing asks for an earlier one. */
  readonly flushIntervalMs: number;
}

/** A shard, and where to go on reading it. */
export interface ShardAssignment {
  readonly shardId: string;
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  readonly start: ShardStart;
  /** `-Infinity` while there is none. */
  readonly watermarkMs: number;
  /** What it remembers; null without `dedupe`. */
  readonly dedupe: DedupeIds | null;
  /** Noted by the thread while it is busy with the shard; above 0. */
  readonly number: number;
}

/** Read these shards from now on. */
export interface AssignMessage {
  readonly type: "assign";
  readonly shards: readonly ShardAssignment[];
}

/** Stop reading a shard; the next flush is its last from this worker. */
export interface ReleaseMessage {
  readonly type: "release";
  readonly shardId: string;
}

/**
 * Read none of these shards until told otherwise; all others are read. Each
 * message replaces the one before.
 */
export interface PauseMessage {
  readonly type: "pause";
  readonly shardIds: readonly string[];
}

/** One block of whole lines of the file input. */
export interface BlockMessage {
  readonly type: "block";
  readonly blockNumber: number;
  /** The file it is from, and its first byte's offset there, decompressed. */
  readonly path: string;
  readonly offset: number;
  /** Shared, so that a lost worker takes nothing with it; only read. */
  readonly bytes: SharedArrayBuffer;
  readonly byteLength: number;
  /** A watermark known to have passed before the block; a lower bound. */
  readonly watermarkMs: number;
  /** What stands for the arrival time of its records, epoch ms. */
  readonly arrivalMs: number;
  /** What the input remembers before the block; null without `dedupe`. */
  readonly dedupe: DedupeIds | null;
}

/** One flush was merged; another may be sent. */
export interface CreditMessage {
  readonly type: "credit";
}

/** Sign with these from now on. */
export interface CredentialsMessage {
  readonly type: "credentials";
  readonly credentials: AwsCredentials;
  readonly clockSkewMs: number;
}

/** Stop reading, send a last flush, then `stopped`. */
export interface StopMessage {
  readonly type: "stop";
}

/** Everything the coordinator sends. */
export type CoordinatorMessage =
  | AssignMessage
  | ReleaseMessage
  | PauseMessage
  | BlockMessage
  | CreditMessage
  | CredentialsMessage
  | StopMessage;

/** What became of records, as deltas since the last flush. */
export interface CountsDelta {
  readonly read: number;
  readonly tallied: number;
  /** By index into `JobPlan.filterReasons`. */
  readonly filtered: readonly number[];
  readonly watermarksTaken: number;
  readonly watermarksRefused: number;
  readonly dead: number;
  readonly late: number;
  readonly outOfRange: number;
  /** Events whose time is too far ahead to move a `bounded` watermark. */
  readonly eventTimesRefused: number;
  /** Ids forgotten for want of room before their time was over. */
  readonly idsForgotten: number;
  /** Events without an id, which `dedupe` lets pass. */
  readonly withoutId: number;
  /** Bytes of payload. */
  readonly bytes: number;
}

/** How far one shard has been read. */
export interface ShardProgress {
  readonly shardId: string;
  /** Empty while nothing has been read. */
  readonly sequenceNumber: string;
  /** Arrival time read up to, epoch ms; NaN while nothing has been read. */
  readonly arrivalMs: number;
  readonly watermarkMs: number;
  readonly behindLatestMs: number;
  /** The last two answers were empty and not behind. */
  readonly atTip: boolean;
  /** An answer has come since the last flush. */
  readonly answered: boolean;
  /** Answers have been empty at the tip for the idle time-out. */
  readonly idle: boolean;
  readonly throttled: number;
  /** Time that the thread was busy with this shard since the last flush, ms. */
  readonly busyMs: number;
  /** How the shard is read at the moment. */
  readonly reading: "polling" | "fan_out";
  /** Times it went over to polling as its subscriptions brought nothing. */
  readonly fallbacks: number;
  readonly counts: CountsDelta;
  /** Read to its end; the last progress of this shard. */
  readonly ended: boolean;
  /** Handed back after a `release`; the last progress of this shard. */
  readonly released: boolean;
  readonly childShards: readonly ChildShard[];
  /** Ids learned since the last flush; null without `dedupe`. */
  readonly dedupe: DedupeIds | null;
}

/** A record that could not be decoded, or that is late with `dead-letter`. */
export interface DeadLetterMessage {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly reason: string;
  readonly bytes: Uint8Array;
}

/** Partial tallies: columns of all sections in one buffer. */
export interface FlushedTallies<B extends ArrayBufferLike = ArrayBuffer> {
  readonly sections: readonly TallySection[];
  /** The receiver's own; a shared one only until it has given its credit. */
  readonly buffer: B;
}

/** One atomic step of a worker that reads shards. */
export interface FlushMessage {
  readonly type: "flush";
  readonly epoch: number;
  readonly flushNumber: number;
  readonly shards: readonly ShardProgress[];
  readonly tallies: FlushedTallies<ArrayBufferLike>;
  readonly deadLetters: readonly DeadLetterMessage[];
  /** Time the thread has been busy since its start, ms. */
  readonly busyMs: number;
  /** Heap that the thread uses. */
  readonly heapBytes: number;
  /** Epoch ms at which the newest answer in this flush was received. */
  readonly receivedAtMs: number;
}

/** One block, tallied. */
export interface BlockFlushMessage {
  readonly type: "block_flush";
  readonly epoch: number;
  readonly blockNumber: number;
  /** The watermark that the block was tallied with. */
  readonly assumedWatermarkMs: number;
  /** The watermark after the block. */
  readonly watermarkMs: number;
  /**
   * Least watermark that would have made a tallied record late: when the
   * watermark before the block has reached it, the tally must be repeated.
   */
  readonly lateFromMs: number;
  /** Ids learned in the block; null without `dedupe`. */
  readonly dedupe: DedupeIds | null;
  readonly counts: CountsDelta;
  readonly tallies: FlushedTallies;
  readonly deadLetters: readonly DeadLetterMessage[];
  readonly busyMs: number;
  readonly heapBytes: number;
}

/** Something that repeats by itself; for the log and the counters. */
export interface TroubleMessage {
  readonly type: "trouble";
  readonly epoch: number;
  readonly shardId: string;
  readonly message: string;
  readonly attempt: number;
}

/** The service refused the credentials or the clock; answer: `credentials`. */
export interface AuthRefusedMessage {
  readonly type: "auth_refused";
  readonly epoch: number;
  /** The service's clock at its answer, epoch ms; NaN if it sent none. */
  readonly serverMs: number;
  readonly message: string;
}

/** The last message after `stop`. */
export interface StoppedMessage {
  readonly type: "stopped";
  readonly epoch: number;
}

/** The worker can't go on; an error as data, since classes don't cross. */
export interface FailureMessage {
  readonly type: "failure";
  readonly epoch: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack: string;
  readonly domain: "user" | "external" | "internal";
  readonly retry: "now" | "backoff" | "never";
}

/** Everything a worker sends. */
export type WorkerMessage =
  | FlushMessage
  | BlockFlushMessage
  | TroubleMessage
  | AuthRefusedMessage
  | StoppedMessage
  | FailureMessage;

/** Fails on a message that the types say can't exist. */
export function assertNever(value: never): never {
  throw new TypeError(
    `Cannot handle message of type "${(value as { type: string }).type}"`,
  );
}
