/**
 * Bytes on their way into a decoder, until a whole frame is there.
 *
 * @module
 */

/** The least that is allocated at once. */
const BYTES_MIN = 128 * 1024;

/**
 * A queue of bytes, read from the front. What was taken stays as it is: a place
 * in memory is written once.
 */
export class FrameBytes {
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds bytes at the end. */
  add(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) {
      const { front } = this;
      const size = Math.max(BYTES_MIN, 2 * (front.length + bytes.length));
      this.#buffer = Buffer.allocUnsafeSlow(size);
      this.#buffer.set(front);
      this.#start = 0;
      this.#end = front.length;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** What waits, to look at. */
  get front(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Takes bytes off the front, at most what is there. */
  take(length: number): Buffer {
    const start = this.#start;
    this.#start = Math.min(start + length, this.#end);
    return this.#buffer.subarray(start, this.#start);
  }
}
