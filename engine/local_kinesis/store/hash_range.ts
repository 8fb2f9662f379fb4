/**
 * The 128-bit hash keys that decide which shard a record goes to.
 *
 * @module
 */
import { hash } from "node:crypto";

/** How many hash keys there are. */
const HASH_KEY_COUNT = 1n << 128n;

/** The last hash key. */
const HASH_KEY_MAX = HASH_KEY_COUNT - 1n;

const HASH_KEY_REGEXP = /^(?:0|[1-9]\d{0,38})$/;

/** A contiguous range of hash keys, both ends included. */
export interface HashRange {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The ranges of a new stream's shards: equal but for the last, which takes
 * what the division leaves.
 *
 * @param count At least 1.
 */
export function evenHashRanges(count: number): readonly HashRange[] {
  const size = HASH_KEY_COUNT / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: BigInt(index) * size,
    end: index === count - 1 ? HASH_KEY_MAX : BigInt(index + 1) * size - 1n,
  }));
}

/** A hash key as 32 hexadecimal digits, so that texts compare as numbers. */
export function hexOfHashKey(key: bigint): string {
  return key.toString(16).padStart(32, "0");
}

/**
 * The hash key of a partition key: the MD5 of its UTF-8 bytes.
 *
 * @returns 32 hexadecimal digits. (Three times as fast as asking for bytes.)
 */
export function hashOfPartitionKey(key: Uint8Array): string {
  return hash("md5", key);
}

/**
 * An explicit hash key.
 *
 * @param text Decimal.
 * @returns 32 hexadecimal digits, or `undefined` if it is no hash key.
 */
export function hashOfDecimal(text: string): string | undefined {
  if (!HASH_KEY_REGEXP.test(text)) return undefined;
  const value = BigInt(text);
  return value > HASH_KEY_MAX ? undefined : hexOfHashKey(value);
}
