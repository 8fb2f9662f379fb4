/** ListShards: pages, their tokens, and which shards a filter lets through. */
import t from "tap";
import {
  filterShards,
  type ShardFilter,
} from "../../../../engine/local_kinesis/operations/shard_filter.ts";
import { ServiceError } from "../../../../engine/local_kinesis/service_error.ts";
import { LocalStream } from "../../../../engine/local_kinesis/store/local_stream.ts";
import { addShard } from "../add_shard.ts";
import { START_MS } from "../hand_clock.ts";
import { type Body, TestKinesis } from "../test_kinesis.ts";

const STREAMS = [{ name: "taxi", shardCount: 5 }];
const HOUR_MS = 3_600_000;

function ids({ Shards }: Body): number[] {
  return Shards.map(({ ShardId }: { ShardId: string }) =>
    Number(ShardId.slice(8)),
  );
}

t.test("ListShards pages by NextToken", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const first = await kinesis.ok("ListShards", {
    StreamName: "taxi",
    MaxResults: 2,
  });
  t.same(ids(first), [0, 1]);
  const NextToken: string = first["NextToken"];
  const second = await kinesis.ok("ListShards", { NextToken, MaxResults: 2 });
  t.same(ids(second), [2, 3]);
  const third = await kinesis.ok("ListShards", {
    NextToken: second["NextToken"],
  });
  t.same(ids(third), [4]);
  t.equal(third["NextToken"], undefined);
  const all = await kinesis.ok("ListShards", { StreamName: "taxi" });
  t.equal(all["NextToken"], undefined);
  t.same(all["Shards"][0].HashKeyRange.StartingHashKey, "0");
  const after = await kinesis.ok("ListShards", {
    StreamName: "taxi",
    ExclusiveStartShardId: "shardId-000000000002",
  });
  t.same(ids(after), [3, 4]);
});

t.test("ListShards keeps its filter over the pages", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const first = await kinesis.ok("ListShards", {
    StreamName: "taxi",
    MaxResults: 1,
    ShardFilter: { Type: "AFTER_SHARD_ID", ShardId: "shardId-000000000002" },
  });
  const second = await kinesis.ok("ListShards", {
    NextToken: first["NextToken"],
  });
  t.same([ids(first), ids(second)], [[3], [4]]);
});

t.test(
  "ListShards refuses tokens that aren't its own or are old",
  async (t) => {
    const kinesis = await TestKinesis.start(t, { streams: STREAMS });
    const { NextToken } = await kinesis.ok("ListShards", {
      StreamName: "taxi",
      MaxResults: 1,
    });
    const refuse = (input: Record<string, string>) =>
      kinesis.refusal("ListShards", input);
    t.match(await refuse({ NextToken, StreamName: "taxi" }), {
      type: "InvalidArgumentException",
      message: "NextToken and StreamName cannot be provided together.",
    });
    t.match(await refuse({ NextToken: "taxi" }), {
      type: "InvalidArgumentException",
    });
    t.match(await refuse({ NextToken: await kinesis.iterator("taxi") }), {
      type: "InvalidArgumentException",
    });
    await kinesis.ok("DeleteStream", { StreamName: "taxi" });
    await kinesis.ok("CreateStream", { StreamName: "taxi", ShardCount: 5 });
    t.match(await refuse({ NextToken }), { type: "ResourceNotFoundException" });
    kinesis.clock.advance(300_001);
    t.match(await refuse({ NextToken }), { type: "ExpiredNextTokenException" });
  },
);

t.test("ListShards refuses another creation time", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const input = (epochMs: number) => ({
    StreamName: "taxi",
    StreamCreationTimestamp: new Date(epochMs),
  });
  t.equal((await kinesis.call("ListShards", input(START_MS))).status, 200);
  t.match(await kinesis.refusal("ListShards", input(START_MS - 1)), {
    type: "ResourceNotFoundException",
  });
});

t.test("filterShards() knows when shards were open", async (t) => {
  const stream = new LocalStream({
    name: "taxi",
    arn: "arn",
    number: 1,
    shardCount: 4,
    mode: "PROVISIONED",
    createdAtMs: START_MS,
    activeAtMs: START_MS,
    reserve: () => {},
  });
  const [oldest, older] = stream.shards;
  oldest?.close(START_MS + 1 * HOUR_MS);
  older?.close(START_MS + 10 * HOUR_MS);
  addShard(stream, {
    createdAtMs: START_MS + 1 * HOUR_MS,
    parentIds: [oldest?.id ?? ""],
  });
  const names = (filter: ShardFilter, hours: number) =>
    filterShards(stream, filter, START_MS + hours * HOUR_MS).map(
      ({ index }) => index,
    );
  const at = (Type: ShardFilter["Type"], hours: number) => ({
    Type,
    Timestamp: START_MS + hours * HOUR_MS,
  });
  t.same(names({ Type: "AT_LATEST" }, 12), [2, 3, 4]);
  t.same(names({ Type: "AT_TRIM_HORIZON" }, 12), [0, 1, 2, 3]);
  t.same(names({ Type: "FROM_TRIM_HORIZON" }, 12), [0, 1, 2, 3, 4]);
  t.same(names({ Type: "FROM_TRIM_HORIZON" }, 26), [1, 2, 3, 4]);
  t.same(names({ Type: "AT_TRIM_HORIZON" }, 26), [1, 2, 3, 4]);
  t.same(names({ Type: "FROM_TRIM_HORIZON" }, 40), [2, 3, 4]);
  t.same(names(at("AT_TIMESTAMP", 0.5), 12), [0, 1, 2, 3]);
  t.same(names(at("AT_TIMESTAMP", 5), 12), [1, 2, 3, 4]);
  t.same(names(at("AT_TIMESTAMP", 11), 12), [2, 3, 4]);
  t.same(names(at("FROM_TIMESTAMP", 5), 12), [1, 2, 3, 4]);
  t.same(names(at("FROM_TIMESTAMP", -9), 12), [0, 1, 2, 3, 4]);
  t.same(
    names({ Type: "AFTER_SHARD_ID", ShardId: "shardId-000000000000" }, 12),
    [1, 2, 3, 4],
  );
  for (const Type of ["AFTER_SHARD_ID", "AT_TIMESTAMP"] as const) {
    t.throws(() => names({ Type }, 12), ServiceError);
  }
});
