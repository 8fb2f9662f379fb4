/**
 * A shard's range of hash keys, and whether a record's key lies in it.
 *
 * @module
 */
import { hash } from "node:crypto";

const HASH_BYTES = 16;
const GREATEST = 2n ** 128n - 1n;
const DECIMAL_REGEXP = /^\d{1,64}$/;

function bigEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(HASH_BYTES * 2, "0"), "hex");
}

/** The range of one shard; both ends belong to it. */
export class HashRange {
  readonly #least: bigint;
  readonly #greatest: bigint;
  readonly #leastBytes: Buffer;
  readonly #greatestBytes: Buffer;
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
      if (value >= 0n && value <= GREATEST) return value;
      throw new RangeError(
        `Cannot read "${text}" as a hash key: it must be a decimal number below 2^128`,
      );
    }) as [bigint, bigint];
    this.#least = least;
    this.#greatest = greatest;
    this.#leastBytes = bigEndian(least);
    this.#greatestBytes = bigEndian(greatest);
    this.isWhole = least === 0n && greatest === GREATEST;
  }

  /**
   * Whether the md5 of a partition key lies in the range. No BigInt: the
   * digest is compared byte by byte.
   *
   * @param partitionKey Its UTF-8 bytes.
   */
  hasPartitionKey(partitionKey: Uint8Array): boolean {
    if (this.isWhole) return true;
    const digest = hash("md5", partitionKey, "buffer");
    return (
      digest.compare(this.#leastBytes) >= 0 &&
      digest.compare(this.#greatestBytes) <= 0
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
