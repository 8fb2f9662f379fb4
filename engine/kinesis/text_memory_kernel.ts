// Hot path: every record of an answer.
// Cost avoided: Node decodes base64 from strings only: a string of it had to be
//   made first, its end to be found and records to be moved together, as a call
//   costs more than a record. Ten times the decoding. And a walk in JavaScript
//   waits for the first byte of each record, as an answer that has just come
//   lies in the far caches.
// Trick: the answer is copied, piece by piece just ahead of the walk, to the same
//   place in a memory that WebAssembly sees: to copy brings bytes nearer faster
//   than to look at them here and there. WebAssembly walks a piece as a whole
//   (`cbor_walk_code.ts`, `json_walk_code.ts`), its vectors decode a text in place
//   and find its end on the way. Where records are scanned in the same memory
//   they aren't copied once more. Nor is CBOR copied at all where the socket has
//   put an answer into one of the memory's slots: half the bytes go through the
//   caches, which is worth an eighth of all that the engine does by CBOR.
// Gives up: a second memory as large as the largest answer.
// Breaks: nothing.
// Shown by `perf/wire_bench.ts`, "CBOR walk" and "JSON walk". Plain twins:
//   `Buffer.from(text, "base64")`, `walkPlainRecord`, and `JSON.parse`.
/**
 * An answer's text where WebAssembly sees it.
 *
 * @module
 */
import { base64Decode } from "./base64_lanes_code.ts";
import { cborWalk } from "./cbor_walk_code.ts";
import { jsonWalk } from "./json_walk_code.ts";
import { PLACES, POWERS_COUNT, WALK_ROWS } from "./walk_code.ts";
import { openAll, openMemory, type WasmMemory } from "./wasm_code.ts";

/** Characters that are decoded at once. */
const PIECE = 16;

/**
 * Copied at once: it stays in the processor's first-level caches until it has
 * been walked.
 */
const WINDOW_BYTES = 16 * 1024;

/** Copied at once when no record was found in less; longer ones aren't walked. */
const WINDOW_BYTES_MAX = 64 * 1024;

/**
 * Zeros behind what has been copied. No text goes on over them, so that nothing
 * is read that is not the answer's; longer than whatever is compared at once.
 */
const ZEROS_BEHIND = 64;

const MEMORY_BYTES_MIN = 1024 * 1024;

/** Holds an answer of usual size, and the zeros behind it. */
const SLOT_BYTES = 1024 * 1024;

/** What a walker of records does; see `walk_code.ts`. */
type Walk = (
  ...given: [at: number, end: number, row: number, rowLimit: number]
) => number;

interface Functions {
  readonly decode: (from: number, to: number, limit: number) => number;
  readonly cbor: Walk;
  readonly json: Walk;
}

/** What a walk goes through, and how many records it may enter. */
export interface WalkRange {
  /** Where a record begins. */
  readonly at: number;
  /** Records that have been entered. */
  readonly row: number;
  readonly rowLimit: number;
}

/** How much a memory is to hold. */
export interface TextSizes {
  /** The longest text that is copied. */
  readonly length: number;
  /** Answers that can be put together here. @default {0} */
  readonly slotCount?: number;
}

/** The columns that walks enter records into. */
export interface WalkColumns {
  readonly dataStarts: Uint32Array;
  readonly dataEnds: Uint32Array;
  readonly sequenceStarts: Uint32Array;
  readonly sequenceEnds: Uint32Array;
  readonly keyStarts: Uint32Array;
  readonly keyEnds: Uint32Array;
  readonly arrivalMs: Float64Array;
}

/** The memory. One text at a time is copied to its beginning. */
export class TextMemory {
  /** All of it, slots included. */
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly columns: WalkColumns;
  /** Where what has been copied ends; zeros follow. */
  copiedEnd = 0;
  /**
   * Where answers can be put together, so that they need not be copied. What
   * isn't filled takes no memory.
   */
  readonly slots: readonly Buffer[];
  readonly #textAt: number;
  /** Without the slots. */
  readonly #size: number;
  readonly #count: Uint32Array;
  readonly #decode: (from: number, to: number, limit: number) => number;
  readonly #walks: { readonly cbor: Walk; readonly json: Walk };
  #source: Buffer = Buffer.alloc(0);
  #length = 0;

