/**
 * The buffers that answers are put together in, used again and again.
 *
 * @module
 */
import { ANSWER_BUFFER_BYTES_MIN, SPARE_BUFFER_BYTES_MAX } from "./limits.ts";

/** The spare buffers of one worker. */
export class AnswerBuffers {
  /** Ordered by size. */
  #spare: Buffer[] = [];
  #spareBytes = 0;

  /** Bytes kept for later. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /**
   * Takes the smallest spare buffer that is large enough, or a new one, whose
   * size is a power of two. Its content is whatever was in it.
   */
  take(bytesMin: number): Buffer {
    const index = this.#spare.findIndex(({ length }) => length >= bytesMin);
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    if (spare !== undefined) {
      this.#spareBytes -= spare.length;
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
}
