// Hot path: the data of every record of a JSON answer.
// Cost avoided: Node decodes base64 from strings only: a string of it had to be
//   made first, its end to be found and records to be moved together, as a call
//   costs more than a record. Ten times the decoding.
// Trick: the answer is copied, piece by piece while it is walked, to the same
//   place in a memory that WebAssembly sees; there its vectors decode a text in
//   place, and find its end on the way.
// Gives up: a second memory as large as the largest answer.
// Breaks: nothing.
// Shown by `perf/wire_bench.ts`, "JSON walk". Plain twin: `Buffer.from(text,
//   "base64")`.
/**
 * An answer's text where its base64 can be decoded.
 *
 * @module
 */
import { base64Decode } from "./base64_lanes_code.ts";
import { openFunction } from "./wasm_code.ts";

/** Characters that are decoded at once. */
const PIECE = 16;

/**
 * Copied at once: it stays in the processor's first-level caches until it has
 * been walked.
 */
const WINDOW_BYTES = 16 * 1024;

/**
 * Zeros behind what has been copied. No text goes on over them, so that nothing
 * is read that is not the answer's; longer than whatever is compared at once.
 */
const ZEROS_BEHIND = 64;

const MEMORY_BYTES_MIN = 1024 * 1024;

/** The memory. One text at a time lies in it. */
export class TextMemory {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Where what has been copied ends; zeros follow. */
  copiedEnd = 0;
  readonly #decode: (from: number, to: number, limit: number) => number;
  #source: Buffer = Buffer.alloc(0);
  #length = 0;

  private constructor(
    buffer: ArrayBuffer,
    decode: (from: number, to: number, limit: number) => number,
  ) {
    this.bytes = Buffer.from(buffer);
    this.view = new DataView(buffer);
    this.#decode = decode;
  }

  /**
   * Opens one.
   *
   * @param length The longest text.
   * @returns Undefined where the runtime has no vectors.
   */
  static open(length: number): TextMemory | undefined {
    let size = MEMORY_BYTES_MIN;
    while (size < length + 2 * ZEROS_BEHIND) size *= 2;
    const opened =
      openFunction(base64Decode("relaxed"), size) ??
      openFunction(base64Decode("plain"), size);
    return opened && new TextMemory(opened.buffer, opened.call);
  }

  /** Whether a text of this length can lie in it. */
  hasRoom(length: number): boolean {
    return length + 2 * ZEROS_BEHIND <= this.bytes.length;
  }

  /** Begins a text; nothing of it is copied yet. */
  begin(source: Buffer, length: number): void {
    this.#source = source;
    this.#length = length;
    this.copiedEnd = 0;
    this.bytes.fill(0, 0, ZEROS_BEHIND);
  }

  /** Copies up to this place, if it is not. */
  copyAhead(place: number): void {
    if (place > this.copiedEnd && this.copiedEnd < this.#length) {
      this.copyTo(place);
    }
  }

  /** Copies up to this place, and some more where there is more. */
  copyTo(place: number): void {
    const from = this.copiedEnd;
    const to = Math.min(this.#length, Math.max(place, from + WINDOW_BYTES));
    if (to <= from) return;
    this.bytes.set(this.#source.subarray(from, to), from);
    this.bytes.fill(0, to, to + ZEROS_BEHIND);
    this.copiedEnd = to;
  }

  /**
   * Decodes the base64 text at a place into the bytes that begin there.
   *
   * @param start Its place, not behind what has been copied.
   * @returns Where it ends: the place of the first byte that isn't base64, at
   * most the end of the text that was begun.
   */
  decode(start: number): number {
    let end = this.#decode(start, start, this.#limit());
    // Each turn copies more; where there is no more, it is over.
    while (end < 0 && this.copiedEnd < this.#length) {
      const from = -1 - end;
      this.copyTo(from + PIECE);
      const to = start + ((from - start) / 4) * 3;
      end = this.#decode(from, to, this.#limit());
    }
    return end < 0 || end > this.#length ? this.#length : end;
  }

  /** Pieces must not go over the end of what is copied, but at its very end. */
  #limit(): number {
    const { copiedEnd } = this;
    return copiedEnd === this.#length ? copiedEnd : copiedEnd - PIECE;
  }
}
