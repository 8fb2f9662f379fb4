/** PutRecord and PutRecords: routing, sizes, throttling, refusals. */
import { createHash } from "node:crypto";
import t from "tap";
import type { CborWritable } from "../../../../engine/kinesis/cbor_writer.ts";
import { type Body, TestKinesis } from "../test_kinesis.ts";

const STREAMS = [{ name: "taxi", shardCount: 4 }];
const MIB = 1024 ** 2;
const WIRES = ["json", "cbor"] as const;

function record(data: string | Buffer, PartitionKey = "k") {
  return { Data: Buffer.from(data), PartitionKey };
}

/** The shard's number by the definition, in big integers. */
function shardIndexOf(hashKey: bigint, shardCount: number): number {
  const size = 2n ** 128n / BigInt(shardCount);
  return Math.min(Number(hashKey / size), shardCount - 1);
}

t.test("records go to the shard of their key's MD5", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: [{ name: "taxi", shardCount: 7 }],
  });
  const keys = Array.from({ length: 60 }, (_, index) => `key ${index} é`);
  for (const wire of WIRES) {
    const { Records } = await kinesis.ok(
      "PutRecords",
      { StreamName: "taxi", Records: keys.map((key) => record("x", key)) },
      { wire },
    );
    for (const [index, key] of keys.entries()) {
      const md5 = createHash("md5").update(key).digest("hex");
      const expected = shardIndexOf(BigInt(`0x${md5}`), 7);
      t.equal(Number(Records[index].ShardId.slice(8)), expected);
    }
  }
});

t.test("an ExplicitHashKey goes before the partition key", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const quarter = 2n ** 126n;
  const cases = [
    [0n, 0],
    [quarter - 1n, 0],
    [quarter, 1],
    [3n * quarter, 3],
    [2n ** 128n - 1n, 3],
  ] as const;
  for (const [key, shardIndex] of cases) {
    const input = { ...record("x"), ExplicitHashKey: String(key) };
    const one = await kinesis.ok("PutRecord", { StreamName: "taxi", ...input });
    const { Records } = await kinesis.ok(
      "PutRecords",
      { StreamName: "taxi", Records: [input] },
      { wire: "cbor" },
    );
    for (const { ShardId } of [one as { ShardId: string }, Records[0]]) {
      t.equal(Number(ShardId.slice(8)), shardIndex);
    }
  }
  const beyond = { ...record("x"), ExplicitHashKey: String(2n ** 128n) };
  for (const wire of WIRES) {
    t.match(
      await kinesis.refusal(
        "PutRecords",
        { StreamName: "taxi", Records: [beyond] },
        { wire },
      ),
      {
        type: "InvalidArgumentException",
        message: /must be in the range: \[0, 2\^128-1\]/,
      },
    );
  }
});

t.test("sequence numbers rise in each shard, whatever the clock", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: STREAMS,
    limits: false,
  });
  let before = "";
  for (let index = 0; index < 20; index++) {
    kinesis.clock.jumpMs = index === 10 ? -3_600_000 : 0;
    const { SequenceNumber } = await kinesis.ok("PutRecord", {
      StreamName: "taxi",
      ...record("x"),
    });
    t.match(SequenceNumber, /^\d{56}$/);
    t.ok(SequenceNumber > before);
    before = SequenceNumber;
  }
  const all = await kinesis.arrivals("taxi", 4);
  t.equal(all.length, 20);
  t.same(
    all,
    all.toSorted((a, b) => a - b),
  );
});

t.test("a record may have 1 MiB, data and key", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const put = (data: Buffer) => ({ StreamName: "taxi", ...record(data) });
  await kinesis.ok("PutRecord", put(Buffer.alloc(MIB - 1)));
  t.match(await kinesis.refusal("PutRecord", put(Buffer.alloc(MIB))), {
    type: "InvalidArgumentException",
    message: /Record size of 1048577 bytes/,
  });
  t.match(await kinesis.refusal("PutRecord", put(Buffer.alloc(MIB + 1))), {
    type: "ValidationException",
    message:
      "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576",
  });
  for (const wire of WIRES) {
    const Records = [record("x"), record(Buffer.alloc(MIB + 1))];
    t.match(
      await kinesis.refusal(
        "PutRecords",
        { StreamName: "taxi", Records },
        { wire },
      ),
      { type: "ValidationException", message: /'records\.2\.member\.data'/ },
    );
  }
  t.equal(kinesis.server.stats().recordsPut, 1);
});

t.test("UpdateMaxRecordSize lets larger records in", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";
  await kinesis.ok("UpdateMaxRecordSize", {
    StreamARN: arn,
    MaxRecordSizeInKiB: 2_048,
  });
  const put = (bytes: number) =>
    kinesis.call("PutRecord", {
      StreamName: "taxi",
      ...record(Buffer.alloc(bytes)),
    });
  kinesis.clock.advance(2_000);
  t.equal((await put(2 * MIB - 1)).status, 200);
  t.equal((await put(2 * MIB)).status, 400);
});

