/**
 * One open shard as the writing side sees it.
 *
 * @module
 */
import { HashKeyIndex, hashKeyOf } from "./hash_key.ts";
import { AggregateKeys } from "./put_aggregate_kernel.ts";
import {
  PARTITION_KEYS_PER_SHARD,
  PARTITION_KEYS_TRIED_MAX,
} from "./put_limits.ts";
import { PutPace } from "./put_pace.ts";
import { PutQueue } from "./put_queue.ts";
import type { KinesisShard } from "./shard.ts";

/**
 * What waits for a shard, and how fast it may go there. Records leave in the
 * order in which they came; a watermark goes before them all, since everything
 * that waits is later than it.
 */
export class PutShard {
  readonly shardId: string;
  /** Decimal; as explicit hash key it leads into this shard. */
  readonly hashKey: string;
  /** Keys of user records: in range in whatever shard they land. */
  readonly aggregateKeys: AggregateKeys;
  readonly queue = new PutQueue();
  /** Undefined when the service's limits aren't kept. */
  readonly pace: PutPace | undefined;
  /** The latest watermark event that was not yet taken. */
  watermark: Buffer | undefined;
  /** Whether it was closed; what still waits goes to other shards. */
  isRetired = false;
  /** Partition keys whose records land here. */
  readonly #keys: readonly string[];
  #keyIndex = 0;
  /** Not before this, after a refusal; monotonic ms. */
  #blockedUntilMs = Number.NEGATIVE_INFINITY;
  /** Since when it has taken nothing, monotonic ms; NaN if it takes. */
  failingSinceMs = Number.NaN;
  /** Refusals in a row. */
  failures = 0;

  constructor(
    shard: KinesisShard,
    options: { readonly keys: readonly string[]; readonly isPaced: boolean },
  ) {
    this.shardId = shard.shardId;
    this.hashKey = shard.startingHashKey;
    this.#keys = options.keys;
    this.aggregateKeys = new AggregateKeys(options.keys, this.hashKey);
    this.pace = options.isPaced ? new PutPace() : undefined;
  }

  /** Whether any partition key is known that leads here. */
  get takesRecords(): boolean {
    return this.#keys.length > 0;
  }

  /** Partition keys in turn. */
  nextKey(): string {
    const key = this.#keys[this.#keyIndex] ?? "watermark";
    this.#keyIndex = (this.#keyIndex + 1) % Math.max(this.#keys.length, 1);
    return key;
  }

  /** When something may go there, monotonic ms; Infinity when nothing waits. */
  get readyAtMs(): number {
    if (this.watermark === undefined && this.queue.size === 0) {
      return Number.POSITIVE_INFINITY;
    }
    return Math.max(
      this.#blockedUntilMs,
      this.pace?.readyAtMs ?? Number.NEGATIVE_INFINITY,
    );
  }

  /** Notes a refusal: nothing goes there until then. */
  blockUntil(untilMs: number): void {
    this.#blockedUntilMs = untilMs;
  }
}

/**
 * Makes the shards ready for putting: finds partition keys for each.
 *
 * @param shards Open ones, whose ranges don't overlap.
 * @param isPaced Whether the service's limits are kept.
 */
export function putShards(
  shards: readonly KinesisShard[],
  isPaced: boolean,
): PutShard[] {
  const index = new HashKeyIndex(shards);
  const keys = shards.map((): string[] => []);
  let missing = shards.length;
  for (let i = 0; i < PARTITION_KEYS_TRIED_MAX && missing > 0; i++) {
    const key = String(i);
    const found = keys[index.indexOf(hashKeyOf(key))];
    if (found === undefined || found.length >= PARTITION_KEYS_PER_SHARD) {
      continue;
    }
    found.push(key);
    if (found.length === PARTITION_KEYS_PER_SHARD) missing--;
  }
  return shards.map(
    (shard, i) => new PutShard(shard, { keys: keys[i] ?? [], isPaced }),
  );
}
