/** SplitShard, MergeShards and UpdateShardCount. */
import fc from "fast-check";
import t from "tap";
import { ServiceError } from "../../../../engine/local_kinesis/service_error.ts";
import type { LocalShard } from "../../../../engine/local_kinesis/store/local_shard.ts";
import type { LocalStream } from "../../../../engine/local_kinesis/store/local_stream.ts";
import { type Body, TestKinesis } from "../test_kinesis.ts";
import { type TestService, testService } from "../test_service.ts";

const HOUR_MS = 3_600_000;
const KEY_COUNT = 2n ** 128n;

function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

function split(index: number, key: bigint): Body {
  return {
    StreamName: "taxi",
    ShardToSplit: shardId(index),
    NewStartingHashKey: String(key),
  };
}

function merge(index: number, adjacent: number): Body {
  return {
    StreamName: "taxi",
    ShardToMerge: shardId(index),
    AdjacentShardToMerge: shardId(adjacent),
  };
}

function scale(count: number): Body {
  return {
    StreamName: "taxi",
    TargetShardCount: count,
    ScalingType: "UNIFORM_SCALING",
  };
}

function ids(body: Body): string[] {
  return body["Shards"].map((one: Body) => one["ShardId"]);
}

t.test("records before and after a split are read in turn", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
  });
  const put = (text: string, ExplicitHashKey: string) =>
    kinesis.ok("PutRecord", {
      StreamName: "taxi",
      Data: Buffer.from(text),
      PartitionKey: "k",
      ExplicitHashKey,
    });
  await put("before", "0");
  const early = await kinesis.iterator("taxi", 0);
  await kinesis.ok("SplitShard", split(0, KEY_COUNT / 2n));
  await put("low", "0");
  await put("high", String(KEY_COUNT - 1n));
  const answer = await kinesis.ok("GetRecords", { ShardIterator: early });
  t.equal(answer["Records"].length, 1);
  t.notOk("NextShardIterator" in answer);
  t.same(
    answer["ChildShards"].map((one: Body) => [
      one["ShardId"],
      one["ParentShards"],
    ]),
    [
      [shardId(1), [shardId(0)]],
      [shardId(2), [shardId(0)]],
    ],
  );
  t.same(await kinesis.read("taxi", 1), ["low"]);
  t.same(await kinesis.read("taxi", 2), ["high"]);
  const listed = await kinesis.ok("ListShards", { StreamName: "taxi" });
  const [parent, ...children] = listed["Shards"].map(
    (one: Body) => one["SequenceNumberRange"],
  );
  for (const child of children) {
    t.ok(child.StartingSequenceNumber > parent.EndingSequenceNumber);
    t.notOk("EndingSequenceNumber" in child);
  }
});

t.test("a merge takes its parents in the order they are named", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 3 }],
  });
  await kinesis.ok("MergeShards", merge(2, 1));
  const { Shards } = await kinesis.ok("ListShards", { StreamName: "taxi" });
  t.match(Shards[3], {
    ParentShardId: shardId(2),
    AdjacentParentShardId: shardId(1),
    HashKeyRange: {
      StartingHashKey: Shards[1].HashKeyRange.StartingHashKey,
      EndingHashKey: Shards[2].HashKeyRange.EndingHashKey,
    },
  });
});

