/**
 * Finds an event's id in its bytes and hashes it to 64 bits.
 *
 * The record has been decoded, so it is a JSON object; its top level is walked
 * from member to member. As with `JSON.parse` the last member of a name counts.
 * A string is its value; a number is what is written, since ids may have more
 * digits than a double holds. Anything else is no id.
 *
 * @module
 */

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COMMA = 44;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const SPACE = 32;

const STRING = 1;
const NUMBER = 2;

/** The offset behind a string that begins at `at` with its quote. */
function stringEnd(bytes: Uint8Array, at: number): number {
  let i = at + 1;
  while (bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}

/** Whether a string needs decoding; `indexOf` would search the whole buffer. */
function hasEscape(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === BACKSLASH) return true;
  return false;
}

/** The offset behind any value. */
function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at);
  let i = at;
  if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    let depth = 0;
    do {
      const byte = bytes[i];
      if (byte === QUOTE) {
        i = stringEnd(bytes, i);
        continue;
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
      i++;
    } while (depth > 0);
    return i;
  }
  while (i < end) {
    const byte = bytes[i] as number;
    if (byte === COMMA || byte === CLOSE_BRACE || byte <= SPACE) break;
    i++;
  }
  return i;
}

/** Reads the ids of events. */
export class EventId {
  readonly #name: string;
  readonly #nameBytes: Buffer;
  /** Two words of the hash of the id found last. */
  word0 = 0;
  word1 = 0;

  /** @param name The member that holds the id. */
  constructor(name: string) {
    this.#name = name;
    this.#nameBytes = Buffer.from(name);
  }

  /**
   * Looks for the id.
   *
   * @param bytes Buffer with a valid JSON object.
   * @param start Its first byte.
   * @param end One past its last byte.
   * @returns Whether there is one; `word0` and `word1` are its hash.
   */
  find(bytes: Buffer, start: number, end: number): boolean {
    let type = 0;
    let from = 0;
    let to = 0;
    let at = bytes.indexOf(OPEN_BRACE, start) + 1;
    while (at < end) {
      while (at < end && bytes[at] !== QUOTE && bytes[at] !== CLOSE_BRACE) at++;
      if (at >= end || bytes[at] === CLOSE_BRACE) break;
      const keyEnd = stringEnd(bytes, at);
      const isId = this.#isName(bytes, at, keyEnd);
      // Behind the colon and white space.
      at = keyEnd;
      while ((bytes[at] as number) <= SPACE) at++;
      at++;
      while ((bytes[at] as number) <= SPACE) at++;
      const valueStart = at;
      at = valueEnd(bytes, at, end);
      if (!isId) continue;
      const first = bytes[valueStart] as number;
      from = valueStart;
      to = at;
      if (first === QUOTE) type = STRING;
      else if (first === MINUS || (first >= ZERO && first <= NINE)) {
        type = NUMBER;
      } else type = 0;
    }
    if (type === 0) return false;
    if (type === NUMBER) this.#hash(bytes.subarray(from, to), NUMBER);
    else this.#hashString(bytes, from, to);
    return true;
  }

  #isName(bytes: Buffer, from: number, to: number): boolean {
    const name = this.#nameBytes;
    if (hasEscape(bytes, from, to)) {
      return JSON.parse(bytes.toString("utf8", from, to)) === this.#name;
    }
    return (
      to - from - 2 === name.length &&
      name.compare(bytes, from + 1, to - 1) === 0
    );
  }

  #hashString(bytes: Buffer, from: number, to: number): void {
    if (!hasEscape(bytes, from, to)) {
      this.#hash(bytes.subarray(from + 1, to - 1), STRING);
      return;
    }
    const text: string = JSON.parse(bytes.toString("utf8", from, to));
    this.#hash(Buffer.from(text), STRING);
  }

  /** Two lanes that stir each other with every byte. */
  #hash(bytes: Uint8Array, seed: number): void {
    let a = Math.imul(seed, 0x9e3779b1);
    let b = bytes.length;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      a = Math.imul(a ^ byte, 0x85ebca6b);
      a = (((a << 13) | (a >>> 19)) + b) | 0;
      b = Math.imul(b ^ byte, 0xc2b2ae35);
      b = (((b << 17) | (b >>> 15)) + a) | 0;
    }
    for (let round = 0; round < 2; round++) {
      a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
      b = (Math.imul(b ^ (b >>> 13), 0xc2b2ae35) + a) | 0;
      a = (a ^ (b >>> 15)) + Math.imul(b, 0x27d4eb2f);
    }
    this.word0 = a >>> 0;
    this.word1 = b >>> 0;
  }
}
