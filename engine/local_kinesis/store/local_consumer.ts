/**
 * One registered consumer of a stream, and its subscription to each shard.
 *
 * @module
 */
import { SUBSCRIBED_BYTES_PER_SECOND } from "../limits.ts";
import type { ServiceError } from "../service_error.ts";
import { TokenBucket } from "./token_bucket.ts";

/** What a consumer is doing. */
export type ConsumerStatus = "CREATING" | "ACTIVE" | "DELETING";

/** A subscription that somebody else may end. */
export interface Endable {
  /** Ends it, with an exception that its reader gets. */
  end(error: ServiceError): void;
}

/** What a consumer has of one shard. */
export class ConsumerShard {
  /** What the service lets through to it. */
  readonly readBytes: TokenBucket = new TokenBucket({
    perSecond: SUBSCRIBED_BYTES_PER_SECOND,
  });
  /** The latest subscription, until the server itself ends it. */
  current: { readonly subscription: Endable; readonly startMs: number } | null =
    null;
}

/** Options for {@linkcode LocalConsumer}. */
export interface LocalConsumerOptions {
  readonly name: string;
  readonly streamArn: string;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  /** Epoch milliseconds; it is being created until then. */
  readonly activeAtMs: number;
}

/** A consumer of a {@linkcode LocalStream}. */
export class LocalConsumer {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  /** Epoch milliseconds; `Infinity` unless it is being deleted. */
  deletedAtMs: number = Number.POSITIVE_INFINITY;
  readonly #activeAtMs: number;
  #isActive: boolean;
  readonly #shards = new Map<string, ConsumerShard>();

  constructor(options: LocalConsumerOptions) {
    const { name, streamArn, createdAtMs, activeAtMs } = options;
    const second = Math.floor(createdAtMs / 1_000);
    this.name = name;
    this.arn = `${streamArn}/consumer/${name}:${second}`;
    this.createdAtMs = createdAtMs;
    this.#activeAtMs = activeAtMs;
    this.#isActive = activeAtMs <= createdAtMs;
  }

  status(nowMs: number): ConsumerStatus {
    if (this.deletedAtMs !== Number.POSITIVE_INFINITY) return "DELETING";
    // Kept, since the clock may go back.
    this.#isActive ||= nowMs >= this.#activeAtMs;
    return this.#isActive ? "ACTIVE" : "CREATING";
  }

  /** Its part in a shard of the stream. */
  shard(id: string): ConsumerShard {
    const known = this.#shards.get(id);
    if (known !== undefined) return known;
    const shard = new ConsumerShard();
    this.#shards.set(id, shard);
    return shard;
  }

  /** Ends all subscriptions. */
  endSubscriptions(error: ServiceError): void {
    for (const { current } of this.#shards.values()) {
      current?.subscription.end(error);
    }
  }
}
