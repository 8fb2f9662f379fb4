/**
 * Keeps what is put into one shard under the service's limits, so that replay
 * doesn't provoke throttling.
 *
 * @module
 */
import {
  SHARD_BURST_MS,
  SHARD_BYTES_PER_SECOND,
  SHARD_RECORDS_PER_SECOND,
} from "./put_limits.ts";

const SECOND_MS = 1_000;

/**
 * One shard's pace: two leaky buckets, of records and of bytes. A record of any
 * size may go when both have run empty enough; a large one is paid for later.
 */
export class PutPace {
  /** When each bucket will be empty, monotonic ms. */
  #recordsPaidMs = Number.NEGATIVE_INFINITY;
  #bytesPaidMs = Number.NEGATIVE_INFINITY;

  /** When the next record may go, monotonic ms. */
  get readyAtMs(): number {
    return Math.max(this.#recordsPaidMs, this.#bytesPaidMs) - SHARD_BURST_MS;
  }

  /** Notes that a record goes. */
  take(byteCount: number, nowMs: number): void {
    const recordMs = SECOND_MS / SHARD_RECORDS_PER_SECOND;
    const bytesMs = (byteCount * SECOND_MS) / SHARD_BYTES_PER_SECOND;
    this.#recordsPaidMs = Math.max(this.#recordsPaidMs, nowMs) + recordMs;
    this.#bytesPaidMs = Math.max(this.#bytesPaidMs, nowMs) + bytesMs;
  }
}
