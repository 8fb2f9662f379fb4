/**
 * A strict reader of CBOR (RFC 8949) over part of a buffer. Never reads past
 * its end; whatever it can't make sense of is a {@linkcode GarbledAnswerError}.
 *
 * @module
 */
import { GarbledAnswerError } from "./request_error.ts";

/** CBOR's major types. */
export const MAJOR = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

/** A length or count that the data doesn't tell in advance. */
export const INDEFINITE = -1;

/** Nesting of arrays, maps and tags; Kinesis' answers need four. */
const DEPTH_MAX = 16;

const BREAK = 0xff;
const FALSE = 20;
const TRUE = 21;
const NULL = 22;
const UNDEFINED = 23;

/** What {@linkcode CborCursor.value} can give. */
export type CborValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | CborValue[]
  | { [key: string]: CborValue };

/** A half-precision float (RFC 8949, appendix D). */
function halfToNumber(half: number): number {
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  let value: number;
  if (exponent === 0) value = mantissa * 2 ** -24;
  else if (exponent !== 31) value = (mantissa + 1024) * 2 ** (exponent - 25);
  else value = mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return half & 0x8000 ? -value : value;
}

/** The reader. `head()` reads an item's first bytes, the rest builds on it. */
export class CborCursor {
  readonly bytes: Buffer;
  /** Of the same bytes. */
  readonly view: DataView;
  /** End of the data, exclusive; the buffer may go on. */
  readonly end: number;
  /** Offset of the next byte. */
  at: number;
  /** Where the data begins. */
  readonly #from: number;
  /** Major type of the last head. */
  major = 0;
  /** Its additional information. */
  info = 0;
  /** Its value, length or count, or {@linkcode INDEFINITE}. */
  argument = 0;
  /** Offsets of the last string, end exclusive. */
  start = 0;
  stop = 0;

  constructor(bytes: Buffer, end: number, at = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.end = end;
    this.at = at;
    this.#from = at;
  }

  /** Gives up. */
  fail(reason: string): never {
    throw new GarbledAnswerError(
      `Cannot read the CBOR answer at byte ${this.at - this.#from} of ${this.end - this.#from}: ${reason}`,
    );
  }

