/** GetRecords: how much it gives, how far behind it says one is, the end. */
import t from "tap";
import { addShard } from "../add_shard.ts";
import { START_MS } from "../hand_clock.ts";
import { type Body, TestKinesis } from "../test_kinesis.ts";
import { testService } from "../test_service.ts";

const STREAMS = [{ name: "taxi", shardCount: 1 }];
const MIB = 1024 ** 2;

function record(data: Buffer | string) {
  return { Data: Buffer.from(data), PartitionKey: "k" };
}

t.test("GetRecords gives up to Limit and goes on from there", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const Records = Array.from({ length: 10 }, (_, index) =>
    record(String(index)),
  );
  await kinesis.ok("PutRecords", { StreamName: "taxi", Records });
  let ShardIterator = await kinesis.iterator("taxi");
  const pages: string[] = [];
  for (let call = 0; call < 4; call++) {
    const answer = await kinesis.ok("GetRecords", { ShardIterator, Limit: 4 });
    pages.push(
      answer["Records"]
        .map(({ Data }: Body) => Buffer.from(Data, "base64"))
        .join(""),
    );
    ShardIterator = answer["NextShardIterator"];
  }
  t.same(pages, ["0123", "4567", "89", ""]);
  for (const Limit of [0, 10_001]) {
    t.match(await kinesis.refusal("GetRecords", { ShardIterator, Limit }), {
      type: "ValidationException",
      message: /at 'limit' failed/,
    });
  }
});

t.test("GetRecords gives 10 MiB and 10,000 records at most", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [
      { name: "taxi", shardCount: 1 },
      { name: "small", shardCount: 1 },
    ],
    limits: false,
  });
  const large = Array.from({ length: 9 }, () => record(Buffer.alloc(MIB - 1)));
  for (let call = 0; call < 2; call++) {
    await kinesis.ok(
      "PutRecords",
      { StreamName: "taxi", Records: large },
      { wire: "cbor" },
    );
  }
  const small = Array.from({ length: 500 }, () => record("x"));
  for (let call = 0; call < 21; call++) {
    await kinesis.ok("PutRecords", { StreamName: "small", Records: small });
  }
  const count = async (stream: string) => {
    const ShardIterator = await kinesis.iterator(stream);
    const answer = await kinesis.ok(
      "GetRecords",
      { ShardIterator },
      { wire: "cbor" },
    );
    return answer["Records"].length;
  };
  t.equal(await count("taxi"), 9);
  t.equal(await count("small"), 10_000);
});

t.test("GetRecords gives one record of 10 MiB", async (t) => {
  const kinesis = await TestKinesis.start(t);
  await kinesis.ok("CreateStream", {
    StreamName: "large",
    ShardCount: 1,
    MaxRecordSizeInKiB: 10_240,
  });
  const data = Buffer.alloc(10 * MIB - 1, "x");
  await kinesis.ok("PutRecord", { StreamName: "large", ...record(data) });
  for (const wire of ["cbor", "json"] as const) {
    const ShardIterator = await kinesis.iterator("large");
    const answer = await kinesis.ok("GetRecords", { ShardIterator }, { wire });
    t.equal(answer["Records"].length, 1);
    t.equal(answer["MillisBehindLatest"], 0);
    t.match(await kinesis.refusal("GetRecords", { ShardIterator }), {
      type: "ProvisionedThroughputExceededException",
      message:
        "Rate exceeded for shard shardId-000000000000 in stream large under account 000000000000.",
    });
    kinesis.clock.advance(6_000);
  }
});

t.test("MillisBehindLatest is the age of the next record", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const start = await kinesis.iterator("taxi");
  const get = (ShardIterator: string, Limit: number) =>
    kinesis.ok("GetRecords", { ShardIterator, Limit });
  t.equal((await get(start, 1))["MillisBehindLatest"], 0);
  for (const data of ["a", "b", "c"]) {
    await kinesis.ok("PutRecord", { StreamName: "taxi", ...record(data) });
    kinesis.clock.advance(1_000);
  }
  const first = await get(start, 1);
  t.equal(first["MillisBehindLatest"], 2_000);
  const second = await get(first["NextShardIterator"], 1);
  t.equal(second["MillisBehindLatest"], 1_000);
  const third = await get(second["NextShardIterator"], 1);
  t.equal(third["MillisBehindLatest"], 0);
});

