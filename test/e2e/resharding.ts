/**
 * Splits, merges and scales a stream of a local Kinesis while others write and
 * read it.
 *
 * @module
 */
import type { Random } from "../judge/random.ts";
import { until } from "./flagdrop.ts";
import type { LocalKinesis } from "./local_kinesis.ts";

interface ListedShard {
  readonly ShardId: string;
  readonly HashKeyRange: {
    readonly StartingHashKey: string;
    readonly EndingHashKey: string;
  };
  readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string };
}

/** An open shard. */
interface OpenShard {
  readonly id: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** Changes the shards of one stream. */
export class Resharding {
  readonly #kinesis: LocalKinesis;
  readonly #stream: string;

  constructor(kinesis: LocalKinesis, stream: string) {
    this.#kinesis = kinesis;
    this.#stream = stream;
  }

  /** All shards; faults are tried to get past. */
  async #list(): Promise<readonly ListedShard[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        const { Shards } = await this.#kinesis.call<{ Shards: ListedShard[] }>(
          "ListShards",
          { StreamName: this.#stream },
        );
        return Shards;
      } catch (error) {
        if (attempt === 50) throw error;
      }
    }
  }

  /** Open shards, in the order of their ranges. */
  async openShards(): Promise<readonly OpenShard[]> {
    const shards = await this.#list();
    return shards
      .filter(
        (one) => one.SequenceNumberRange.EndingSequenceNumber === undefined,
      )
      .map(({ ShardId, HashKeyRange: range }) => ({
        id: ShardId,
        start: BigInt(range.StartingHashKey),
        end: BigInt(range.EndingHashKey),
      }))
      .sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  async #call(operation: string, input: object): Promise<void> {
    const StreamName = this.#stream;
    await this.#kinesis.call(operation, { StreamName, ...input });
    await until("the stream is changed", async () => {
      const { StreamDescriptionSummary: found } = await this.#kinesis.call<{
        StreamDescriptionSummary: { StreamStatus: string };
      }>("DescribeStreamSummary", { StreamName });
      return found.StreamStatus === "ACTIVE";
    });
  }

  /** To another number of shards, by doubling and halving. */
  async scale(count: number): Promise<void> {
    await this.#call("UpdateShardCount", {
      TargetShardCount: count,
      ScalingType: "UNIFORM_SCALING",
    });
  }

  /** Splits a shard, or merges two: whatever chance wants. */
  async change(random: Random): Promise<string> {
    const shards = await this.openShards();
    const at = random.whole(0, shards.length - 1);
    const shard = shards[at];
    const next = shards[at + 1];
    if (shard === undefined) throw new Error("a stream without shards");
    const isMerge = next !== undefined && random.chance(shards.length / 16);
    if (isMerge) {
      await this.#call("MergeShards", {
        ShardToMerge: shard.id,
        AdjacentShardToMerge: next.id,
      });
      return `merged ${shard.id} and ${next.id}`;
    }
    // Anywhere in the middle half.
    const size = shard.end - shard.start;
    const part = BigInt(random.whole(250, 750));
    await this.#call("SplitShard", {
      ShardToSplit: shard.id,
      NewStartingHashKey: String(shard.start + (size * part) / 1_000n),
    });
    return `split ${shard.id}`;
  }
}
