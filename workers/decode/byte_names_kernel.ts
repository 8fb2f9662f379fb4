// Hot path: one look-up for each key of a record in the walk.
// Cost avoided: a string and a Map look-up for each key.
// Trick: most keys go by the first byte and the length alone; the others are
//   looked up in an open-addressing table by a hash of length and three bytes.
// Gives up: nothing. Breaks: `!` on typed-array reads.
// Shown by `perf/decode_bench.ts`. Plain twin: `Array.indexOf` on the text.
/**
 * A fixed set of names, found by their bytes.
 *
 * @module
 */

/** Slots per name: nearly every key that isn't in the set meets a free one. */
const SLOTS_PER_NAME = 8;

/** Bit of a length; names from 32 bytes on share bits with shorter ones. */
function lengthBit(length: number): number {
  return 1 << (length & 31);
}

/** A hash of length, first, last and middle byte; names aren't empty. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const middle = (start + end) >> 1;
  return (
    (end - start) ^
    (bytes[start]! << 1) ^
    (bytes[middle]! << 3) ^
    (bytes[end - 1]! << 5)
  );
}

/** Finds names by their bytes. */
export class ByteNames {
  readonly #names: readonly Uint8Array[];
  /** By first byte: bits of the lengths that names with it have. */
  readonly #lengths: Int32Array = new Int32Array(256);
  /** Index of a name plus one; 0 is a free slot. */
  readonly #slots: Uint16Array;
  readonly #mask: number;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Uint8Array.from(Buffer.from(name)));
    let size = 1;
    while (size < names.length * SLOTS_PER_NAME) size *= 2;
    this.#slots = new Uint16Array(size);
    this.#mask = size - 1;
    for (const [index, bytes] of this.#names.entries()) {
      let slot = hashOf(bytes, 0, bytes.length) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index + 1;
      this.#lengths[bytes[0]!]! |= lengthBit(bytes.length);
    }
  }

  /**
   * Index of a name.
   *
   * @param bytes Buffer that holds it.
   * @param start Its first byte.
   * @param end One past its last byte.
   * @returns Its index in the constructor's list, or -1.
   */
  find(bytes: Buffer, start: number, end: number): number {
    if (start === end) return -1;
    if ((this.#lengths[bytes[start]!]! & lengthBit(end - start)) === 0)
      return -1;
    const slots = this.#slots;
    let slot = hashOf(bytes, start, end) & this.#mask;
    for (;;) {
      const index = slots[slot]! - 1;
      if (index < 0 || this.#same(index, bytes, start, end)) return index;
      slot = (slot + 1) & this.#mask;
    }
  }

  #same(index: number, bytes: Buffer, start: number, end: number): boolean {
    const name = this.#names[index]!;
    if (name.length !== end - start) return false;
    for (let i = 0; i < name.length; i++) {
      if (name[i] !== bytes[start + i]) return false;
    }
    return true;
  }
}