t.test("GetRecords is throttled at 5 calls a second a shard", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const ShardIterator = await kinesis.iterator("taxi");
  const replies = await Promise.all(
    Array.from({ length: 20 }, () =>
      kinesis.call("GetRecords", { ShardIterator }),
    ),
  );
  t.equal(replies.filter(({ status }) => status === 200).length, 5);
  for (const { status, body } of replies.filter((one) => one.status !== 200)) {
    t.equal(status, 400);
    t.equal(body["__type"], "ProvisionedThroughputExceededException");
  }
  t.equal(kinesis.server.stats().throttledReads, 15);
});

t.test("without limits GetRecords is not throttled", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: STREAMS,
    limits: false,
  });
  const ShardIterator = await kinesis.iterator("taxi");
  for (let call = 0; call < 30; call++) {
    await kinesis.ok("GetRecords", { ShardIterator });
  }
  t.equal(kinesis.server.stats().throttledReads, 0);
});

t.test("records past the retention are not given", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const put = (data: string) =>
    kinesis.ok("PutRecord", { StreamName: "taxi", ...record(data) });
  await put("old");
  kinesis.clock.advance(3_600_000);
  await put("new");
  kinesis.clock.advance(23 * 3_600_000);
  t.same(await kinesis.read("taxi"), ["old", "new"]);
  kinesis.clock.advance(1);
  t.same(await kinesis.read("taxi"), ["new"]);
  kinesis.clock.advance(3_600_000);
  t.same(await kinesis.read("taxi"), []);
});

t.test("an ARN must be the iterator's stream", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const ShardIterator = await kinesis.iterator("taxi");
  const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/";
  const call = (StreamARN: string) =>
    kinesis.call("GetRecords", { ShardIterator, StreamARN });
  t.equal((await call(`${arn}taxi`)).status, 200);
  t.equal(
    (await call(`${arn}other`)).body["__type"],
    "InvalidArgumentException",
  );
});

t.test("a closed shard ends with ChildShards and no iterator", async (t) => {
  const { call, service } = testService();
  service.store.create({ name: "taxi", shardCount: 1, mode: "PROVISIONED" });
  call("PutRecord", { StreamName: "taxi", ...record("a") });
  call("PutRecord", { StreamName: "taxi", ...record("b") });
  const stream = service.store.get("taxi");
  if (stream === undefined) throw new Error("no stream");
  stream.shards[0]?.close(START_MS);
  const parentIds = ["shardId-000000000000"];
  addShard(stream, { createdAtMs: START_MS, parentIds });
  const { ShardIterator } = call("GetShardIterator", {
    StreamName: "taxi",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "TRIM_HORIZON",
  });
  const first = call("GetRecords", { ShardIterator, Limit: 1 });
  t.type(first["NextShardIterator"], "string");
  t.notOk("ChildShards" in first);
  const last = call("GetRecords", {
    ShardIterator: first["NextShardIterator"],
  });
  t.equal(last["Records"].length, 1);
  t.notOk("NextShardIterator" in last);
  t.same(last["ChildShards"], [
    {
      ShardId: "shardId-000000000001",
      ParentShards: parentIds,
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: "9" },
    },
  ]);
  t.equal(last["MillisBehindLatest"], 0);
  const { Shards } = call("ListShards", { StreamName: "taxi" });
  t.equal(Shards[1].ParentShardId, "shardId-000000000000");
  const { EndingSequenceNumber } = Shards[0].SequenceNumberRange;
  t.ok(EndingSequenceNumber > last["Records"][0].SequenceNumber);
});
