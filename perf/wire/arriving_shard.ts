/**
 * A shard into which records come at a fixed pace.
 *
 * @module
 */
import type { RecordChunk } from "./ready_answers.ts";

/** The most records that the service gives in one answer. */
const ANSWER_RECORDS_MAX = 10_000;

/** When its records come. */
export interface ArrivalPace {
  /** From one chunk to the next. */
  readonly intervalMs: number;
  /** Of the first chunk, beside the interval, so that shards take turns. */
  readonly delayMs: number;
}

/** What there is behind an iterator. */
export interface Arrived {
  readonly chunks: readonly RecordChunk[];
  /** Index of the chunk to go on with. */
  readonly next: number;
  /** Whether nothing will come any more. */
  readonly isLast: boolean;
}

/** One shard's chunks, and how many of them have come. */
export class ArrivingShard {
  readonly #chunks: readonly RecordChunk[];
  readonly #pace: ArrivalPace;

  constructor(chunks: readonly RecordChunk[], pace: ArrivalPace) {
    this.#chunks = chunks;
    this.#pace = pace;
  }

  /**
   * What has come.
   *
   * @param from Index of the first chunk that is wanted.
   * @param afterMs Since records have begun to come; negative before.
   */
  since(from: number, afterMs: number): Arrived {
    const { intervalMs, delayMs } = this.#pace;
    const come = Math.floor((afterMs - delayMs) / intervalMs);
    const end = Math.min(come, this.#chunks.length);
    let next = from;
    for (let records = 0; next < end; next++) {
      records += this.#chunks[next]?.recordCount ?? 0;
      if (records > ANSWER_RECORDS_MAX) break;
    }
    const isLast = next >= this.#chunks.length;
    return { chunks: this.#chunks.slice(from, next), next, isLast };
  }
}
