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

  /** Free ones; the next is the last. */
  readonly #slots: Buffer[];
  readonly #slotsMemory: ArrayBufferLike | undefined;

  /**
   * @param slots Buffers of one size in one memory, taken before others and
   * always kept. What was given back last is taken first: it is in the caches,
   * and what was never needed is never touched. @default {none}
   */
  constructor(slots: readonly Buffer[] = []) {
    this.#slots = [...slots].reverse();
    this.#slotsMemory = slots[0]?.buffer;
  }

  /** Bytes kept for later. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /**
   * Takes a slot if one is free and large enough, else the smallest spare buffer
   * that is, or a new one, whose size is a power of two. Its content is whatever
   * was in it.
   */
  take(bytesMin: number): Buffer {
    const slot = this.#slots.at(-1);
    if (slot !== undefined && slot.length >= bytesMin) {
      this.#slots.pop();
      return slot;
    }
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
    if (buffer.buffer === this.#slotsMemory) {
      this.#slots.push(buffer);
      return;
    }
    if (this.#spareBytes + buffer.length > SPARE_BUFFER_BYTES_MAX) return;
    this.#spareBytes += buffer.length;
    // Before its equals: what was used last is in the caches still.
    const index = this.#spare.findIndex(
      ({ length }) => length >= buffer.length,
    );
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