  /** Takes `count` bytes and returns the offset of the first. */
  #take(count: number): number {
    const start = this.at;
    if (count > this.end - start) this.fail("it is cut short");
    this.at = start + count;
    return start;
  }

  /** Reads the next item's head, tags skipped. */
  head(): void {
    for (let depth = 0; depth <= DEPTH_MAX; depth++) {
      this.#anyHead();
      if (this.major !== MAJOR.tag) return;
    }
    this.fail("it has too many tags");
  }

  #anyHead(): void {
    const { bytes } = this;
    const initial = bytes[this.#take(1)] ?? 0;
    const info = initial & 31;
    this.major = initial >> 5;
    this.info = info;
    if (info < 24) this.argument = info;
    else if (info === 24) this.argument = bytes[this.#take(1)] ?? 0;
    else if (info === 25) this.argument = bytes.readUInt16BE(this.#take(2));
    else if (info === 26) this.argument = bytes.readUInt32BE(this.#take(4));
    else if (info === 27) {
      const at = this.#take(8);
      this.argument =
        bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
    } else if (info === 31) this.#indefinite();
    else this.fail("a head is reserved");
  }

  #indefinite(): void {
    const { major } = this;
    if (major < MAJOR.bytes || major === MAJOR.tag) {
      this.fail("a number has no length");
    }
    this.argument = INDEFINITE;
  }

  /** Whether the next byte ends an indefinite item; then it is taken. */
  takeBreak(): boolean {
    if (this.at >= this.end) this.fail("it is cut short");
    if (this.bytes[this.at] !== BREAK) return false;
    this.at++;
    return true;
  }

  /**
   * Goes through an array's items or a map's pairs.
   *
   * @param count From the head.
   * @param item Reads one item, or one key and its value.
   */
  forEach(count: number, item: () => void): void {
    if (count === INDEFINITE) {
      while (!this.takeBreak()) item();
      return;
    }
    for (let index = 0; index < count; index++) item();
  }

  /**
   * Reads the rest of a byte or text string whose head was read, and leaves
   * its range in `start` and `stop`. The pieces of an indefinite one are
   * moved together inside the buffer.
   */
  string(): void {
    const { major } = this;
    if (this.argument !== INDEFINITE) {
      this.start = this.#take(this.argument);
      this.stop = this.at;
      return;
    }
    const start = this.at;
    let stop = start;
    while (!this.takeBreak()) {
      this.#anyHead();
      if (this.major !== major || this.argument === INDEFINITE) {
        this.fail("a string's piece is of another kind");
      }
      const piece = this.#take(this.argument);
      this.bytes.copyWithin(stop, piece, this.at);
      stop += this.argument;
    }
    this.major = major;
    this.start = start;
    this.stop = stop;
  }

  /** Reads a text string, its head included, into `start` and `stop`. */
  text(what: string): void {
    this.head();
    if (this.major !== MAJOR.text) this.fail(`${what} is no text`);
    this.string();
  }

  /** Whether the last string is this text (ASCII). */
  isText(expected: string): boolean {
    const { start, stop, bytes } = this;
    if (stop - start !== expected.length) return false;
    for (let index = 0; index < expected.length; index++) {
      if (bytes[start + index] !== expected.charCodeAt(index)) return false;
    }
    return true;
  }

  /** Whether the last head was null or undefined. */
  isNull(): boolean {
    return (
      this.major === MAJOR.simple &&
      (this.info === NULL || this.info === UNDEFINED)
    );
  }

  /**
   * The number whose head was read.
   *
   * @param what Its name, for the error.
   */
  number(what: string): number {
    const { major, info, argument, bytes, at } = this;
    if (major === MAJOR.unsigned) return argument;
    if (major === MAJOR.negative) return -1 - argument;
    if (major === MAJOR.simple) {
      if (info === 25) return halfToNumber(argument);
      if (info === 26) return bytes.readFloatBE(at - 4);
      if (info === 27) return bytes.readDoubleBE(at - 8);
    }
    return this.fail(`${what} is no number`);
  }

  /** Passes over the next item, whatever it is. */
  skip(depth = 0): void {
    this.head();
    this.skipRest(depth);
  }

  /** Passes over the rest of the item whose head was read. */
  skipRest(depth = 0): void {
    const { major, argument } = this;
    if (depth > DEPTH_MAX) this.fail("it is nested too deeply");
    if (major === MAJOR.bytes || major === MAJOR.text) this.string();
    else if (major === MAJOR.array) {
      this.forEach(argument, () => this.skip(depth + 1));
    } else if (major === MAJOR.map) {
      this.forEach(argument, () => {
        this.skip(depth + 1);
        this.skip(depth + 1);
      });
    } else if (major === MAJOR.simple && argument === INDEFINITE) {
      this.fail("a break stands alone");
    }
  }

  /**
   * Reads the next item as JavaScript values, for what is small and rare.
   * Map keys must be text. Strings are copied.
   */
  value(depth = 0): CborValue {
    this.head();
    const { major, info, argument } = this;
    if (depth > DEPTH_MAX) this.fail("it is nested too deeply");
    if (major === MAJOR.bytes) {
      this.string();
      return Uint8Array.prototype.slice.call(this.bytes, this.start, this.stop);
    }
    if (major === MAJOR.text) {
      this.string();
      return this.bytes.toString("utf8", this.start, this.stop);
    }
    if (major === MAJOR.array) {
      const items: CborValue[] = [];
      this.forEach(argument, () => {
        items.push(this.value(depth + 1));
      });
      return items;
    }
    if (major === MAJOR.map) return this.#mapValue(argument, depth);
    if (this.isNull()) return null;
    if (major === MAJOR.simple && (info === FALSE || info === TRUE)) {
      return info === TRUE;
    }
    return this.number("a value");
  }

  #mapValue(count: number, depth: number): { [key: string]: CborValue } {
    const pairs: [string, CborValue][] = [];
    this.forEach(count, () => {
      this.text("a key");
      const key = this.bytes.toString("utf8", this.start, this.stop);
      pairs.push([key, this.value(depth + 1)]);
    });
    return Object.fromEntries(pairs);
  }
}

/** The text of an entry of a decoded map; empty when it has none. */
export function textEntry(
  map: { readonly [key: string]: unknown },
  key: string,
): string {
  const value = map[key];
  return typeof value === "string" ? value : "";
}
