/**
 * The buffers that answers are put together in, used again and again.
 *
 * @module
 */
import {
  ANSWER_BUFFER_BYTES_MIN,
  SPARE_BUFFER_BYTES_MAX,
  SPARE_BUFFER_TAKES,
} from "./limits.ts";

/**
 * The spare buffers of one worker. What lay unused while many others were taken
 * is let go: answers that were slow together, each in a buffer, leave no mark.
 */
export class AnswerBuffers {
  /** Ordered by size. */
  #spare: Buffer[] = [];
  #spareBytes = 0;
  /** Takes until it is looked what nobody needed. */
  #takesLeft = SPARE_BUFFER_TAKES;
  /** Least bytes that were spare since then: so many were of no use. */
  #unusedBytes = 0;

  /** Bytes kept for later. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /**
   * Takes the smallest spare buffer that is large enough, or a new one, whose
   * size is a power of two. Its content is whatever was in it.
   */
  take(bytesMin: number): Buffer {
    if (--this.#takesLeft === 0) this.#dropUnused();
    const index = this.#spare.findIndex(({ length }) => length >= bytesMin);
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    if (spare !== undefined) {
      this.#spareBytes -= spare.length;
      this.#unusedBytes = Math.min(this.#unusedBytes, this.#spareBytes);
      return spare;
    }
    let size = ANSWER_BUFFER_BYTES_MIN;
    while (size < bytesMin) size *= 2;
    return Buffer.allocUnsafeSlow(size);
  }

  /** Gives a buffer back; nobody may use it any more. */
  give(buffer: Buffer): void {
    if (this.#spareBytes + buffer.length > SPARE_BUFFER_BYTES_MAX) return;
    this.#spareBytes += buffer.length;
    const index = this.#spare.findIndex(({ length }) => length > buffer.length);
    this.#spare.splice(index < 0 ? this.#spare.length : index, 0, buffer);
  }

  /** Drops as many bytes as were never needed, the largest buffers first. */
  #dropUnused(): void {
    for (let i = this.#spare.length - 1; i >= 0; i--) {
      const length = this.#spare[i]?.length ?? 0;
      if (length > this.#unusedBytes) continue;
      this.#unusedBytes -= length;
      this.#spareBytes -= length;
      this.#spare.splice(i, 1);
    }
    this.#takesLeft = SPARE_BUFFER_TAKES;
    this.#unusedBytes = this.#spareBytes;
  }
}
