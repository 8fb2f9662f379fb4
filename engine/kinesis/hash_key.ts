/**
 * Hash keys: where a partition key's record goes.
 *
 * @module
 */
import { hash } from "node:crypto";

/** The greatest hash key, 2^128 - 1. */
export const HASH_KEY_MAX = 2n ** 128n - 1n;

/**
 * The hash key of a partition key: its md5 as a big-endian number.
 *
 * @param partitionKey Text, hashed as UTF-8.
 */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${hash("md5", partitionKey, "hex")}`);
}

/** The part of a shard that says which records are its. */
export interface HashKeyRange {
  /** Decimal, inclusive. */
  readonly startingHashKey: string;
  /** Decimal, inclusive. */
  readonly endingHashKey: string;
}

/**
 * Finds the range that a hash key lies in.
 *
 * @example Usage
 * ```ts
 * const index = new HashKeyIndex(openShards);
 * openShards[index.indexOf(hashKeyOf("300000000"))];
 * ```
 */
export class HashKeyIndex {
  /** Sorted by their start. */
  readonly #ranges: readonly {
    readonly start: bigint;
    readonly end: bigint;
    readonly index: number;
  }[];

  /** @param ranges Ranges that don't overlap, in any order. */
  constructor(ranges: readonly HashKeyRange[]) {
    this.#ranges = ranges
      .map(({ startingHashKey, endingHashKey }, index) => ({
        start: BigInt(startingHashKey),
        end: BigInt(endingHashKey),
        index,
      }))
      .sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  /** Index of the range, as they were given; -1 if there is none. */
  indexOf(hashKey: bigint): number {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle];
      if (range === undefined) break;
      if (hashKey < range.start) high = middle - 1;
      else if (hashKey > range.end) low = middle + 1;
      else return range.index;
    }
    return -1;
  }
}
