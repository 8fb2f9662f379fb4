/**
 * The lines of a block as a record batch.
 *
 * @module
 */
import { LINES_PER_BATCH } from "../../engine/limits.ts";
import type { RecordBatch } from "../record_batch.ts";

const NEWLINE = 10;

/** Walks a block of lines, some thousand at a time. */
export class LineBatch implements RecordBatch {
  bytes: Buffer = Buffer.alloc(0);
  count = 0;
  readonly starts: Uint32Array = new Uint32Array(LINES_PER_BATCH);
  readonly ends: Uint32Array = new Uint32Array(LINES_PER_BATCH);
  /** Every line is a record of its own. */
  readonly records: Uint32Array = Uint32Array.from(
    { length: LINES_PER_BATCH },
    (_, i) => i,
  );
  readonly subSequenceNumbers: Uint32Array = new Uint32Array(LINES_PER_BATCH);
  readonly arrivalMs: Float64Array = new Float64Array(LINES_PER_BATCH);
  readonly outOfRange = 0;
  #offset = 0;
  #next = 0;

  /**
   * Starts on a block.
   *
   * @param bytes Whole lines; the last one may lack its newline.
   * @param offset Offset of the first byte in the file.
   * @param arrivalMs What stands for the lines' arrival time.
   */
  reset(bytes: Buffer, offset: number, arrivalMs: number): void {
    this.bytes = bytes;
    this.#offset = offset;
    this.#next = 0;
    this.arrivalMs.fill(arrivalMs);
  }

  /** Goes on to the next lines; false when there are none. */
  next(): boolean {
    const { bytes, starts, ends } = this;
    let at = this.#next;
    let count = 0;
    while (count < LINES_PER_BATCH && at < bytes.length) {
      const found = bytes.indexOf(NEWLINE, at);
      const end = found < 0 ? bytes.length : found;
      starts[count] = at;
      ends[count++] = end;
      at = end + 1;
    }
    this.#next = at;
    this.count = count;
    return count > 0;
  }

  sequenceNumber(record: number): string {
    return String(this.#offset + (this.starts[record] ?? 0));
  }
}