t.test("PutRecords takes 500 records and 10 MiB", async (t) => {
  const kinesis = await TestKinesis.start(t, {
    streams: STREAMS,
    limits: false,
  });
  for (const wire of WIRES) {
    const call = (count: number, bytes: number) =>
      kinesis.call(
        "PutRecords",
        {
          StreamName: "taxi",
          Records: Array.from({ length: count }, () =>
            record(Buffer.alloc(bytes)),
          ),
        },
        { wire },
      );
    t.equal((await call(500, 10)).status, 200);
    t.match((await call(501, 10)).body, {
      __type: "ValidationException",
      message: /'records' failed .* less than or equal to 500$/,
    });
    t.match((await call(0, 10)).body, { __type: "ValidationException" });
    t.equal((await call(10, MIB - 1)).status, 200);
    t.match((await call(11, MIB - 10)).body, {
      __type: "InvalidArgumentException",
      message: "Records size exceeds 10 MB limit",
    });
  }
});

t.test("PutRecords refuses single records of a full shard", async (t) => {
  for (const wire of WIRES) {
    const kinesis = await TestKinesis.start(t, {
      streams: [{ name: "taxi", shardCount: 2 }],
    });
    const hashKeys = ["0", String(2n ** 128n - 1n)];
    const Records = Array.from({ length: 400 }, (_, index) => ({
      ...record(Buffer.alloc(4_000)),
      ExplicitHashKey: hashKeys[index % 4 === 0 ? 1 : 0] ?? "0",
    }));
    const answer = await kinesis.ok(
      "PutRecords",
      { StreamName: "taxi", Records },
      { wire },
    );
    // 300 records of 4,001 bytes for the first shard; 262 fill 1 MiB.
    t.equal(answer["FailedRecordCount"], 38);
    const refused = answer["Records"].filter(
      ({ ErrorCode }: Body) => ErrorCode !== undefined,
    );
    t.equal(refused.length, 38);
    t.same(refused[0], {
      ErrorCode: "ProvisionedThroughputExceededException",
      ErrorMessage:
        "Rate exceeded for shard shardId-000000000000 in stream taxi under account 000000000000.",
    });
    kinesis.clock.advance(1_000);
    const again = await kinesis.ok(
      "PutRecords",
      { StreamName: "taxi", Records: Records.slice(0, 1) },
      { wire },
    );
    t.equal(again["FailedRecordCount"], 0);
    t.equal((await kinesis.read("taxi", 0)).length, 262);
    t.equal((await kinesis.read("taxi", 1)).length, 101);
    const { recordsPut, throttledPuts } = kinesis.server.stats();
    t.same([recordsPut, throttledPuts], [363, 38]);
  }
});

t.test("PutRecord is refused by a full shard", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const input = { StreamName: "taxi", ...record(Buffer.alloc(600_000)) };
  await kinesis.ok("PutRecord", input);
  t.match(await kinesis.refusal("PutRecord", input), {
    type: "ProvisionedThroughputExceededException",
    message: /^Rate exceeded for shard shardId-\d{12} in stream taxi under/,
    status: 400,
  });
  kinesis.clock.advance(1_000);
  await kinesis.ok("PutRecord", input);
});

t.test("records that are wrong are refused, and none is stored", async (t) => {
  const kinesis = await TestKinesis.start(t, { streams: STREAMS });
  const good = record("x");
  const cases: readonly (readonly [CborWritable, string])[] = [
    [{ Data: Buffer.from("x") }, "ValidationException"],
    [{ PartitionKey: "k" }, "ValidationException"],
    [record("x", ""), "ValidationException"],
    [record("x", "k".repeat(257)), "ValidationException"],
    [{ ...good, ExplicitHashKey: "01" }, "ValidationException"],
    [{ ...good, PartitionKey: 1 }, "SerializationException"],
    [{ ...good, Data: 1 }, "SerializationException"],
    [{ ...good, Data: { a: 1 } }, "SerializationException"],
    [7, "SerializationException"],
    [null, "SerializationException"],
    [[], "SerializationException"],
  ];
  for (const wire of WIRES) {
    for (const [bad, type] of cases) {
      const refused = await kinesis.refusal(
        "PutRecords",
        { StreamName: "taxi", Records: [good, bad] },
        { wire },
      );
      t.equal(refused.type, type, JSON.stringify(bad));
    }
  }
  t.equal(
    (
      await kinesis.refusal("PutRecords", {
        StreamName: "taxi",
        Records: [{ ...good, Data: "not base64!" }],
      })
    ).type,
    "SerializationException",
  );
  t.equal(
    (
      await kinesis.refusal("PutRecords", {
        StreamName: "none",
        Records: [good],
      })
    ).type,
    "ResourceNotFoundException",
  );
  t.equal(kinesis.server.stats().recordsPut, 0);
});
