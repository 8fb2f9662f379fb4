/** What is asked of both stand-ins, in this order. */
import type { CborWritable } from "../../engine/kinesis/cbor_writer.ts";
import type { KinesisApi, Wire } from "./kinesis_api.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";
const LAST_HASH_KEY = String(2n ** 128n - 1n);

type Input = Record<string, CborWritable>;

async function streams(api: KinesisApi): Promise<void> {
  await api.step("create", "CreateStream", { StreamName: "s1", ShardCount: 3 });
  await api.create("s2", 1);
  await api.until(async () => {
    const { body } = await api.call("DescribeStream", { StreamName: "s1" });
    return body?.StreamDescription?.StreamStatus === "ACTIVE";
  });
  await api.step("create again", "CreateStream", {
    StreamName: "s1",
    ShardCount: 1,
  });
  for (const [how, input] of [
    ["by name", { StreamName: "s1" }],
    ["by ARN", { StreamARN: `${ARN}s1` }],
  ] as const) {
    await api.step(`describe ${how}`, "DescribeStream", input);
    await api.step(`summary ${how}`, "DescribeStreamSummary", input);
    await api.step(`shards ${how}`, "ListShards", input);
  }
  api.wire = "cbor";
  await api.step("summary in CBOR", "DescribeStreamSummary", {
    StreamName: "s1",
  });
  api.wire = "json";
  await api.step("describe a part", "DescribeStream", {
    StreamName: "s1",
    Limit: 1,
    ExclusiveStartShardId: "shardId-000000000000",
  });
  await api.step("list", "ListStreams", {});
  await api.step("list one", "ListStreams", { Limit: 1 });
  await api.step("list after", "ListStreams", {
    ExclusiveStartStreamName: "s1",
  });
  await api.step("delete", "DeleteStream", { StreamARN: `${ARN}s2` });
  await api.until(async () => {
    const { status } = await api.call("DescribeStream", { StreamName: "s2" });
    return status !== 200;
  });
  await api.step("describe deleted", "DescribeStream", { StreamName: "s2" });
  await api.step("delete again", "DeleteStream", { StreamName: "s2" });
}

async function shards(api: KinesisApi): Promise<void> {
  await api.create("h1", 5);
  const first = await api.step("shards 1 to 2", "ListShards", {
    StreamName: "h1",
    MaxResults: 2,
  });
  const second = await api.step("shards 3 to 4", "ListShards", {
    NextToken: first.NextToken,
    MaxResults: 2,
  });
  await api.step("the last shard", "ListShards", {
    NextToken: second.NextToken,
  });
  await api.step("shards after", "ListShards", {
    StreamName: "h1",
    ExclusiveStartShardId: "shardId-000000000002",
  });
  await api.step("token and name", "ListShards", {
    NextToken: first.NextToken,
    StreamName: "h1",
  });
  await api.step("a token of nothing", "ListShards", { NextToken: "nothing" });
  const now = new Date();
  for (const [name, filter] of Object.entries({
    "at latest": { Type: "AT_LATEST" },
    "at trim horizon": { Type: "AT_TRIM_HORIZON" },
    "from trim horizon": { Type: "FROM_TRIM_HORIZON" },
    "after a shard": {
      Type: "AFTER_SHARD_ID",
      ShardId: "shardId-000000000001",
    },
    "at now": { Type: "AT_TIMESTAMP", Timestamp: now },
    "from now": { Type: "FROM_TIMESTAMP", Timestamp: now },
    "after no shard": { Type: "AFTER_SHARD_ID" },
    "at no time": { Type: "AT_TIMESTAMP" },
    "at nothing": { Type: "NOTHING" },
  })) {
    await api.step(`shards ${name}`, "ListShards", {
      StreamName: "h1",
      ShardFilter: filter,
    });
  }
}

