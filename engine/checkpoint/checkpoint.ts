/**
 * What a checkpoint holds: the coordinator's memory at one moment, a consistent
 * cut of the input. Restoring it and reading on gives the documents of an
 * undisturbed run.
 *
 * @module
 */
import type { ShardEntry } from "../coordinator/shard_table.ts";
import type { QueryHash } from "../job/query_hashes.ts";
import type { CountsDelta, DedupeIds, FlushedTallies } from "../messages.ts";

/** A file of the input, so that another one under its name is noticed. */
export interface FileIdentity {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of its first bytes, in hex. */
  readonly head: string;
}

/** Which input a checkpoint belongs to. */
export type SourceIdentity =
  | { readonly type: "files"; readonly files: readonly FileIdentity[] }
  | {
      readonly type: "kinesis";
      readonly streamArn: string;
      /** Tells a stream from a later one of the same name. */
      readonly creationTimeMs: number;
    };

/** Where the input goes on. */
export type InputPosition =
  | {
      readonly type: "files";
      /** Index of the file, and the next byte in it, decompressed. */
      readonly fileIndex: number;
      readonly offset: number;
      readonly watermarkMs: number;
      readonly records: number;
      /** What `dedupe` remembers; null without it. */
      readonly dedupe: DedupeIds | null;
    }
  | {
      readonly type: "kinesis";
      readonly shards: readonly ShardEntry[];
      /** What `dedupe` remembers of each shard; empty without it. */
      readonly dedupe: readonly ShardDedupe[];
    };

/** The ids that a shard remembers. */
export interface ShardDedupe {
  readonly shardId: string;
  readonly ids: DedupeIds;
}

/** One sink: documents that it has not acknowledged, and how long it was. */
export interface SinkPosition {
  readonly name: string;
  /** Bytes of its file that are acknowledged; 0 for sinks without one. */
  readonly lengthBytes: number;
  /** Documents that it refused; each is a dead letter. */
  readonly refused: number;
  /** Fired windows to write again. */
  readonly pending: FlushedTallies;
}

/** A bound for the arrival of a window's events, whatever is to read them again. */
export interface WindowArrival {
  readonly queryIndex: number;
  readonly windowStartMs: number;
  /**
   * None of the window's events arrived before, epoch ms: a flush's are behind
   * all that was known to be read of its shards. `-Infinity` when that was
   * nothing.
   */
  readonly arrivedFromMs: number;
}

/** The merging part of the coordinator. */
export interface MergerState {
  readonly watermarkMs: number;
  readonly windowsFired: number;
  readonly documentsFired: number;
  readonly windowsCorrected: number;
  /** See `EngineStatus`. */
  readonly talliesLeftOut: number;
  readonly documentsCorrected: number;
  readonly counts: CountsDelta;
  /** Of the events tallied: left out, as their windows were gone. */
  readonly afterIdle: number;
  /** Of all windows: those that fired and are kept are passed by the watermark. */
  readonly windows: FlushedTallies;
  /**
   * From when on their events arrived; of a window that is missing, and of all
   * in format 3, that is unknown.
   */
  readonly windowArrivals?: readonly WindowArrival[];
  /**
   * By query: windows that start earlier are not whole, since the query came
   * with a changed job; `-Infinity` for those that were there from the start.
   */
  readonly wholeFromMs: readonly number[];
  readonly sinks: readonly SinkPosition[];
  readonly deadLetters: {
    readonly count: number;
    readonly lengthBytes: number;
  };
}

/** A query of the job that a checkpoint belongs to. */
export interface CheckpointQuery extends QueryHash {
  readonly windowMs: number;
}

/** A checkpoint. */
export interface Checkpoint {
  /** Grows by one with each checkpoint of a store. */
  readonly number: number;
  /** Epoch ms. */
  readonly takenAtMs: number;
  readonly jobName: string;
  readonly jobHash: string;
  /** The job's queries, which tallies name by index. */
  readonly queries: readonly CheckpointQuery[];
  /** What `counts.filtered` goes by. */
  readonly filterReasons: readonly string[];
  readonly source: SourceIdentity;
  readonly input: InputPosition;
  readonly merger: MergerState;
  /** The input has ended and all windows have fired. */
  readonly finished: boolean;
}
