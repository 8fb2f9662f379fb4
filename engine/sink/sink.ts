/**
 * What the coordinator hands to sinks, and what it expects of them.
 *
 * @module
 */
import type { QueryPlan } from "../job/plan.ts";

/**
 * One fired window of one query, or those of its documents that late events
 * have changed since: its documents as columns, sorted by key,
 * keys below the query's least count already left out.
 *
 * Columns are exactly `rowCount` long and are never changed after firing, so a
 * sink may keep them. `document.ts` turns a row into a document.
 */
export interface FiredWindow {
  readonly query: QueryPlan;
  readonly windowStartMs: number;
  /** The documents' timestamp: window end less one, epoch ms. */
  readonly timestampMs: number;
  readonly rowCount: number;
  /**
   * Written before the window has fired (`--emit-early`): the same documents
   * come again with at least as many events when it does.
   *
   * @default {false}
   */
  readonly isEarly?: boolean;
  /** First and second word of each key, as `query.key` says. */
  readonly word0: Uint32Array;
  readonly word1: Uint32Array;
  /**
   * Events of each key. Also the document's version: a correction has more of
   * them, so what has fewer is older.
   */
  readonly counts: Float64Array;
  /** One column per entry of `query.accumulators`. */
  readonly accumulators: readonly Float64Array[];
}

/** Figures of a sink since it was opened. */
export interface SinkStats {
  /** Documents that the sink has acknowledged. */
  readonly documents: number;
  /** Bytes written, as the sink counts them. */
  readonly bytes: number;
  /** Attempts that failed and were repeated. */
  readonly retries: number;
  /** Documents that it never takes; each is a dead letter. @default {0} */
  readonly refused?: number;
  /** What keeps it from writing at present, one line; null when nothing. */
  readonly trouble?: string | null;
}

/** Where a sink says what is no error; a pino logger is one. */
export interface SinkLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * A place for documents. The coordinator calls `write` one batch at a time and
 * in firing order; a sink that wants concurrency does it inside.
 */
export interface Sink {
  /** As the user named it, e.g. `"ndjson:out.ndjson"`; secrets left out. */
  readonly name: string;
  /** Documents that it likes to be given at once. @default {20000} */
  readonly documentsPerWrite?: number;
  /**
   * Makes the sink ready.
   *
   * @throws {FlagdropError} `FD_SINK` or `FD_STORE`, one line with the remedy.
   */
  open(): Promise<void>;
  /**
   * Writes all documents of some windows. When it resolves they are written
   * as durably as this sink can; writing a document again replaces it.
   *
   * @param windows In firing order; at least one.
   * @param guard To be awaited before each request by a sink that makes
   * several of one write, or repeats them.
   * @throws {FlagdropError} When it can't go on; the run ends.
   */
  write(windows: readonly FiredWindow[], guard?: WriteGuard): Promise<void>;
  /**
   * The documents of the last write that are refused for ever, once. They are
   * dead letters as soon as that write is done, and not before.
   */
  takeRefused?(): readonly DeadLetter[];
  /**
   * Bytes of the sink's file after the last whole write; 0 without a file. A
   * restored run cuts the file to what the checkpoint says.
   */
  readonly lengthBytes: number;
  /** Makes everything written so far durable; a checkpoint counts on it. */
  sync(): Promise<void>;
  stats(): SinkStats;
  /** Finishes what is under way and releases everything. Idempotent. */
  close(): Promise<void>;
}

/**
 * To be awaited before anything is written outside. Resolves at once as a rule;
 * rejects when this run may not write any more.
 */
export type WriteGuard = () => Promise<void>;

/** A record that the job can't use, with what is needed to find it again. */
export interface DeadLetter {
  /** Shard id, or the file's path; for a refused document its sink's name. */
  readonly shardId: string;
  /**
   * Sequence number, or the byte offset of the record in the input; for a
   * refused document its id.
   */
  readonly sequenceNumber: string;
  /** Index inside an aggregated record, else 0. */
  readonly subSequenceNumber: number;
  /** Why, as a short code such as `"not_json"`. */
  readonly reason: string;
  /** Why, in the words of what refused it; one line. */
  readonly detail?: string;
  readonly bytes: Uint8Array;
}

/** A place for dead letters. */
export interface DeadLetterSink {
  /** Resolves when the letters are in the file (not yet synced). */
  write(letters: readonly DeadLetter[]): Promise<void>;
  /** Letters written since it was opened. */
  readonly count: number;
  /** Bytes of the file; letters under way are not in it. */
  readonly lengthBytes: number;
  /** Makes everything written so far durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
