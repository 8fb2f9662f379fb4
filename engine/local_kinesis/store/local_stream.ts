/**
 * One stream: its shards and settings.
 *
 * @module
 */
import assert from "node:assert/strict";
import { RECORD_BYTES_DEFAULT, RETENTION_HOURS_DEFAULT } from "../limits.ts";
import { evenHashRanges } from "./hash_range.ts";
import { HashRouter } from "./hash_router.ts";
import { LocalShard } from "./local_shard.ts";
import type { Reserve } from "./record_log.ts";
import { StreamConsumers } from "./stream_consumers.ts";

const HOUR_MS = 3_600_000;

/** How a stream's capacity is set. */
export type StreamMode = "PROVISIONED" | "ON_DEMAND";

/** What a stream is doing. */
export type StreamStatus = "CREATING" | "ACTIVE" | "DELETING";

/** Options for {@linkcode LocalStream}. */
export interface LocalStreamOptions {
  readonly name: string;
  readonly arn: string;
  /** Different from that of every stream before. */
  readonly number: number;
  readonly shardCount: number;
  readonly mode: StreamMode;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  /** Epoch milliseconds; it is being created until then. */
  readonly activeAtMs: number;
  /** Largest record, data and key. */
  readonly recordBytesMax?: number;
  readonly reserve: Reserve;
}

/** A stream of a {@linkcode StreamStore}. */
export class LocalStream {
  readonly name: string;
  readonly arn: string;
  readonly number: number;
  readonly mode: StreamMode;
  readonly createdAtMs: number;
  /** In the order of their numbers. */
  readonly shards: readonly LocalShard[];
  readonly consumers: StreamConsumers;
  retentionHours: number = RETENTION_HOURS_DEFAULT;
  /** Epoch milliseconds; `Infinity` unless it is being deleted. */
  deletedAtMs: number = Number.POSITIVE_INFINITY;
  readonly #activeAtMs: number;
  #isActive: boolean;
  readonly #router: HashRouter<LocalShard>;
  #recordBytesMax = 0;

  constructor(options: LocalStreamOptions) {
    assert(options.shardCount >= 1);
    this.name = options.name;
    this.arn = options.arn;
    this.number = options.number;
    this.mode = options.mode;
    this.consumers = new StreamConsumers(options.arn);
    this.createdAtMs = options.createdAtMs;
    this.#activeAtMs = options.activeAtMs;
    this.#isActive = options.activeAtMs <= options.createdAtMs;
    this.shards = evenHashRanges(options.shardCount).map(
      (hashRange, index) =>
        new LocalShard({
          index,
          hashRange,
          createdAtMs: options.createdAtMs,
          parentIds: [],
          reserve: options.reserve,
        }),
    );
    this.#router = new HashRouter(this.openShards);
    this.recordBytesMax = options.recordBytesMax ?? RECORD_BYTES_DEFAULT;
  }

  get openShards(): readonly LocalShard[] {
    return this.shards.filter(({ isOpen }) => isOpen);
  }

  /** Largest record, data and key. */
  get recordBytesMax(): number {
    return this.#recordBytesMax;
  }

  set recordBytesMax(bytes: number) {
    this.#recordBytesMax = bytes;
    for (const { throughput } of this.shards) {
      throughput.setRecordBytesMax(bytes);
    }
  }

  status(nowMs: number): StreamStatus {
    if (this.deletedAtMs !== Number.POSITIVE_INFINITY) return "DELETING";
    // Kept, since the clock may go back.
    this.#isActive ||= nowMs >= this.#activeAtMs;
    return this.#isActive ? "ACTIVE" : "CREATING";
  }

  /** Records that arrived before this are past the retention. */
  horizonMs(nowMs: number): number {
    return nowMs - this.retentionHours * HOUR_MS;
  }

  /** @param hash 32 hexadecimal digits, lower case. */
  shardOf(hash: string): LocalShard {
    return this.#router.route(hash);
  }

  shard(id: string): LocalShard | undefined {
    return this.shards.find((shard) => shard.id === id);
  }

  /** The shards that came from a closed one. */
  childrenOf(id: string): readonly LocalShard[] {
    return this.shards.filter(({ parentIds }) => parentIds.includes(id));
  }

  /**
   * The shards there are: all but closed ones whose records are all past the
   * retention.
   */
  listedShards(nowMs: number): readonly LocalShard[] {
    const horizonMs = this.horizonMs(nowMs);
    return this.shards.filter(({ closedAtMs }) => closedAtMs >= horizonMs);
  }
}
