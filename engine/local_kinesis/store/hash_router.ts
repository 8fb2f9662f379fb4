/**
 * Finds the open shard whose range a hash key is in.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type HashRange, hexOfHashKey } from "./hash_range.ts";

/** Anything with a hash key range. */
interface Ranged {
  readonly hashRange: HashRange;
}

/** A table of shards by where their ranges start. */
export class HashRouter<T extends Ranged> {
  readonly #shards: readonly T[];
  readonly #starts: readonly string[];

  /**
   * @param shards Their ranges must cover all hash keys without overlap.
   */
  constructor(shards: readonly T[]) {
    this.#shards = shards.toSorted((a, b) =>
      a.hashRange.start < b.hashRange.start ? -1 : 1,
    );
    assert(this.#shards[0]?.hashRange.start === 0n);
    this.#starts = this.#shards.map(({ hashRange }) =>
      hexOfHashKey(hashRange.start),
    );
  }

  /**
   * @param hash 32 hexadecimal digits, lower case.
   */
  route(hash: string): T {
    let low = 0;
    let past = this.#shards.length;
    while (past - low > 1) {
      const middle = (low + past) >>> 1;
      if ((this.#starts[middle] ?? "") <= hash) low = middle;
      else past = middle;
    }
    const shard = this.#shards[low];
    assert(shard !== undefined);
    return shard;
  }
}
