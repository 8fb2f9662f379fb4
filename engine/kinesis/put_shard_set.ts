/**
 * The open shards of a stream, who of them gets the next record, and which
 * lane serves them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CarriedRecords } from "./put_batch.ts";
import type { PutChunk } from "./put_chunk.ts";
import type { PutLane } from "./put_lane.ts";
import {
  OUTSTANDING_BYTES_MAX,
  PACED_SHARD_OUTSTANDING_BYTES_MAX,
  PACKED_RUN_RECORDS,
} from "./put_limits.ts";
import { type PutShard, putShards } from "./put_shard.ts";
import type { KinesisShard } from "./shard.ts";

/** How a set feeds its shards. */
export interface PutShardSetOptions {
  /** Whether the service's limits are kept. */
  readonly isPaced: boolean;
  /** Whether many records become one. */
  readonly isPacked: boolean;
}

/** The set; it changes when the stream is resharded. */
export class PutShardSet {
  readonly #lanes: readonly PutLane[];
  readonly #isPaced: boolean;
  /** Records in a row for one shard. */
  readonly #runRecords: number;
  #shards: PutShard[] = [];
  /** Those that partition keys are known for. */
  #receivers: PutShard[] = [];
  #nextReceiver = 0;
  /** Of its run. */
  #runPlaced = 0;
  #laneByShard = new Map<PutShard, PutLane>();
  #watermark: Buffer | undefined;

  /**
   * @param lanes Who sends.
   * @param options How they are fed.
   */
  constructor(lanes: readonly PutLane[], options: PutShardSetOptions) {
    this.#lanes = lanes;
    this.#isPaced = options.isPaced;
    this.#runRecords = options.isPacked ? PACKED_RUN_RECORDS : 1;
  }

  /** The open shards. */
  get open(): readonly PutShard[] {
    return this.#shards;
  }

  /** Whether a shard is one of the open ones. */
  has(shardId: string): boolean {
    return this.#shards.some((shard) => shard.shardId === shardId);
  }

  /** Bytes that may wait or be under way for all of them together. */
  get outstandingBytesMax(): number {
    if (!this.#isPaced) return OUTSTANDING_BYTES_MAX;
    const paced = this.#shards.length * PACED_SHARD_OUTSTANDING_BYTES_MAX;
    return Math.min(OUTSTANDING_BYTES_MAX, paced);
  }

  /** Adds a record to the queue of the next shard in turn. */
  place(chunk: PutChunk, index: number): void {
    const shard = this.#receivers[this.#nextReceiver];
    assert(shard !== undefined, "a stream has at least one open shard");
    if (++this.#runPlaced >= this.#runRecords) {
      this.#runPlaced = 0;
      this.#nextReceiver = (this.#nextReceiver + 1) % this.#receivers.length;
    }
    shard.queue.push(chunk, index);
    this.#laneByShard.get(shard)?.kick();
  }

  /** Adds records to the queues of the next shards in turn. */
  placeAll({ chunks, indexes }: CarriedRecords): void {
    chunks.forEach((chunk, i) => {
      this.place(chunk, indexes[i] ?? 0);
    });
  }

  /** Sets the watermark event of all, and of those to come. */
  setWatermark(event: Buffer): void {
    this.#watermark = event;
    for (const shard of this.#shards) shard.watermark = event;
    for (const lane of this.#lanes) lane.kick();
  }

  /**
   * Takes over a new list. What waits for a closed shard goes to open ones.
   *
   * @param open Nothing changes when it is empty.
   */
  update(open: readonly KinesisShard[]): void {
    if (open.length === 0) return;
    const old = new Map(this.#shards.map((shard) => [shard.shardId, shard]));
    this.#shards = putShards(open, this.#isPaced).map((shard) => {
      const present = old.get(shard.shardId);
      if (present === undefined) shard.watermark = this.#watermark;
      old.delete(shard.shardId);
      return present ?? shard;
    });
    this.#receivers = this.#shards.filter((shard) => shard.takesRecords);
    this.#nextReceiver = 0;
    this.#runPlaced = 0;
    this.#assignLanes();
    for (const shard of old.values()) this.#retire(shard);
  }

  /** New shards go to the lanes with the fewest; the others stay in theirs. */
  #assignLanes(): void {
    const lanes = new Map(
      this.#lanes.map((lane): [PutLane, PutShard[]] => [lane, []]),
    );
    const unassigned: PutShard[] = [];
    for (const shard of this.#shards) {
      const lane = this.#laneByShard.get(shard);
      (lane && lanes.get(lane) ? lanes.get(lane) : unassigned)?.push(shard);
    }
    for (const shard of unassigned) {
      const [fewest] = [...lanes.values()].sort((a, b) => a.length - b.length);
      fewest?.push(shard);
    }
    this.#laneByShard = new Map();
    for (const [lane, shards] of lanes) {
      lane.shards = shards;
      for (const shard of shards) this.#laneByShard.set(shard, lane);
    }
  }

  /** Hands what waits for a closed shard to the open ones. */
  #retire(shard: PutShard): void {
    shard.isRetired = true;
    const { queue } = shard;
    for (let chunk = queue.chunk; chunk !== undefined; chunk = queue.chunk) {
      const { index } = queue;
      queue.shift();
      this.place(chunk, index);
    }
  }
}