t.test("until the change is done, everything stays as it was", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
    stateChangeMs: 1_000,
  });
  kinesis.clock.advance(1_000);
  await kinesis.ok("SplitShard", split(0, KEY_COUNT / 2n));
  const summary = async () =>
    (await kinesis.ok("DescribeStreamSummary", { StreamName: "taxi" }))[
      "StreamDescriptionSummary"
    ];
  t.match(await summary(), { StreamStatus: "UPDATING", OpenShardCount: 1 });
  const put = await kinesis.ok("PutRecord", {
    StreamName: "taxi",
    Data: Buffer.from("x"),
    PartitionKey: "k",
  });
  t.equal(put["ShardId"], shardId(0));
  t.same(await kinesis.read("taxi", 0), ["x"]);
  t.equal(
    ids(await kinesis.ok("ListShards", { StreamName: "taxi" })).length,
    1,
  );
  for (const [operation, input] of [
    ["SplitShard", split(0, KEY_COUNT / 2n)],
    ["UpdateShardCount", scale(2)],
  ] as const) {
    const refusal = await kinesis.refusal(operation, input);
    t.match(refusal, { type: "ResourceInUseException", message: "UPDATING" });
  }
  kinesis.clock.advance(1_000);
  t.match(await summary(), { StreamStatus: "ACTIVE", OpenShardCount: 2 });
  const { Shards } = await kinesis.ok("ListShards", { StreamName: "taxi" });
  t.ok(
    Shards[0].SequenceNumberRange.EndingSequenceNumber > put["SequenceNumber"],
  );
});

t.test("a closed shard stays until its records are too old", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
  });
  kinesis.clock.advance(HOUR_MS);
  await kinesis.ok("SplitShard", split(0, KEY_COUNT / 2n));
  const list = async (ShardFilter?: Body) =>
    ids(
      await kinesis.ok("ListShards", {
        StreamName: "taxi",
        ...(ShardFilter && { ShardFilter }),
      }),
    );
  kinesis.clock.advance(HOUR_MS);
  const all = [shardId(0), shardId(1), shardId(2)];
  const at = (hours: number) =>
    new Date(kinesis.clock.nowMs() - hours * HOUR_MS);
  t.same(await list(), all);
  t.same(await list({ Type: "AT_LATEST" }), all.slice(1));
  t.same(await list({ Type: "AT_TRIM_HORIZON" }), all.slice(0, 1));
  t.same(await list({ Type: "FROM_TRIM_HORIZON" }), all);
  t.same(
    await list({ Type: "AT_TIMESTAMP", Timestamp: at(1.5) }),
    all.slice(0, 1),
  );
  t.same(
    await list({ Type: "AT_TIMESTAMP", Timestamp: at(0.5) }),
    all.slice(1),
  );
  t.same(
    await list({ Type: "FROM_TIMESTAMP", Timestamp: at(0.5) }),
    all.slice(1),
  );
  t.same(await list({ Type: "FROM_TIMESTAMP", Timestamp: at(1.5) }), all);
  kinesis.clock.advance(22 * HOUR_MS);
  const last = await kinesis.iterator("taxi", 0);
  kinesis.clock.advance(HOUR_MS + 1);
  t.same(await list(), all.slice(1));
  t.same(await list({ Type: "AT_TRIM_HORIZON" }), all.slice(1));
  const gone = await kinesis.refusal("GetShardIterator", {
    StreamName: "taxi",
    ShardId: shardId(0),
    ShardIteratorType: "TRIM_HORIZON",
  });
  t.equal(gone.type, "ResourceNotFoundException");
  // Older than an iterator lives.
  const expired = await kinesis.refusal("GetRecords", { ShardIterator: last });
  t.equal(expired.type, "ExpiredIteratorException");
  const { Shards } = await kinesis.ok("ListShards", { StreamName: "taxi" });
  t.equal(Shards[0].ParentShardId, shardId(0), "children still name it");
});

t.test("limits are the service's", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [
      { name: "taxi", shardCount: 4 },
      { name: "other", shardCount: 493 },
    ],
  });
  t.equal(
    (await kinesis.refusal("UpdateShardCount", scale(8))).type,
    "LimitExceededException",
  );
  for (const count of [9, 1]) {
    const refusal = await kinesis.refusal("UpdateShardCount", scale(count));
    t.equal(refusal.type, "InvalidArgumentException");
    t.match(refusal.message, /double|half/);
  }
  for (let count = 0; count < 10; count++) {
    await kinesis.ok("UpdateShardCount", scale(count % 2 === 0 ? 5 : 4));
  }
  const tooMany = await kinesis.refusal("UpdateShardCount", scale(5));
  t.equal(tooMany.type, "LimitExceededException");
  kinesis.clock.advance(24 * HOUR_MS + 1);
  await kinesis.ok("UpdateShardCount", scale(5));
});

