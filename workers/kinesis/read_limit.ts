/**
 * How many records to ask for, so that answers keep to a budget of bytes.
 *
 * @module
 */
import { RECORD_BYTES_FIRST, RECORDS_PER_READ_MAX } from "./limits.ts";

/** Weight of a new mean that is smaller than the present one. */
const SMALLER_WEIGHT = 0.25;

/**
 * Keeps the mean weight of a shard's records. A larger one counts at once, a
 * smaller one bit by bit: asking for too few costs a read, asking for too many
 * costs memory.
 */
export class ReadLimit {
  #recordBytes = RECORD_BYTES_FIRST;
  #isFirst = true;

  /**
   * Records to ask for.
   *
   * @param bytesBudget What the answer should weigh at most.
   */
  limit(bytesBudget: number): number {
    const records = Math.floor(bytesBudget / this.#recordBytes);
    return Math.max(1, Math.min(records, RECORDS_PER_READ_MAX));
  }

  /** An answer came. */
  afterAnswer(bytes: number, recordCount: number): void {
    if (recordCount === 0) return;
    const mean = bytes / recordCount;
    if (this.#isFirst || mean > this.#recordBytes) this.#recordBytes = mean;
    else this.#recordBytes += (mean - this.#recordBytes) * SMALLER_WEIGHT;
    this.#isFirst = false;
  }
}
