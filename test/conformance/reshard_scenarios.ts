/** What is asked of both stand-ins about resharding and consumers. */
import type { Body, KinesisApi } from "./kinesis_api.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";

function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

/** Waits until a stream can be changed again. */
async function active(api: KinesisApi, StreamName: string): Promise<void> {
  await api.until(async () => {
    const { body } = await api.call("DescribeStreamSummary", { StreamName });
    return body?.StreamDescriptionSummary?.StreamStatus === "ACTIVE";
  });
}

async function put(
  api: KinesisApi,
  StreamName: string,
  texts: readonly string[],
): Promise<void> {
  await api.call("PutRecords", {
    StreamName,
    Records: texts.map((text) => ({
      Data: Buffer.from(text),
      PartitionKey: text,
    })),
  });
}

/** Reads one shard from its start to its tip or end. */
async function readShard(
  api: KinesisApi,
  StreamName: string,
  index: number,
): Promise<void> {
  const { body } = await api.call("GetShardIterator", {
    StreamName,
    ShardId: shardId(index),
    ShardIteratorType: "TRIM_HORIZON",
  });
  await api.step(`${StreamName}: read shard ${index}`, "GetRecords", {
    ShardIterator: body.ShardIterator,
  });
}

async function listed(api: KinesisApi, StreamName: string, when: string) {
  await active(api, StreamName);
  await api.step(`${StreamName}: shards ${when}`, "ListShards", { StreamName });
  for (const Type of ["AT_LATEST", "FROM_TRIM_HORIZON"]) {
    await api.step(`${StreamName}: ${Type} ${when}`, "ListShards", {
      StreamName,
      ShardFilter: { Type },
    });
  }
}

async function splitAndMerge(api: KinesisApi): Promise<void> {
  const StreamName = "m1";
  await api.create(StreamName, 3);
  await put(api, StreamName, ["a", "b", "c", "d", "e"]);
  const quarter = String(2n ** 126n);
  await api.step("split", "SplitShard", {
    StreamName,
    ShardToSplit: shardId(0),
    NewStartingHashKey: quarter,
  });
  await listed(api, StreamName, "after the split");
  await put(api, StreamName, ["f", "g", "h", "i", "j", "k"]);
  await api.step("merge", "MergeShards", {
    StreamARN: `${ARN}${StreamName}`,
    ShardToMerge: shardId(4),
    AdjacentShardToMerge: shardId(1),
  });
  await listed(api, StreamName, "after the merge");
  await put(api, StreamName, ["l", "m", "n", "o"]);
  for (let index = 0; index < 6; index++) {
    await readShard(api, StreamName, index);
  }
  for (const [name, input] of Object.entries({
    "a closed shard": { ShardToSplit: shardId(0), NewStartingHashKey: quarter },
    "no shard": { ShardToSplit: shardId(9), NewStartingHashKey: quarter },
    "outside it": {
      ShardToSplit: shardId(3),
      NewStartingHashKey: String(2n ** 127n),
    },
    "at no key": { ShardToSplit: shardId(3), NewStartingHashKey: "x" },
    nothing: {},
    "at its start": { ShardToSplit: shardId(3), NewStartingHashKey: "0" },
  })) {
    await api.step(`refused: split ${name}`, "SplitShard", {
      StreamName,
      ...input,
    });
  }
  await api.create("m2", 3);
  for (const [name, pair] of Object.entries({
    "no neighbours": [0, 2],
    "one with itself": [1, 1],
    "one with nothing": [1, 7],
  })) {
    await api.step(`refused: merge ${name}`, "MergeShards", {
      StreamName: "m2",
      ShardToMerge: shardId(pair[0] ?? 0),
      AdjacentShardToMerge: shardId(pair[1] ?? 0),
    });
  }
}

/** A hash key without its last digits: the referee divides by another rest. */
function rounded(hashKey: string): string {
  return String((BigInt(hashKey) + (1n << 63n)) >> 64n);
}

/** Hash ranges and parents, whatever the shards' numbers. */
function lineage(shards: Body[]): unknown {
  const ranges = new Map(
    shards.map(({ ShardId, HashKeyRange: range }) => [
      ShardId,
      [range.StartingHashKey, range.EndingHashKey].map(rounded).join(" to "),
    ]),
  );
  return shards
    .map((one) => ({
      range: ranges.get(one.ShardId),
      parents: [one.ParentShardId, one.AdjacentParentShardId]
        .filter((id) => id != null)
        .map((id) => ranges.get(id))
        .sort(),
      isOpen: one.SequenceNumberRange.EndingSequenceNumber == null,
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

async function scale(api: KinesisApi): Promise<void> {
  const StreamName = "u1";
  await api.create(StreamName, 2);
  for (const TargetShardCount of [4, 8, 4, 2]) {
    await api.step(`scale to ${TargetShardCount}`, "UpdateShardCount", {
      StreamName,
      TargetShardCount,
      ScalingType: "UNIFORM_SCALING",
    });
    await active(api, StreamName);
    const { body } = await api.call("ListShards", { StreamName });
    api.note(`lineage at ${TargetShardCount}`, {
      status: 200,
      body: lineage(body.Shards) as Body,
    });
  }
  for (const [name, more] of Object.entries({
    "over double": { TargetShardCount: 5 },
    "to nothing": { TargetShardCount: 0 },
    "somehow else": { TargetShardCount: 3, ScalingType: "X" },
  })) {
    await api.step(`refused: scale ${name}`, "UpdateShardCount", {
      StreamName,
      ScalingType: "UNIFORM_SCALING",
      ...more,
    });
  }
}

async function consumers(api: KinesisApi): Promise<void> {
  const StreamARN = `${ARN}c1`;
  await api.create("c1", 1);
  const { Consumer } = await api.step("register", "RegisterStreamConsumer", {
    StreamARN,
    ConsumerName: "one",
  });
  const byName = { StreamARN, ConsumerName: "one" };
  await api.until(async () => {
    const { body } = await api.call("DescribeStreamConsumer", byName);
    return body?.ConsumerDescription?.ConsumerStatus === "ACTIVE";
  });
  await api.step("consumer by name", "DescribeStreamConsumer", byName);
  await api.step("consumer by ARN", "DescribeStreamConsumer", {
    ConsumerARN: Consumer.ConsumerARN,
  });
  await api.step("summary with consumer", "DescribeStreamSummary", {
    StreamName: "c1",
  });
  await api.step("register again", "RegisterStreamConsumer", byName);
  await api.call("RegisterStreamConsumer", { StreamARN, ConsumerName: "two" });
  await api.until(async () => {
    const { body } = await api.call("DescribeStreamConsumer", {
      StreamARN,
      ConsumerName: "two",
    });
    return body?.ConsumerDescription?.ConsumerStatus === "ACTIVE";
  });
  await api.step("consumers", "ListStreamConsumers", { StreamARN });
  await api.step("consumers, first", "ListStreamConsumers", {
    StreamARN,
    MaxResults: 1,
  });
  await api.step("deregister", "DeregisterStreamConsumer", byName);
  await api.until(async () => {
    const { status } = await api.call("DescribeStreamConsumer", byName);
    return status !== 200;
  });
  await api.step("consumer gone", "DescribeStreamConsumer", byName);
  await api.step("consumer of nothing", "DescribeStreamConsumer", {});
  await api.step("delete a stream with a consumer", "DeleteStream", {
    StreamName: "c1",
  });
}

/** Runs everything. */
export async function runReshardScenarios(api: KinesisApi): Promise<void> {
  await splitAndMerge(api);
  await scale(api);
  await consumers(api);
}