t.test("an on-demand stream isn't resharded by hand", async (t) => {
  const kinesis = await TestKinesis.start(t);
  await kinesis.ok("CreateStream", {
    StreamName: "taxi",
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
  });
  for (const [operation, input] of [
    ["SplitShard", split(0, 5n)],
    ["MergeShards", merge(0, 1)],
    ["UpdateShardCount", scale(8)],
  ] as const) {
    const { type } = await kinesis.refusal(operation, input);
    t.equal(type, "ValidationException");
  }
});

/** What must hold of a stream whatever was done to it. */
function checkStream(stream: LocalStream): void {
  const byId = new Map(stream.shards.map((one) => [one.id, one]));
  const open = stream.openShards.toSorted((a, b) =>
    a.hashRange.start < b.hashRange.start ? -1 : 1,
  );
  let next = 0n;
  for (const { hashRange } of open) {
    if (hashRange.start !== next) throw new Error("a gap or an overlap");
    next = hashRange.end + 1n;
  }
  if (next !== KEY_COUNT) throw new Error("the end is missing");
  for (const shard of stream.shards) {
    const parents = shard.parentIds.map((id) => byId.get(id) as LocalShard);
    for (const parent of parents) {
      if (parent.isOpen) throw new Error("an open parent");
      const end = parent.endingSequenceNumber ?? "";
      if (shard.startingSequenceNumber <= end)
        throw new Error("before its end");
    }
    const size = (one: LocalShard) =>
      one.hashRange.end - one.hashRange.start + 1n;
    if (parents.length === 2) {
      const sum = parents.reduce((total, one) => total + size(one), 0n);
      if (sum !== size(shard)) throw new Error("a merge of another size");
    }
    const children = stream.childrenOf(shard.id);
    if (shard.isOpen !== (children.length === 0)) throw new Error("children");
  }
}

function refusedOrDone(test: TestService, operation: string, input: Body) {
  try {
    test.call(operation, input);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
  }
}

t.test("whatever is split and merged, ranges and lineage hold", async () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant("split" as const),
      shard: fc.nat(12),
      key: fc.bigInt({ min: 0n, max: KEY_COUNT - 1n }),
    }),
    fc.record({
      do: fc.constant("merge" as const),
      shard: fc.nat(12),
      other: fc.nat(12),
    }),
    fc.record({
      do: fc.constant("scale" as const),
      count: fc.integer({ min: 1, max: 12 }),
    }),
    fc.record({
      do: fc.constant("jump" as const),
      ms: fc.integer({ min: -500, max: 500 }),
    }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(action, { maxLength: 12 }),
      (shardCount, actions) => {
        const test = testService();
        const stream = test.service.store.create({
          name: "taxi",
          shardCount,
          mode: "PROVISIONED",
        });
        for (const one of actions) {
          if (one.do === "jump") test.clock.jumpMs += one.ms;
          else if (one.do === "split") {
            refusedOrDone(test, "SplitShard", split(one.shard, one.key));
          } else if (one.do === "merge") {
            refusedOrDone(test, "MergeShards", merge(one.shard, one.other));
          } else {
            const before = stream.openShards.length;
            refusedOrDone(test, "UpdateShardCount", scale(one.count));
            const isDone = one.count <= before * 2 && one.count * 2 >= before;
            const after = stream.openShards.length;
            if (after !== (isDone ? one.count : before))
              throw new Error("count");
          }
          checkStream(stream);
        }
      },
    ),
    { numRuns: 150 },
  );
});
