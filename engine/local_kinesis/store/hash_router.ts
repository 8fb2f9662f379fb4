/**
 * Finds the open shard whose range a hash key is in.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { HashRange } from "./hash_range.ts";

/** Bytes of a hash key that a number holds exactly and that decide mostly. */
const HIGH_BYTES = 6;

const LOW_BITS = BigInt((16 - HIGH_BYTES) * 8);

/** Anything with a hash key range. */
interface Ranged {
  readonly hashRange: HashRange;
}

/** A table of shards by where their ranges start. */
export class HashRouter<T extends Ranged> {
  readonly #shards: readonly T[];
  readonly #highStarts: Float64Array;

  /**
   * @param shards Their ranges must cover all hash keys without overlap.
   */
  constructor(shards: readonly T[]) {
    this.#shards = shards.toSorted((a, b) =>
      a.hashRange.start < b.hashRange.start ? -1 : 1,
    );
    assert(this.#shards[0]?.hashRange.start === 0n);
    this.#highStarts = Float64Array.from(this.#shards, ({ hashRange }) =>
      Number(hashRange.start >> LOW_BITS),
    );
  }

  /**
   * @param hash 16 bytes, most significant first.
   */
  route(hash: Buffer): T {
    const high = hash.readUIntBE(0, HIGH_BYTES);
    let low = 0;
    let past = this.#shards.length;
    while (past - low > 1) {
      const middle = (low + past) >>> 1;
      if (this.#startsAtOrBefore(middle, high, hash)) low = middle;
      else past = middle;
    }
    const shard = this.#shards[low];
    assert(shard !== undefined);
    return shard;
  }

  #startsAtOrBefore(index: number, high: number, hash: Buffer): boolean {
    const highStart = this.#highStarts[index] ?? 0;
    if (highStart !== high) return highStart < high;
    const start = this.#shards[index]?.hashRange.start ?? 0n;
    return start <= BigInt(`0x${hash.toString("hex")}`);
  }
}
