/** A Kinesis stream in memory: shards, their records and their lineage. */
import type { KinesisShard } from "../../engine/kinesis/shard.ts";
import { aggregated } from "../engine/kinesis/aggregated.ts";
import type { Random } from "../judge/random.ts";

/** Hash keys lie below this; the real ones have 128 bits. */
export const HASH_KEYS = 1_024;

export interface SimRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly data: Buffer;
  /** The events in it: several in an aggregated record. */
  readonly events: readonly Buffer[];
  /** Events of an aggregated record that belong to another shard. */
  readonly strangers: number;
}

export interface SimShard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Everything that was ever put, trimmed or not. */
  readonly records: SimRecord[];
  closed: boolean;
  /** Records that retention has taken. */
  trimmedCount: number;
  /** Whether retention has taken all of it. */
  gone: boolean;
}

/** The shard as the control plane lists it. */
export function listed(shard: SimShard): KinesisShard {
  return {
    shardId: shard.shardId,
    parentShardIds: shard.parentShardIds,
    startingHashKey: String(shard.from),
    endingHashKey: String(shard.to),
    startingSequenceNumber: shard.records[0]?.sequenceNumber ?? "0",
    closed: shard.closed,
  };
}

export class SimStream {
  readonly shards: SimShard[] = [];
  readonly #random: Random;
  /** Near a power of ten, so that lengths of sequence numbers change. */
  #sequence: bigint;

  constructor(random: Random, shardCount: number) {
    this.#random = random;
    this.#sequence = 10n ** BigInt(random.whole(1, 55)) - 40n;
    if (this.#sequence < 0n) this.#sequence = 1n;
    const width = Math.ceil(HASH_KEYS / shardCount);
    for (let i = 0; i < shardCount; i++) {
      const to = Math.min(HASH_KEYS, (i + 1) * width) - 1;
      this.#add([], i * width, to);
    }
  }

  #add(parentShardIds: readonly string[], from: number, to: number): SimShard {
    const shard: SimShard = {
      shardId: `shard-${String(this.shards.length).padStart(3, "0")}`,
      parentShardIds,
      from,
      to,
      records: [],
      closed: false,
      trimmedCount: 0,
      gone: false,
    };
    this.shards.push(shard);
    return shard;
  }

  get open(): SimShard[] {
    return this.shards.filter(({ closed }) => !closed);
  }

  shard(shardId: string): SimShard {
    const shard = this.shards.find((one) => one.shardId === shardId);
    if (shard === undefined) throw new RangeError(`no shard "${shardId}"`);
    return shard;
  }

  children(shardId: string): SimShard[] {
    return this.shards.filter(({ parentShardIds }) =>
      parentShardIds.includes(shardId),
    );
  }

  /** The open shard of a hash key. */
  route(hashKey: number): SimShard {
    const shard = this.open.find(
      ({ from, to }) => from <= hashKey && hashKey <= to,
    );
    if (shard === undefined) throw new RangeError(`no shard of ${hashKey}`);
    return shard;
  }

  /** Puts one record of one event. */
  put(shard: SimShard, data: Buffer, arrivalMs: number): void {
    this.#push(shard, arrivalMs, { data, events: [data], strangers: 0 });
  }

  /** Puts an aggregated record: events of several hash keys. */
  putAggregated(
    shard: SimShard,
    events: readonly { readonly data: Buffer; readonly hashKey: number }[],
    arrivalMs: number,
  ): void {
    const isHere = ({ hashKey }: { hashKey: number }) =>
      shard.from <= hashKey && hashKey <= shard.to;
    const here = events.filter(isHere);
    this.#push(shard, arrivalMs, {
      data: aggregated({
        partitionKeys: ["key"],
        explicitHashKeys: events.map(({ hashKey }) => String(hashKey)),
        records: events.map(({ data }, i) => ({ data, key: 0, hashKey: i })),
      }),
      events: here.map(({ data }) => data),
      strangers: events.length - here.length,
    });
  }

  #push(
    shard: SimShard,
    arrivalMs: number,
    content: Pick<SimRecord, "data" | "events" | "strangers">,
  ): void {
    this.#sequence += BigInt(this.#random.whole(1, 3));
    shard.records.push({
      sequenceNumber: String(this.#sequence),
      partitionKey: "key",
      arrivalMs,
      ...content,
    });
  }

  split(shard: SimShard): void {
    if (shard.from === shard.to) return;
    const middle = this.#random.whole(shard.from, shard.to - 1);
    shard.closed = true;
    this.#add([shard.shardId], shard.from, middle);
    this.#add([shard.shardId], middle + 1, shard.to);
  }

  /** Merges an open shard with its right neighbour. */
  merge(shard: SimShard): void {
    const other = this.open.find(({ from }) => from === shard.to + 1);
    if (other === undefined) return;
    shard.closed = true;
    other.closed = true;
    const parents = [shard.shardId, other.shardId];
    if (this.#random.chance(0.5)) parents.reverse();
    this.#add(parents, shard.from, other.to);
  }

  /** What the control plane lists. */
  list(): KinesisShard[] {
    return this.shards.filter(({ gone }) => !gone).map(listed);
  }
}