  private constructor(
    { buffer }: WasmMemory,
    [base, { length, slotCount = 0 }]: readonly [number, TextSizes],
    functions: Functions,
  ) {
    const column = (at: number) =>
      new Uint32Array(buffer, base + at, WALK_ROWS);
    this.#textAt = base + PLACES.text;
    const size = length + 2 * ZEROS_BEHIND;
    const whole = size + slotCount * SLOT_BYTES;
    this.#size = size;
    this.bytes = Buffer.from(buffer, this.#textAt, whole);
    this.view = new DataView(buffer, this.#textAt, whole);
    this.slots = Array.from({ length: slotCount }, (_, i) =>
      Buffer.from(
        buffer,
        this.#textAt + size + i * SLOT_BYTES,
        SLOT_BYTES - ZEROS_BEHIND,
      ),
    );
    this.columns = {
      dataStarts: column(PLACES.dataStarts),
      dataEnds: column(PLACES.dataEnds),
      sequenceStarts: column(PLACES.sequenceStarts),
      sequenceEnds: column(PLACES.sequenceEnds),
      keyStarts: column(PLACES.keyStarts),
      keyEnds: column(PLACES.keyEnds),
      arrivalMs: new Float64Array(buffer, base + PLACES.arrivalMs, WALK_ROWS),
    };
    this.#count = new Uint32Array(buffer, base + PLACES.count, 1);
    const powers = Array.from({ length: POWERS_COUNT }, (_, i) => `1e${i}`);
    new Float64Array(buffer, base + PLACES.powers, POWERS_COUNT).set(
      powers.map(Number),
    );
    this.#decode = functions.decode;
    this.#walks = functions;
  }

  /** What a memory takes of another one. */
  static byteLength({ length, slotCount = 0 }: TextSizes): number {
    return PLACES.text + length + 2 * ZEROS_BEHIND + slotCount * SLOT_BYTES;
  }

  /**
   * Opens one, with room for longer texts than asked for.
   *
   * @returns Undefined where the runtime has no vectors.
   */
  static open({ length, slotCount = 0 }: TextSizes): TextMemory | undefined {
    let size = MEMORY_BYTES_MIN;
    while (size < length + 2 * ZEROS_BEHIND) size *= 2;
    const sizes = { length: size - 2 * ZEROS_BEHIND, slotCount };
    const memory = openMemory(TextMemory.byteLength(sizes));
    return memory && TextMemory.on(memory, 0, sizes);
  }

  /**
   * Opens one that is a part of another memory.
   *
   * @param base Where it begins; a multiple of 64.
   * @param sizes It takes up {@linkcode byteLength} of them.
   * @returns Undefined where the runtime has no vectors.
   */
  static on(
    memory: WasmMemory,
    base: number,
    sizes: TextSizes,
  ): TextMemory | undefined {
    const open = (kind: "relaxed" | "plain") =>
      openAll<"decode" | "cbor" | "json">(memory, [
        base64Decode(kind),
        cborWalk(base),
        jsonWalk(base),
      ]);
    const functions = open("relaxed") ?? open("plain");
    return functions && new TextMemory(memory, [base, sizes], functions);
  }

  /** Whether a text of this length can lie in it. */
  hasRoom(length: number): boolean {
    return length + 2 * ZEROS_BEHIND <= this.#size;
  }

  /** Where a slot begins in the memory; -1 for any other buffer. */
  slotAt(buffer: Buffer): number {
    return buffer.buffer === this.bytes.buffer
      ? buffer.byteOffset - this.#textAt
      : -1;
  }

  /** Begins an answer that lies in a slot and ends here. */
  beginSlot(end: number): void {
    this.bytes.fill(0, end, end + ZEROS_BEHIND);
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
    this.#copy(from, Math.max(place, from + WINDOW_BYTES));
  }

  #copy(from: number, place: number): void {
    const to = Math.min(this.#length, place);
    if (to <= from) return;
    this.bytes.set(this.#source.subarray(from, to), from);
    this.bytes.fill(0, to, to + ZEROS_BEHIND);
    this.copiedEnd = to;
  }

  /** Copies what was changed, in the text or here, once more. */
  copyAgain(from: number, to: number): void {
    this.copiedEnd = Math.min(from, this.#length);
    this.#copy(from, to);
  }

  /**
   * Walks records and enters them into the columns, as many as follow each other
   * and are plain; copies what it needs.
   *
   * @returns Where it stands: where it began if it has taken none, else behind
   * a record, or at the next one. Behind it some more is copied.
   */
  walk(kind: "cbor" | "json", { at, row, rowLimit }: WalkRange): number {
    const walk = this.#walks[kind];
    let place = at;
    let rows = row;
    let window = WINDOW_BYTES;
    for (;;) {
      this.copyAgain(place, place + window);
      const next = walk(place, this.copiedEnd, rows, rowLimit);
      const taken = (this.#count[0] as number) - rows;
      const isAll = this.copiedEnd === this.#length;
      rows += taken;
      place = next;
      if (rows < rowLimit && !isAll) {
        if (taken > 0) {
          window = WINDOW_BYTES;
          continue;
        }
        if (window < WINDOW_BYTES_MAX) {
          window = WINDOW_BYTES_MAX;
          continue;
        }
      }
      // What was decoded in vain is text again.
      this.copyAgain(place, place + WINDOW_BYTES);
      return place;
    }
  }

  /** Walks records of an answer in CBOR in its slot, as `walk` does. */
  walkSlot({ at, row, rowLimit }: WalkRange, end: number): number {
    return this.#walks.cbor(at, end, row, rowLimit);
  }

  /** Records that are in the columns since the last walk. */
  get walkedRows(): number {
    return this.#count[0] as number;
  }

  /**
   * Decodes the base64 text at a place into the bytes that begin there.
   *
   * @param start Its place, not behind what has been copied.
   * @returns Where it ends: the place of the first byte that isn't base64, at
   * most the end of the text that was begun.
   */
  decode(start: number): number {
    let end = this.#decodeFrom(start, start);
    // Each turn copies more; where there is no more, it is over.
    while (end < 0 && this.copiedEnd < this.#length) {
      const from = -1 - end;
      this.copyTo(from + PIECE);
      end = this.#decodeFrom(from, start + ((from - start) / 4) * 3);
    }
    return end < 0 || end > this.#length ? this.#length : end;
  }

  #decodeFrom(from: number, to: number): number {
    const at = this.#textAt;
    const end = this.#decode(from + at, to + at, this.#limit() + at);
    return end < 0 ? end + at : end - at;
  }

  /** Pieces must not go over the end of what is copied, but at its very end. */
  #limit(): number {
    const { copiedEnd } = this;
    return copiedEnd === this.#length ? copiedEnd : copiedEnd - PIECE;
  }
}
