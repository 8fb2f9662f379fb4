/**
 * The headers of an event stream's message.
 *
 * @module
 */
import { GarbledAnswerError } from "../../engine/kinesis/request_error.ts";

/** Kinds of values whose length is known, and that length. */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  /** True. */
  0: 0,
  /** False. */
  1: 0,
  /** Byte. */
  2: 1,
  /** Short. */
  3: 2,
  /** Integer. */
  4: 4,
  /** Long. */
  5: 8,
  /** Time. */
  8: 8,
  /** UUID. */
  9: 16,
};

/** A byte string, with its length before it. */
const BYTES = 6;

/** UTF-8, with its length before it. */
const TEXT = 7;

const LENGTH_BYTES = 2;

function garbled(reason: string): never {
  throw new GarbledAnswerError(`Cannot read an event's headers: ${reason}`);
}

/** Walks over the headers; never past their end. */
class HeaderCursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Passes over so many bytes and gives where they began. */
  skip(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) garbled("they are cut");
    this.#at = start + count;
    return start;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.skip(1));
  }

  short(): number {
    return this.#bytes.readUInt16BE(this.skip(LENGTH_BYTES));
  }

  text(length: number): string {
    const start = this.skip(length);
    return this.#bytes.toString("utf8", start, start + length);
  }
}

/**
 * Reads headers. Those that aren't texts are verified and left out.
 *
 * @param bytes The headers and nothing else.
 * @returns Texts by name.
 * @throws {GarbledAnswerError} If they don't fill `bytes`, a kind is unknown,
 * or a name comes twice or is empty.
 */
export function eventHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const cursor = new HeaderCursor(bytes);
  const names = new Set<string>();
  const texts = new Map<string, string>();
  while (!cursor.isAtEnd) {
    const name = cursor.text(cursor.byte());
    if (name === "" || names.has(name)) garbled(`"${name}" is no new name`);
    names.add(name);
    const kind = cursor.byte();
    if (kind === TEXT) texts.set(name, cursor.text(cursor.short()));
    else if (kind === BYTES) cursor.skip(cursor.short());
    else {
      cursor.skip(FIXED_BYTES[kind] ?? garbled(`kind ${kind} is unknown`));
    }
  }
  return texts;
}