function records(): Input[] {
  const keys = ["a", "b", "key 3", "é", "k".repeat(256)];
  return [
    ...keys.map((PartitionKey, index) => ({
      Data: Buffer.from([0, 255, index]),
      PartitionKey,
    })),
    { Data: Buffer.alloc(0), PartitionKey: "empty" },
    ...["0", LAST_HASH_KEY, String(2n ** 127n)].map((ExplicitHashKey) => ({
      Data: Buffer.from("x"),
      PartitionKey: "a",
      ExplicitHashKey,
    })),
  ];
}

async function readAll(api: KinesisApi, stream: string): Promise<void> {
  for (const shardIndex of [0, 1, 2]) {
    const { body } = await api.call("GetShardIterator", {
      StreamName: stream,
      ShardId: `shardId-00000000000${shardIndex}`,
      ShardIteratorType: "TRIM_HORIZON",
    });
    await api.step(`${api.wire}: read shard ${shardIndex}`, "GetRecords", {
      ShardIterator: body.ShardIterator,
    });
  }
}

async function data(api: KinesisApi, wire: Wire): Promise<void> {
  const stream = `d-${wire}`;
  api.wire = wire;
  await api.create(stream, 3);
  await api.step(`${wire}: put many`, "PutRecords", {
    StreamName: stream,
    Records: records(),
  });
  for (const [index, record] of records().entries()) {
    await api.step(`${wire}: put one ${index}`, "PutRecord", {
      StreamARN: `${ARN}${stream}`,
      ...record,
    });
  }
  await readAll(api, stream);
  api.wire = "json";
}

async function places(api: KinesisApi): Promise<void> {
  await api.create("p1", 1);
  const numbers: string[] = [];
  const startMs = Date.now();
  for (const letter of "abcd") {
    const { body } = await api.call("PutRecord", {
      StreamName: "p1",
      Data: Buffer.from(letter),
      PartitionKey: "k",
    });
    numbers.push(body.SequenceNumber);
  }
  const base = { StreamName: "p1", ShardId: "shardId-000000000000" };
  const StartingSequenceNumber = numbers[1] ?? "";
  for (const [name, more] of Object.entries({
    "trim horizon": { ShardIteratorType: "TRIM_HORIZON" },
    latest: { ShardIteratorType: "LATEST" },
    at: { ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber },
    after: {
      ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
      StartingSequenceNumber,
    },
    "the start's time": {
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: new Date(startMs - 1_000),
    },
  })) {
    const { ShardIterator } = await api.step(
      `iterator: ${name}`,
      "GetShardIterator",
      { ...base, ...more },
    );
    const first = await api.step(`one record from ${name}`, "GetRecords", {
      ShardIterator,
      Limit: 1,
    });
    await api.step(`the rest from ${name}`, "GetRecords", {
      ShardIterator: first.NextShardIterator,
    });
  }
}

