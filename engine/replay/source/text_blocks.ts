/**
 * Blocks of whole texts out of bytes that come as they like.
 *
 * @module
 */
import { LINE_BYTES_MAX } from "../../limits.ts";
import { TEXT_BLOCK_BYTES } from "./limits.ts";
import type { Splitter } from "./splitter.ts";

/** Some texts that follow each other. */
export interface TextBlock {
  /** Nobody changes them any more. */
  readonly bytes: Buffer;
  /** Offset of its first byte in the input. */
  readonly offset: number;
  /** Where texts begin and end in it. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Collects bytes and cuts them into blocks. */
class BlockBuffer {
  readonly #splitter: Splitter;
  #bytes = Buffer.allocUnsafeSlow(TEXT_BLOCK_BYTES);
  #length = 0;
  #offset: number;

  constructor(splitter: Splitter, offset: number) {
    this.#splitter = splitter;
    this.#offset = offset;
  }

  /** Takes bytes as far as there is room; gives how many. */
  fill(bytes: Uint8Array): number {
    const room = this.#bytes.length - this.#length;
    const taken = Math.min(room, bytes.length);
    this.#bytes.set(bytes.subarray(0, taken), this.#length);
    this.#length += taken;
    return taken;
  }

  get isFull(): boolean {
    return this.#length === this.#bytes.length;
  }

  /** The whole texts; what is unfinished stays, unless the input ends here. */
  take(isEnd: boolean): TextBlock | undefined {
    const starts: number[] = [];
    const ends: number[] = [];
    const bytes = this.#bytes.subarray(0, this.#length);
    const add = (start: number, end: number) => {
      starts.push(start);
      ends.push(end);
    };
    let tail = this.#splitter.split(bytes, bytes.length, add);
    const isTooLong = tail === 0 && bytes.length >= LINE_BYTES_MAX;
    if ((isEnd || isTooLong) && tail < bytes.length) {
      add(tail, bytes.length);
      tail = bytes.length;
      this.#splitter.reset();
    }
    const block = { bytes, offset: this.#offset, starts, ends };
    this.#keep(bytes.subarray(tail));
    this.#offset += tail;
    return starts.length === 0 ? undefined : block;
  }

  #keep(rest: Buffer): void {
    const size = Math.min(
      LINE_BYTES_MAX,
      Math.max(TEXT_BLOCK_BYTES, 2 * rest.length),
    );
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#bytes.set(rest);
    this.#length = rest.length;
  }
}

/**
 * The texts of an input, block by block. A text longer than `LINE_BYTES_MAX` is
 * cut into pieces of that size.
 *
 * @param input Its bytes from `offset` on.
 * @param offset Where a text begins.
 */
export async function* textBlocks(
  input: AsyncIterable<Uint8Array>,
  splitter: Splitter,
  offset: number,
): AsyncGenerator<TextBlock, void> {
  const buffer = new BlockBuffer(splitter, offset);
  for await (const bytes of input) {
    for (let start = 0; start < bytes.length; ) {
      start += buffer.fill(bytes.subarray(start));
      if (!buffer.isFull) continue;
      const block = buffer.take(false);
      if (block !== undefined) yield block;
    }
  }
  const last = buffer.take(true);
  if (last !== undefined) yield last;
}
