/** Streams: made, described, listed, changed, deleted; by name and by ARN. */
import t from "tap";
import { TestKinesis } from "../test_kinesis.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";

t.test("CreateStream makes a stream that can be described", async (t) => {
  const kinesis = await TestKinesis.start(t);
  await kinesis.ok("CreateStream", { StreamName: "taxi", ShardCount: 3 });
  for (const input of [
    { StreamName: "taxi" },
    { StreamARN: ARN },
    { StreamName: "taxi", StreamARN: ARN },
  ]) {
    const { StreamDescription: stream } = await kinesis.ok(
      "DescribeStream",
      input,
    );
    t.equal(stream.StreamARN, ARN);
    t.equal(stream.StreamStatus, "ACTIVE");
    t.equal(stream.StreamCreationTimestamp, kinesis.clock.nowMs() / 1_000);
    t.equal(stream.RetentionPeriodHours, 24);
    t.equal(stream.HasMoreShards, false);
    t.same(
      stream.Shards.map(({ ShardId }: { ShardId: string }) => ShardId),
      ["shardId-000000000000", "shardId-000000000001", "shardId-000000000002"],
    );
  }
  const { StreamDescriptionSummary: summary } = await kinesis.ok(
    "DescribeStreamSummary",
    { StreamARN: ARN },
  );
  t.match(summary, {
    StreamName: "taxi",
    OpenShardCount: 3,
    ConsumerCount: 0,
    EncryptionType: "NONE",
    MaxRecordSizeInKiB: 1_024,
    StreamModeDetails: { StreamMode: "PROVISIONED" },
  });
});

t.test("times are seconds in JSON and milliseconds in CBOR", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
  });
  kinesis.clock.advance(123);
  const input = { StreamName: "taxi" };
  const json = await kinesis.ok("DescribeStreamSummary", input);
  const cbor = await kinesis.ok("DescribeStreamSummary", input, {
    wire: "cbor",
  });
  const of = (body: typeof json) =>
    body["StreamDescriptionSummary"].StreamCreationTimestamp;
  t.equal(of(json), 1_451_606_400);
  t.equal(of(cbor), 1_451_606_400_000);
});

t.test("CreateStream refuses what the service would", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
  });
  const refuse = (input: Record<string, string | number | object>) =>
    kinesis.refusal("CreateStream", input as Record<string, string>);
  t.match(await refuse({ StreamName: "taxi", ShardCount: 1 }), {
    type: "ResourceInUseException",
    message: "Stream taxi under account 000000000000 already exists.",
  });
  t.match(await refuse({ StreamName: "a", ShardCount: 500 }), {
    type: "LimitExceededException",
    message: /would exceed the shard limit .* Limit: 500\./,
  });
  t.match(await refuse({ StreamName: "a" }), { type: "ValidationException" });
  t.match(await refuse({ ShardCount: 1 }), {
    type: "ValidationException",
    message:
      "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null",
  });
  t.match(await refuse({ StreamName: "a b!", ShardCount: 0 }), {
    type: "ValidationException",
    message:
      "2 validation errors detected: Value 'a b!' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1",
  });
  t.match(
    await refuse({ StreamName: "a", ShardCount: 1, MaxRecordSizeInKiB: 1 }),
    { type: "ValidationException", message: /'maxRecordSizeInKiB'/ },
  );
  t.match(await refuse({ StreamName: 7, ShardCount: 1 }), {
    type: "SerializationException",
  });
  t.match(await refuse({ StreamName: "a", ShardCount: "1" }), {
    type: "SerializationException",
  });
  t.match(
    await refuse({
      StreamName: "a",
      StreamModeDetails: { StreamMode: "OTHER" },
    }),
    {
      type: "ValidationException",
      message: /enum value set: \[PROVISIONED, ON_DEMAND\]/,
    },
  );
});

t.test("an on-demand stream starts with 4 shards", async (t) => {
  const kinesis = await TestKinesis.start(t);
  await kinesis.ok("CreateStream", {
    StreamName: "od",
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
  });
  const { StreamDescriptionSummary: summary } = await kinesis.ok(
    "DescribeStreamSummary",
    { StreamName: "od" },
  );
  t.equal(summary.OpenShardCount, 4);
  const limits = await kinesis.ok("DescribeLimits", {});
  t.match(limits, {
    ShardLimit: 500,
    OpenShardCount: 4,
    OnDemandStreamCount: 1,
  });
});

t.test("a stream that isn't named is refused", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
  });
  const refuse = (input: Record<string, string>) =>
    kinesis.refusal("DescribeStream", input);
  t.match(await refuse({}), { type: "InvalidArgumentException" });
  t.match(await refuse({ StreamName: "none" }), {
    type: "ResourceNotFoundException",
    message: "Stream none under account 000000000000 not found.",
  });
  t.match(await refuse({ StreamName: "other", StreamARN: ARN }), {
    type: "InvalidArgumentException",
  });
  t.match(await refuse({ StreamARN: "taxi" }), { type: "ValidationException" });
  for (const arn of [
    ARN.replace("us-east-1", "eu-west-1"),
    ARN.replace("000000000000", "123456789012"),
    `${ARN}s`,
  ]) {
    const refused = await refuse({ StreamARN: arn });
    t.equal(refused.type, "ResourceNotFoundException", arn);
  }
});