const REFUSED: readonly (readonly [string, string, Input])[] = [
  ["no such stream", "DescribeStream", { StreamName: "none" }],
  ["no such ARN", "DescribeStream", { StreamARN: `${ARN}none` }],
  ["no stream", "DescribeStream", {}],
  ["a bad name", "DescribeStream", { StreamName: "a b" }],
  ["an empty name", "DescribeStream", { StreamName: "" }],
  ["a long name", "DescribeStream", { StreamName: "a".repeat(129) }],
  ["a bad ARN", "DescribeStream", { StreamARN: "r1" }],
  ["a number for a name", "DescribeStream", { StreamName: 7 }],
  ["no shards", "CreateStream", { StreamName: "r2", ShardCount: 0 }],
  ["too many shards", "CreateStream", { StreamName: "r2", ShardCount: 501 }],
  ["a limit too high", "DescribeStream", { StreamName: "r1", Limit: 10_001 }],
  [
    "no type of iterator",
    "GetShardIterator",
    { StreamName: "r1", ShardId: "shardId-000000000000" },
  ],
  [
    "a bad type of iterator",
    "GetShardIterator",
    {
      StreamName: "r1",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "X",
    },
  ],
  [
    "no such shard",
    "GetShardIterator",
    {
      StreamName: "r1",
      ShardId: "shardId-000000000009",
      ShardIteratorType: "LATEST",
    },
  ],
  [
    "no starting number",
    "GetShardIterator",
    {
      StreamName: "r1",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "AT_SEQUENCE_NUMBER",
    },
  ],
  [
    "a starting number of nothing",
    "GetShardIterator",
    {
      StreamName: "r1",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "AT_SEQUENCE_NUMBER",
      StartingSequenceNumber: "1",
    },
  ],
  [
    "a time to come",
    "GetShardIterator",
    {
      StreamName: "r1",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: new Date("2100-01-01T00:00:00Z"),
    },
  ],
  ["an iterator of nothing", "GetRecords", { ShardIterator: "nothing" }],
  ["no iterator", "GetRecords", {}],
  [
    "a limit of records too high",
    "GetRecords",
    { ShardIterator: "nothing", Limit: 10_001 },
  ],
  ["no key", "PutRecord", { StreamName: "r1", Data: Buffer.from("x") }],
  ["no data", "PutRecord", { StreamName: "r1", PartitionKey: "k" }],
  [
    "an empty key",
    "PutRecord",
    { StreamName: "r1", Data: Buffer.from("x"), PartitionKey: "" },
  ],
  [
    "a long key",
    "PutRecord",
    {
      StreamName: "r1",
      Data: Buffer.from("x"),
      PartitionKey: "k".repeat(257),
    },
  ],
  [
    "a hash key too high",
    "PutRecord",
    {
      StreamName: "r1",
      Data: Buffer.from("x"),
      PartitionKey: "k",
      ExplicitHashKey: String(2n ** 128n),
    },
  ],
  [
    "a bad hash key",
    "PutRecord",
    {
      StreamName: "r1",
      Data: Buffer.from("x"),
      PartitionKey: "k",
      ExplicitHashKey: "0x1",
    },
  ],
  [
    "a record too large",
    "PutRecord",
    {
      StreamName: "r1",
      Data: Buffer.alloc(1_048_577),
      PartitionKey: "k",
    },
  ],
  [
    "put to no stream",
    "PutRecord",
    { StreamName: "none", Data: Buffer.from("x"), PartitionKey: "k" },
  ],
  ["no records", "PutRecords", { StreamName: "r1", Records: [] }],
  [
    "501 records",
    "PutRecords",
    {
      StreamName: "r1",
      Records: Array.from({ length: 501 }, () => ({
        Data: Buffer.from("x"),
        PartitionKey: "k",
      })),
    },
  ],
  ["records of no list", "PutRecords", { StreamName: "r1", Records: "x" }],
  ["no such operation", "Nothing", {}],
];

async function refusals(api: KinesisApi): Promise<void> {
  await api.create("r1", 1);
  for (const [name, operation, input] of REFUSED) {
    await api.step(`refused: ${name}`, operation, input);
  }
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "Kinesis_20131202.ListStreams",
  };
  api.note("refused: no signature", await api.post(headers, Buffer.from("{}")));
}

async function retention(api: KinesisApi): Promise<void> {
  await api.create("t1", 1);
  for (const [operation, hours] of [
    ["Increase", 48],
    ["Increase", 24],
    ["Decrease", 72],
    ["Decrease", 24],
    ["Decrease", 23],
    ["Increase", 8_761],
    ["Increase", 8_760],
  ] as const) {
    await api.step(
      `${operation} the retention to ${hours} h`,
      `${operation}StreamRetentionPeriod`,
      { StreamName: "t1", RetentionPeriodHours: hours },
    );
  }
  await api.step("the retention", "DescribeStreamSummary", {
    StreamName: "t1",
  });
}

/** Runs everything. */
export async function runScenarios(api: KinesisApi): Promise<void> {
  await streams(api);
  await shards(api);
  await data(api, "json");
  await data(api, "cbor");
  await places(api);
  await refusals(api);
  await retention(api);
}
