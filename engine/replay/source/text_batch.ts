/**
 * A block of texts as a batch.
 *
 * @module
 */
import type { EventBatch } from "./event_batch.ts";
import type { EventReader, ReadEvent } from "./event_reader.ts";
import type { TextBlock } from "./text_blocks.ts";

const SPACE = 0x20;
/** Tab, line feed, and the others up to carriage return. */
const [TAB, CARRIAGE_RETURN] = [0x09, 0x0d];

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? SPACE;
    if (byte !== SPACE && (byte < TAB || byte > CARRIAGE_RETURN)) return false;
  }
  return true;
}

/** The batch. */
export class TextBatch implements EventBatch {
  readonly bytes: Buffer;
  readonly count: number;
  readonly #block: TextBlock;
  readonly #reader: EventReader;

  constructor(block: TextBlock, reader: EventReader) {
    this.bytes = block.bytes;
    this.count = block.starts.length;
    this.#block = block;
    this.#reader = reader;
  }

  place(index: number): readonly [start: number, end: number] {
    const { starts, ends } = this.#block;
    return [starts[index] ?? 0, ends[index] ?? 0];
  }

  offset(index: number): number {
    return this.#block.offset + this.place(index)[0];
  }

  read(index: number, id: number): ReadEvent | undefined {
    const [start, end] = this.place(index);
    if (isBlank(this.bytes, start, end)) return undefined;
    return this.#reader.read(this.bytes.toString("utf8", start, end), id);
  }

  raw(index: number): Uint8Array {
    return this.bytes.subarray(...this.place(index));
  }
}
