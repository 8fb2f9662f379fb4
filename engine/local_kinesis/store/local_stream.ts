/**
 * One stream: its shards and settings.
 *
 * @module
 */
import assert from "node:assert/strict";
import { RECORD_BYTES_DEFAULT, RETENTION_HOURS_DEFAULT } from "../limits.ts";
import { evenHashRanges, type HashRange } from "./hash_range.ts";
import { HashRouter } from "./hash_router.ts";
import { LocalShard } from "./local_shard.ts";
import type { Reserve } from "./record_log.ts";
import { StreamConsumers } from "./stream_consumers.ts";

const HOUR_MS = 3_600_000;

/** How a stream's capacity is set. */
export type StreamMode = "PROVISIONED" | "ON_DEMAND";

/** What a stream is doing. */
export type StreamStatus = "CREATING" | "ACTIVE" | "UPDATING" | "DELETING";

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

interface PendingChange {
  readonly doneAtMs: number;
  readonly apply: (nowMs: number) => void;
}

/** Whether nothing lies between or is shared by the ranges of two shards. */
export function areAdjacent(a: LocalShard, b: LocalShard): boolean {
  return (
    a.hashRange.end + 1n === b.hashRange.start ||
    b.hashRange.end + 1n === a.hashRange.start
  );
}

/** A stream of a {@linkcode StreamStore}. */
export class LocalStream {
  readonly name: string;
  readonly arn: string;
  readonly number: number;
  readonly mode: StreamMode;
  readonly createdAtMs: number;
  readonly consumers: StreamConsumers;
  retentionHours: number = RETENTION_HOURS_DEFAULT;
  /** When its number of shards was changed, in the last day. */
  readonly countUpdatesMs: number[] = [];
  /** Epoch milliseconds; `Infinity` unless it is being deleted. */
  deletedAtMs: number = Number.POSITIVE_INFINITY;
  readonly #activeAtMs: number;
  readonly #reserve: Reserve;
  #isActive: boolean;
  readonly #shards: LocalShard[] = [];
  #router: HashRouter<LocalShard>;
  #recordBytesMax = 0;
  #change: PendingChange | undefined;

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
    this.#reserve = options.reserve;
    for (const hashRange of evenHashRanges(options.shardCount)) {
      this.#open(hashRange, [], options.createdAtMs);
    }
    this.#router = new HashRouter(this.openShards);
    this.recordBytesMax = options.recordBytesMax ?? RECORD_BYTES_DEFAULT;
  }

  /** In the order of their numbers. */
  get shards(): readonly LocalShard[] {
    return this.#shards;
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
    if (!this.#isActive) return "CREATING";
    this.settle(nowMs);
    return this.#change === undefined ? "ACTIVE" : "UPDATING";
  }

  /**
   * Begins a change of the shards; until it is done everything stays as it
   * was, and the stream is being updated.
   *
   * @param doneAtMs Epoch milliseconds.
   * @param apply Gets the time at which it is done.
   */
  begin(doneAtMs: number, apply: (nowMs: number) => void): void {
    assert(this.#change === undefined);
    this.#change = { doneAtMs, apply };
  }

  /** Does what is due by a time. */
  settle(nowMs: number): void {
    const change = this.#change;
    if (change === undefined || nowMs < change.doneAtMs) return;
    this.#change = undefined;
    change.apply(nowMs);
  }

  #open(
    hashRange: HashRange,
    parents: readonly LocalShard[],
    nowMs: number,
  ): LocalShard {
    const shard = new LocalShard({
      index: this.#shards.length,
      hashRange,
      // No child is older than its parents' end, whatever the clock does.
      createdAtMs: Math.max(nowMs, ...parents.map((one) => one.closedAtMs)),
      parentIds: parents.map(({ id }) => id),
      reserve: this.#reserve,
    });
    shard.throughput.setRecordBytesMax(this.#recordBytesMax);
    this.#shards.push(shard);
    return shard;
  }

  /**
   * Closes a shard, and opens two for its range.
   *
   * @param shard An open one.
   * @param start Where the second one's range starts, within the first's.
   * @param nowMs Epoch milliseconds.
   */
  split(
    shard: LocalShard,
    start: bigint,
    nowMs: number,
  ): readonly [LocalShard, LocalShard] {
    const { hashRange } = shard;
    assert(start > hashRange.start && start <= hashRange.end);
    shard.close(nowMs);
    const low = { start: hashRange.start, end: start - 1n };
    const high = { start, end: hashRange.end };
    const children = [
      this.#open(low, [shard], nowMs),
      this.#open(high, [shard], nowMs),
    ] as const;
    this.#router = new HashRouter(this.openShards);
    return children;
  }

  /**
   * Closes two shards, and opens one for their ranges.
   *
   * @param shard An open one.
   * @param adjacent Another, whose range is next to the first's.
   * @param nowMs Epoch milliseconds.
   */
  merge(shard: LocalShard, adjacent: LocalShard, nowMs: number): LocalShard {
    assert(areAdjacent(shard, adjacent));
    shard.close(nowMs);
    adjacent.close(nowMs);
    const [low, high] =
      shard.hashRange.start < adjacent.hashRange.start
        ? [shard, adjacent]
        : [adjacent, shard];
    const hashRange = { start: low.hashRange.start, end: high.hashRange.end };
    const child = this.#open(hashRange, [shard, adjacent], nowMs);
    this.#router = new HashRouter(this.openShards);
    return child;
  }

  /** Records that arrived before this are past the retention. */
  horizonMs(nowMs: number): number {
    return nowMs - this.retentionHours * HOUR_MS;
  }

  /** @param hash 32 hexadecimal digits, lower case. */
  shardOf(hash: string): LocalShard {
    return this.#router.route(hash);
  }

  /** A shard that can still be read. */
  shard(id: string, nowMs: number): LocalShard | undefined {
    const horizonMs = this.horizonMs(nowMs);
    return this.shards.find(
      (shard) => shard.id === id && shard.closedAtMs >= horizonMs,
    );
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
