/**
 * Bytes that can be looked at before they are read.
 *
 * @module
 */

/** A reader over bytes that come as they like. */
export class ByteReader implements AsyncIterable<Uint8Array> {
  readonly #input: AsyncGenerator<Uint8Array, void>;
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #isEnded = false;

  constructor(input: AsyncGenerator<Uint8Array, void>) {
    this.#input = input;
  }

  /** Its next bytes; fewer than asked for only where it ends. */
  async peek(length: number): Promise<Buffer> {
    while (this.#headBytes < length && !this.#isEnded) {
      const { value, done } = await this.#input.next();
      if (done === true) this.#isEnded = true;
      else {
        this.#head.push(value);
        this.#headBytes += value.length;
      }
    }
    const bytes = Buffer.concat(this.#head);
    this.#head = [bytes];
    return bytes.subarray(0, length);
  }

  /** Reads over some bytes. */
  async skip(length: number): Promise<void> {
    let left = length;
    while (left > 0) {
      const next = this.#head.shift() ?? (await this.#next());
      if (next === undefined) return;
      const skipped = Math.min(left, next.length);
      left -= skipped;
      if (skipped < next.length) this.#head.unshift(next.subarray(skipped));
    }
    this.#headBytes = this.#head.reduce((sum, { length }) => sum + length, 0);
  }

  /** The rest. Ending early closes what is read. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    const head = this.#head;
    this.#head = [];
    this.#headBytes = 0;
    try {
      for (const bytes of head) if (bytes.length > 0) yield bytes;
      yield* this.#input;
    } finally {
      await this.close();
    }
  }

  /** Closes what is read. */
  async close(): Promise<void> {
    await this.#input.return();
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { value } = await this.#input.next();
    return value ?? undefined;
  }
}
