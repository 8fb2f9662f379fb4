/**
 * A shard's range of hash keys, and whether a record's key lies in it.
 *
 * @module
 */
import { hash } from "node:crypto";
import { HASH_KEY_MAX } from "./hash_key.ts";
import { SHORT_MD5_BYTES_MAX, shortMd5 } from "./short_md5_kernel.ts";

const DECIMAL_REGEXP = /^\d{1,64}$/;

/** A hash key as four numbers, most significant first. */
function words(value: bigint): Uint32Array {
  return Uint32Array.from([96n, 64n, 32n, 0n], (shift) =>
    Number((value >> shift) & 0xffff_ffffn),
  );
}

function compareWords(a: Uint32Array, b: Uint32Array): number {
  for (let index = 0; index < a.length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Reused for every key. */
const digest = new Uint32Array(4);

/** The range of one shard; both ends belong to it. */
export class HashRange {
  readonly #least: bigint;
  readonly #greatest: bigint;
  readonly #leastWords: Uint32Array;
  readonly #greatestWords: Uint32Array;
  /** Whether every key lies in it. */
  readonly isWhole: boolean;

  /**
   * @param startingHashKey Decimal, inclusive.
   * @param endingHashKey Decimal, inclusive.
   * @throws {RangeError} If they aren't numbers below 2^128.
   */
  constructor(startingHashKey: string, endingHashKey: string) {
    const [least, greatest] = [startingHashKey, endingHashKey].map((text) => {
      const value = DECIMAL_REGEXP.test(text) ? BigInt(text) : -1n;
      if (value >= 0n && value <= HASH_KEY_MAX) return value;
      throw new RangeError(
        `Cannot read "${text}" as a hash key: it must be a decimal number below 2^128`,
      );
    }) as [bigint, bigint];
    this.#least = least;
    this.#greatest = greatest;
    this.#leastWords = words(least);
    this.#greatestWords = words(greatest);
    this.isWhole = least === 0n && greatest === HASH_KEY_MAX;
  }

  /**
   * Whether the md5 of a partition key lies in the range. No BigInt: the
   * digest is compared word by word.
   *
   * @param bytes Holds the key's UTF-8 text.
   * @param start Its offset.
   * @param end Its end, exclusive.
   */
  hasPartitionKey(bytes: Buffer, start: number, end: number): boolean {
    if (this.isWhole) return true;
    if (end - start <= SHORT_MD5_BYTES_MAX) shortMd5(bytes, start, end, digest);
    else {
      const long = hash("md5", bytes.subarray(start, end), "buffer");
      for (let index = 0; index < 4; index++) {
        digest[index] = long.readUInt32BE(index * 4);
      }
    }
    return (
      compareWords(digest, this.#leastWords) >= 0 &&
      compareWords(digest, this.#greatestWords) <= 0
    );
  }

  /**
   * Whether an explicit hash key lies in the range; what is no decimal number
   * lies in none.
   */
  hasHashKey(text: string): boolean {
    if (this.isWhole) return true;
    if (!DECIMAL_REGEXP.test(text)) return false;
    const value = BigInt(text);
    return value >= this.#least && value <= this.#greatest;
  }
}
