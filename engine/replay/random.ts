/**
 * Seeded randomness: the same seed gives the same numbers on every machine.
 *
 * @module
 */

const UINT32_COUNT = 2 ** 32;
const WARM_UP_ROUNDS = 16;

/**
 * Chris Doty-Humphrey's sfc32: 128 bits of state, a few integer operations a
 * number.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed A whole number from 0 to 2^53 - 1. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(
        `Cannot seed with ${seed}: it must be a whole number from 0`,
      );
    }
    this.#a = seed | 0;
    this.#b = Math.floor(seed / UINT32_COUNT) | 0;
    this.#c = 0x2545f491;
    for (let i = 0; i < WARM_UP_ROUNDS; i++) this.uint32();
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.uint32() / UINT32_COUNT;
  }
}