t.test("creating and deleting take their time", async (t) => {
  const kinesis = await TestKinesis.start(t, { stateChangeMs: 1_000 });
  const taxi = { StreamName: "taxi" };
  await kinesis.ok("CreateStream", { ...taxi, ShardCount: 2 });
  const { StreamDescription: creating } = await kinesis.ok(
    "DescribeStream",
    taxi,
  );
  t.match(creating, { StreamStatus: "CREATING", Shards: [] });
  t.match(await kinesis.refusal("ListShards", taxi), {
    type: "ResourceInUseException",
  });
  const record = { ...taxi, Data: Buffer.from("x"), PartitionKey: "k" };
  t.match(await kinesis.refusal("PutRecord", record), {
    type: "ResourceNotFoundException",
  });
  t.match(
    await kinesis.refusal("IncreaseStreamRetentionPeriod", {
      ...taxi,
      RetentionPeriodHours: 48,
    }),
    { type: "ResourceInUseException" },
  );
  kinesis.clock.advance(1_000);
  t.equal((await kinesis.ok("ListShards", taxi))["Shards"].length, 2);
  const ShardIterator = await kinesis.iterator("taxi");
  await kinesis.ok("DeleteStream", taxi);
  const { StreamDescription: deleting } = await kinesis.ok(
    "DescribeStream",
    taxi,
  );
  t.equal(deleting.StreamStatus, "DELETING");
  t.match(await kinesis.refusal("GetRecords", { ShardIterator }), {
    type: "ResourceNotFoundException",
  });
  kinesis.clock.advance(1_000);
  t.match(await kinesis.refusal("DescribeStream", taxi), {
    type: "ResourceNotFoundException",
  });
  await kinesis.ok("CreateStream", { ...taxi, ShardCount: 1 });
});

t.test("a stream of the same name is another stream", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
  });
  const ShardIterator = await kinesis.iterator("taxi");
  await kinesis.ok("DeleteStream", { StreamName: "taxi" });
  await kinesis.ok("CreateStream", { StreamName: "taxi", ShardCount: 1 });
  t.match(await kinesis.refusal("GetRecords", { ShardIterator }), {
    type: "ResourceNotFoundException",
    message: /Shard shardId-000000000000 in stream taxi .* does not exist/,
  });
});

t.test("ListStreams pages through the names in order", async (t) => {
  const names = ["b", "a", "d", "c", "e"];
  const kinesis = await TestKinesis.start(t, {
    streams: names.map((name) => ({ name, shardCount: 1 })),
  });
  const seen: string[][] = [];
  let NextToken: string | undefined;
  do {
    const page = await kinesis.ok("ListStreams", { Limit: 2, NextToken });
    seen.push(page["StreamNames"]);
    t.equal(page["HasMoreStreams"], page["NextToken"] !== undefined);
    t.equal(page["StreamSummaries"][0].StreamName, page["StreamNames"][0]);
    NextToken = page["NextToken"];
  } while (NextToken !== undefined);
  t.same(seen, [["a", "b"], ["c", "d"], ["e"]]);
  const rest = await kinesis.ok("ListStreams", {
    ExclusiveStartStreamName: "c",
  });
  t.same(rest["StreamNames"], ["d", "e"]);
});

t.test("DescribeStream gives 100 shards at once", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 150 }],
  });
  const first = await kinesis.ok("DescribeStream", { StreamName: "taxi" });
  t.equal(first["StreamDescription"].Shards.length, 100);
  t.equal(first["StreamDescription"].HasMoreShards, true);
  const rest = await kinesis.ok("DescribeStream", {
    StreamName: "taxi",
    ExclusiveStartShardId: first["StreamDescription"].Shards[99].ShardId,
  });
  t.equal(rest["StreamDescription"].Shards.length, 50);
  t.equal(rest["StreamDescription"].HasMoreShards, false);
});

t.test("the retention goes up and down within its bounds", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 1 }],
  });
  const input = (RetentionPeriodHours: number) => ({
    StreamName: "taxi",
    RetentionPeriodHours,
  });
  const increase = "IncreaseStreamRetentionPeriod";
  const decrease = "DecreaseStreamRetentionPeriod";
  await kinesis.ok(increase, input(8_760));
  await kinesis.ok(decrease, input(48));
  const { StreamDescriptionSummary: summary } = await kinesis.ok(
    "DescribeStreamSummary",
    { StreamName: "taxi" },
  );
  t.equal(summary.RetentionPeriodHours, 48);
  for (const [operation, hours, message] of [
    [increase, 24, /can not be shorter than existing/],
    [decrease, 49, /can not be longer than existing/],
    [increase, 8_761, /Maximum allowed retention period is 8760 hours/],
    [decrease, 23, /Minimum allowed retention period is 24 hours/],
  ] as const) {
    t.match(await kinesis.refusal(operation, input(hours)), {
      type: "InvalidArgumentException",
      message,
    });
  }
});
