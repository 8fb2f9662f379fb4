/** Where each type of shard iterator starts, and when none is given. */
import t from "tap";
import type { CborWritable } from "../../../../engine/kinesis/cbor_writer.ts";
import { type Body, TestKinesis } from "../test_kinesis.ts";

const STREAMS = [{ name: "taxi", shardCount: 2 }];

/** Ten records in shard 0, a second apart; their sequence numbers. */
async function filled(kinesis: TestKinesis): Promise<string[]> {
  const numbers: string[] = [];
  for (let index = 0; index < 10; index++) {
    const { SequenceNumber } = await kinesis.ok("PutRecord", {
      StreamName: "taxi",
      Data: Buffer.from(String(index)),
      PartitionKey: "k",
      ExplicitHashKey: "0",
    });
    numbers.push(SequenceNumber);
    kinesis.clock.advance(1_000);
  }
  return numbers;
}

async function readFrom(
  kinesis: TestKinesis,
  more: Record<string, CborWritable>,
): Promise<string> {
  const ShardIterator = await kinesis.iterator("taxi", 0, more);
  const { Records } = await kinesis.ok("GetRecords", { ShardIterator });
  return Records.map(({ Data }: Body) =>
    Buffer.from(Data, "base64").toString(),
  ).join("");
}

t.test("the five types start where they should", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: STREAMS,
    limits: false,
  });
  const startMs = kinesis.clock.nowMs();
  const numbers = await filled(kinesis);
  const from = (ShardIteratorType: string, more = {}) =>
    readFrom(kinesis, { ShardIteratorType, ...more });
  const at = (StartingSequenceNumber: string | undefined) => ({
    StartingSequenceNumber,
  });
  t.equal(await from("TRIM_HORIZON"), "0123456789");
  t.equal(await from("LATEST"), "");
  t.equal(await from("AT_SEQUENCE_NUMBER", at(numbers[4])), "456789");
  t.equal(await from("AFTER_SEQUENCE_NUMBER", at(numbers[4])), "56789");
  t.equal(await from("AFTER_SEQUENCE_NUMBER", at(numbers[9])), "");
  const time = (ms: number) => ({ Timestamp: new Date(startMs + ms) });
  t.equal(await from("AT_TIMESTAMP", time(0)), "0123456789");
  t.equal(await from("AT_TIMESTAMP", time(-99_999)), "0123456789");
  t.equal(await from("AT_TIMESTAMP", time(3_000)), "3456789");
  t.equal(await from("AT_TIMESTAMP", time(3_001)), "456789");
  t.equal(await from("AT_TIMESTAMP", time(9_500)), "");
});

t.test(
  "a sequence number between two records starts at the next",
  async (t) => {
    const kinesis = await TestKinesis.start(t, {
      streams: STREAMS,
      limits: false,
    });
    const numbers = await filled(kinesis);
    const above = String(BigInt(numbers[4] ?? "") + 1n);
    const below = String(BigInt(numbers[4] ?? "") - 1n);
    for (const ShardIteratorType of [
      "AT_SEQUENCE_NUMBER",
      "AFTER_SEQUENCE_NUMBER",
    ]) {
      const from = (StartingSequenceNumber: string) =>
        readFrom(kinesis, { ShardIteratorType, StartingSequenceNumber });
      t.equal(await from(above), "56789");
      t.equal(await from(below), "456789");
    }
    const { Shards } = await kinesis.ok("ListShards", { StreamName: "taxi" });
    const { StartingSequenceNumber } = Shards[0].SequenceNumberRange;
    for (const ShardIteratorType of [
      "AT_SEQUENCE_NUMBER",
      "AFTER_SEQUENCE_NUMBER",
    ]) {
      const read = await readFrom(kinesis, {
        ShardIteratorType,
        StartingSequenceNumber,
      });
      t.equal(read, "0123456789");
    }
  },
);

t.test("GetShardIterator refuses what the service would", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: STREAMS,
    limits: false,
  });
  const [number = ""] = await filled(kinesis);
  const base = { StreamName: "taxi", ShardId: "shardId-000000000000" };
  const refuse = (input: Record<string, CborWritable>) =>
    kinesis.refusal("GetShardIterator", { ...base, ...input });
  const type = (ShardIteratorType: string) => ({ ShardIteratorType });
  t.match(await refuse({}), {
    type: "ValidationException",
    message: /Value null at 'shardIteratorType'/,
  });
  t.match(await refuse(type("NEWEST")), { type: "ValidationException" });
  t.match(await refuse({ ...type("LATEST"), ShardId: "shardId-9" }), {
    type: "ResourceNotFoundException",
    message:
      "Shard shardId-9 in stream taxi under account 000000000000 does not exist",
  });
  t.match(await refuse({ ...type("LATEST"), StreamName: "none" }), {
    type: "ResourceNotFoundException",
  });
  t.match(await refuse({ ...type("LATEST"), StartingSequenceNumber: number }), {
    type: "InvalidArgumentException",
    message: /also a StartingSequence/,
  });
  t.match(await refuse(type("AT_SEQUENCE_NUMBER")), {
    type: "InvalidArgumentException",
    message: /and no StartingSequenceNumber/,
  });
  t.match(await refuse(type("AT_TIMESTAMP")), {
    type: "InvalidArgumentException",
    message: /Must specify timestamp parameter/,
  });
  t.match(
    await refuse({
      ...type("AT_TIMESTAMP"),
      Timestamp: new Date(kinesis.clock.nowMs() + 1_000),
    }),
    { type: "InvalidArgumentException", message: /cannot be greater than/ },
  );
  for (const [StartingSequenceNumber, ShardId] of [
    [number, "shardId-000000000001"],
    ["0", base.ShardId],
    ["1234", base.ShardId],
  ] as const) {
    t.match(
      await refuse({
        ...type("AT_SEQUENCE_NUMBER"),
        StartingSequenceNumber,
        ShardId,
      }),
      { type: "InvalidArgumentException", message: /did not come from this/ },
    );
  }
  t.match(
    await refuse({
      ...type("AT_SEQUENCE_NUMBER"),
      StartingSequenceNumber: "abc",
    }),
    { type: "ValidationException" },
  );
});

t.test("an iterator expires after its life", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: STREAMS,
    iteratorLifeMs: 5_000,
  });
  const ShardIterator = await kinesis.iterator("taxi");
  kinesis.clock.advance(5_000);
  const { NextShardIterator } = await kinesis.ok("GetRecords", {
    ShardIterator,
  });
  kinesis.clock.advance(1);
  t.match(await kinesis.refusal("GetRecords", { ShardIterator }), {
    type: "ExpiredIteratorException",
    message:
      "Iterator expired. The iterator was created at time Fri Jan 01 00:00:00 UTC 2016 while right now it is Fri Jan 01 00:00:05 UTC 2016 which is further in the future than the tolerated delay of 5000 milliseconds.",
  });
  // The next one was given out later.
  t.equal(
    (await kinesis.call("GetRecords", { ShardIterator: NextShardIterator }))
      .status,
    200,
  );
});

t.test("an iterator lives five minutes unless told otherwise", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const ShardIterator = await kinesis.iterator("taxi");
  kinesis.clock.advance(300_000);
  await kinesis.ok("GetRecords", { ShardIterator });
  kinesis.clock.advance(1);
  t.match(await kinesis.refusal("GetRecords", { ShardIterator }), {
    type: "ExpiredIteratorException",
  });
});

t.test("GetRecords refuses iterators it didn't give out", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const other = await TestKinesis.start(t, { streams: STREAMS });
  const own = await kinesis.iterator("taxi");
  const changed = Buffer.from(own, "base64");
  changed[20] = (changed[20] ?? 0) ^ 1;
  for (const ShardIterator of [
    "x",
    await other.iterator("taxi"),
    changed.toString("base64"),
    `${own}AAAA`,
  ]) {
    t.match(await kinesis.refusal("GetRecords", { ShardIterator }), {
      type: "InvalidArgumentException",
      message: "Invalid ShardIterator.",
    });
  }
  t.match(
    await kinesis.refusal("GetRecords", { ShardIterator: "x".repeat(513) }),
    { type: "ValidationException" },
  );
});

t.test("GetShardIterator is throttled at 5 calls a second", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  for (let call = 0; call < 5; call++) await kinesis.iterator("taxi");
  const input = {
    StreamName: "taxi",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "LATEST",
  };
  t.match(await kinesis.refusal("GetShardIterator", input), {
    type: "ProvisionedThroughputExceededException",
  });
  await kinesis.iterator("taxi", 1);
  kinesis.clock.advance(200);
  await kinesis.iterator("taxi");
});
