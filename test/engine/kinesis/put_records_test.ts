/**
 * The sender of PutRecords. Goal: every record arrives, once, in order, and
 * watermarks keep their promise, whatever is refused on the way. Method: the
 * real client and lanes against a stream in memory, whose failures are drawn
 * from a seed; a clock that wakes its sleepers in order and never waits.
 */
import t, { type Test } from "tap";
import { decodeCbor } from "../../../engine/kinesis/cbor_reader.ts";
import { AggregatedRecordReader } from "../../../engine/kinesis/kpl_reader.ts";
import { PutBatch } from "../../../engine/kinesis/put_batch.ts";
import { encodePutRecords } from "../../../engine/kinesis/put_body_kernel.ts";
import type { PutChunk } from "../../../engine/kinesis/put_chunk.ts";
import { PutRecordsClient } from "../../../engine/kinesis/put_client.ts";
import { PACKED_RUN_RECORDS } from "../../../engine/kinesis/put_limits.ts";
import { PutRecordsSender } from "../../../engine/kinesis/put_records.ts";
import { putShards } from "../../../engine/kinesis/put_shard.ts";
import { noAnswer } from "../../../engine/kinesis/request_error.ts";
import { Random } from "../../../engine/replay/random.ts";
import { testCredentialsSource } from "../../helpers/credentials.ts";
import { JumpingClock } from "./jumping_clock.ts";
import { evenShards, MemoryStream } from "./memory_stream.ts";

/** Records that say their number, acknowledged ones remembered. */
class NumberedChunk implements PutChunk {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly acknowledged: number[];

  constructor(first: number, count: number, acknowledged: number[] = []) {
    const texts = Array.from({ length: count }, (_, i) => `${first + i}`);
    this.bytes = Buffer.from(texts.join(""));
    this.starts = new Uint32Array(count);
    this.ends = new Uint32Array(count);
    this.acknowledged = acknowledged;
    this.#first = first;
    let end = 0;
    texts.forEach((text, i) => {
      this.starts[i] = end;
      end += text.length;
      this.ends[i] = end;
    });
  }

  readonly #first: number;

  acknowledge(index: number): void {
    this.acknowledged.push(this.#first + index);
  }
}

const NEVER = new AbortController().signal;

interface Opened {
  readonly sender: PutRecordsSender;
  readonly credentials: ReturnType<typeof testCredentialsSource>;
  readonly clock: JumpingClock;
}

async function open(
  t: Test,
  stream: MemoryStream,
  options: { aggregate?: boolean; pacing?: boolean; seed?: number } = {},
): Promise<Opened> {
  const { aggregate = false, pacing = false, seed = 1 } = options;
  const clock = new JumpingClock();
  const random = new Random(seed);
  const credentials = testCredentialsSource();
  const client = new PutRecordsClient({
    connection: {
      region: "us-east-1",
      endpoint: "http://127.0.0.1:4567",
      credentials,
      caPem: "",
    },
    stream: "taxi",
    transport: stream,
    clock,
  });
  const sender = await PutRecordsSender.open({
    put: (batch, signal) => client.put(batch, signal),
    listShards: async () => stream.shards,
    target: { endpoint: "http://127.0.0.1:4567", stream: "taxi" },
    aggregate,
    pacing,
    clock,
    random: () => random.unit(),
  });
  t.teardown(() => sender.close().catch(() => {}));
  return { sender, credentials, clock };
}

/** User records of a stream's Kinesis records, taken apart where packed. */
function userRecords(stream: MemoryStream, shardId: string): string[] {
  return (stream.records.get(shardId) ?? []).flatMap(({ data }) => {
    const reader = new AggregatedRecordReader();
    if (!reader.read(data, 0, data.length)) return [data.toString()];
    return Array.from({ length: reader.count }, (_, i) =>
      data.toString("utf8", reader.data.starts[i], reader.data.ends[i]),
    );
  });
}

function numbersOf(stream: MemoryStream): number[] {
  return stream.shards
    .flatMap(({ shardId }) => userRecords(stream, shardId))
    .filter((text) => /^\d+$/.test(text))
    .map(Number);
}

function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

for (const aggregate of [false, true]) {
  t.test(
    `every record arrives once under 20 % throttling, aggregate ${aggregate}`,
    async (t) => {
      const random = new Random(7);
      const stream = new MemoryStream({
        shardCount: 5,
        judge: () =>
          random.unit() < 0.2 ? "ProvisionedThroughputExceededException" : "",
      });
      const { sender } = await open(t, stream, { aggregate });
      const acknowledged: number[] = [];
      const count = 10_000;
      const chunk = new NumberedChunk(0, count, acknowledged);
      for (let i = 0; i < count; i++) sender.enqueue(chunk, i);
      await sender.drained(NEVER);
      t.strictSame(ascending(numbersOf(stream)), upTo(count));
      t.strictSame(ascending(acknowledged), upTo(count));
      const { counts } = sender;
      t.equal(counts.acknowledged, count);
      t.ok(counts.refused > 0, `${counts.refused} refused`);
      t.equal(counts.kinesisRecords, stream.all.length);
      t.equal(counts.acknowledgedBytes, chunk.bytes.length);
      t.ok(sender.hasRoom);
    },
  );
}

t.test("a record overtakes only one refused in its own request", async (t) => {
  const random = new Random(3);
  const requests: { shardId: string; numbers: number[] }[][] = [];
  const stream = new MemoryStream({
    shardCount: 3,
    judge: ({ data, shardId }) => {
      const index = stream.requestSizes.length;
      const request = requests[index] ?? [];
      requests[index] = request;
      const found = request.find((one) => one.shardId === shardId);
      if (found === undefined) {
        request.push({ shardId, numbers: [Number(data)] });
      } else found.numbers.push(Number(data));
      return random.unit() < 0.3 ? "InternalFailure" : "";
    },
    before: async (_, index) => {
      if (index % 7 === 3) throw noAnswer("cut");
      return undefined;
    },
  });
  const { sender } = await open(t, stream);
  const chunk = new NumberedChunk(0, 9_000);
  for (let i = 0; i < 9_000; i++) sender.enqueue(chunk, i);
  await sender.drained(NEVER);
  t.strictSame(ascending(numbersOf(stream)), upTo(9_000));
  t.ok(sender.counts.uncertainRequests > 0);
  for (const { shardId } of stream.shards) {
    let before: readonly number[] = [];
    let strangers = 0;
    let returns = 0;
    for (const { numbers } of requests
      .flat()
      .filter((one) => one.shardId === shardId)) {
      t.strictSame(numbers, ascending(numbers), "ascending in a request");
      const greatest = Math.max(...before);
      const behind = numbers.filter((number) => number < greatest);
      returns += behind.length;
      strangers += behind.filter((number) => !before.includes(number)).length;
      before = numbers;
    }
    t.ok(returns > 0);
    t.equal(strangers, 0, "what comes again was refused just before");
  }
});

t.test(
  "records are spread evenly and land where they are expected",
  async (t) => {
    const stream = new MemoryStream({ shardCount: 7 });
    const { sender } = await open(t, stream);
    const chunk = new NumberedChunk(0, 7_000);
    for (let i = 0; i < 7_000; i++) sender.enqueue(chunk, i);
    await sender.drained(NEVER);
    for (const { shardId } of stream.shards) {
      t.equal(stream.records.get(shardId)?.length, 1_000);
      const keys = new Set(
        stream.records.get(shardId)?.map(({ partitionKey }) => partitionKey),
      );
      t.ok(keys.size > 10, `${keys.size} partition keys`);
    }
    t.ok(stream.concurrencyMax > 1, "shards don't wait for each other");
  },
);

t.test(
  "aggregated records come in short runs, evenly and in order",
  async (t) => {
    const stream = new MemoryStream({ shardCount: 7 });
    const { sender } = await open(t, stream, { aggregate: true });
    const count = 7 * PACKED_RUN_RECORDS * 20;
    const chunk = new NumberedChunk(0, count);
    for (let i = 0; i < count; i++) sender.enqueue(chunk, i);
    await sender.drained(NEVER);
    stream.shards.forEach(({ shardId }, shard) => {
      const expected = upTo(count).filter(
        (number) => Math.floor(number / PACKED_RUN_RECORDS) % 7 === shard,
      );
      t.strictSame(userRecords(stream, shardId).map(Number), expected);
    });
  },
);

t.test("a watermark goes to every shard, before what waits", async (t) => {
  const stream = new MemoryStream({ shardCount: 6 });
  const { sender } = await open(t, stream);
  const chunk = new NumberedChunk(0, 6_000);
  for (let i = 0; i < 6_000; i++) sender.enqueue(chunk, i);
  sender.setWatermark(Buffer.from("first"));
  sender.setWatermark(Buffer.from("second"));
  await sender.drained(NEVER);
  for (const { shardId } of stream.shards) {
    const texts = userRecords(stream, shardId);
    t.equal(texts[0], "second");
    t.notOk(texts.includes("first"), "a later one replaces it");
  }
  t.equal(sender.counts.watermarks, 6);
});

t.test(
  "a refused watermark is sent again, but never after a later one",
  async (t) => {
    const random = new Random(11);
    let set: Opened | undefined;
    const stream = new MemoryStream({
      shardCount: 4,
      judge: () => (random.unit() < 0.5 ? "InternalFailure" : ""),
      // Long enough for the next one to come in the meantime.
      before: async () => {
        await set?.clock.sleep(random.unit() * 150);
        return undefined;
      },
    });
    set = await open(t, stream);
    const { sender, clock } = set;
    for (let value = 100; value < 160; value++) {
      sender.setWatermark(Buffer.from(`W${value}`));
      await clock.sleep(20);
    }
    await sender.drained(NEVER);
    for (const { shardId } of stream.shards) {
      const texts = userRecords(stream, shardId);
      t.equal(texts.at(-1), "W159");
      t.strictSame(texts, [...texts].sort(), "values never fall");
    }
  },
);

t.test("requests keep the service's limits", async (t) => {
  const stream = new MemoryStream({ shardCount: 2 });
  const { sender } = await open(t, stream);
  const size = 300 * 1024;
  const count = 60;
  const bytes = Buffer.alloc(size, 65);
  const chunk: PutChunk = {
    bytes,
    starts: new Uint32Array(count),
    ends: new Uint32Array(count).fill(size),
    acknowledge: () => {},
  };
  for (let i = 0; i < count; i++) sender.enqueue(chunk, i);
  t.notOk(sender.hasRoom, "the source must wait");
  await sender.room(NEVER);
  t.ok(sender.hasRoom);
  const small = new NumberedChunk(0, 5_000);
  for (let i = 0; i < 5_000; i++) sender.enqueue(small, i);
  await sender.drained(NEVER);
  t.equal(stream.all.length, count + 5_000);
  t.ok(Math.max(...stream.requestSizes) <= 5 * 1024 * 1024);
  t.ok(stream.requestSizes.length >= 5_060 / 500);
});

t.test(
  "a record larger than the stream takes is counted and left out",
  async (t) => {
    const stream = new MemoryStream({ shardCount: 1 });
    const { sender } = await open(t, stream);
    const bytes = Buffer.alloc(1024 * 1024);
    const fits = bytes.length - 6;
    const chunk: PutChunk = {
      bytes,
      starts: Uint32Array.of(0, 0),
      ends: Uint32Array.of(fits + 1, fits),
      acknowledge: () => {},
    };
    t.equal(sender.enqueue(chunk, 0), false);
    t.equal(sender.enqueue(chunk, 1), true);
    await sender.drained(NEVER);
    t.equal(sender.counts.oversized, 1);
    const [only] = stream.all;
    t.equal(only?.data.length, fits);
    t.ok(fits + (only?.partitionKey.length ?? 0) <= 1024 * 1024);
  },
);

t.test("a service that knows no CBOR is spoken to in JSON", async (t) => {
  const stream = new MemoryStream({
    before: async (headers) =>
      headers["content-type"]?.includes("cbor")
        ? {
            status: 400,
            headers: { "content-type": "application/x-amz-json-1.1" },
            bytes: Buffer.from('{"__type":"SerializationException"}'),
          }
        : undefined,
  });
  const { sender } = await open(t, stream);
  const chunk = new NumberedChunk(0, 3_000);
  for (let i = 0; i < 3_000; i++) sender.enqueue(chunk, i);
  await sender.drained(NEVER);
  t.strictSame(ascending(numbersOf(stream)), upTo(3_000));
  t.equal(stream.contentTypes[0], "application/x-amz-cbor-1.1");
  t.equal(stream.contentTypes.at(-1), "application/x-amz-json-1.1");
  t.equal(stream.targets[0], "Kinesis_20131202.PutRecords");
});

t.test("refused credentials are refreshed once", async (t) => {
  let refusals = 0;
  const stream = new MemoryStream({
    shardCount: 1,
    before: async (headers) => {
      if (headers["authorization"]?.includes("key-1")) return undefined;
      refusals++;
      return {
        status: 400,
        headers: { "x-amzn-errortype": "ExpiredTokenException" },
        bytes: Buffer.from("{}"),
      };
    },
  });
  const { sender, credentials } = await open(t, stream);
  sender.enqueue(new NumberedChunk(0, 1), 0);
  await sender.drained(NEVER);
  t.equal(credentials.refreshes, 1);
  t.equal(refusals, 1);
  t.strictSame(numbersOf(stream), [0]);
});

t.test("a refusal for good ends the sender with one line", async (t) => {
  const stream = new MemoryStream({
    before: async () => ({
      status: 400,
      headers: { "x-amzn-errortype": "ResourceNotFoundException" },
      bytes: Buffer.from('{"message":"Stream taxi not found"}'),
    }),
  });
  const { sender } = await open(t, stream);
  sender.enqueue(new NumberedChunk(0, 1), 0);
  await t.rejects(sender.finished, {
    code: "FD_STREAM",
    message:
      /^Cannot put records into stream "taxi" at http:.*not found.*: check/,
  });
  await sender.drained(NEVER);
  await sender.room(NEVER);
});

t.test(
  "a stream that takes nothing for a minute ends the sender",
  async (t) => {
    for (const options of [
      { judge: () => "ProvisionedThroughputExceededException" },
      {
        before: async () => {
          throw noAnswer("connect ECONNREFUSED");
        },
      },
    ]) {
      const stream = new MemoryStream(options);
      const { sender, clock } = await open(t, stream);
      sender.enqueue(new NumberedChunk(0, 1), 0);
      await t.rejects(sender.finished, { code: "FD_NETWORK" });
      t.ok(clock.monotonicMs() > 60_000);
      t.ok(stream.requestSizes.length > 10, "it tried");
      t.ok(stream.requestSizes.length < 200, "with ever longer waits");
    }
  },
);

t.test(
  "pacing keeps a shard to 1,000 records and 1 MiB a second",
  async (t) => {
    for (const [size, count] of [
      [40, 3_000],
      [10_240, 300],
    ] as const) {
      const stream = new MemoryStream({ shardCount: 1 });
      const { sender, clock } = await open(t, stream, { pacing: true });
      const chunk: PutChunk = {
        bytes: Buffer.alloc(size, 65),
        starts: new Uint32Array(count),
        ends: new Uint32Array(count).fill(size),
        acknowledge: () => {},
      };
      for (let i = 0; i < count; i++) sender.enqueue(chunk, i);
      await sender.drained(NEVER);
      const seconds = clock.monotonicMs() / 1_000;
      t.ok(seconds > 2.7 && seconds < 3.3, `${count} of ${size}: ${seconds} s`);
      t.ok(stream.requestSizes.length < 200, "not a request for each record");
    }
  },
);

t.test(
  "after a reshard the new shards get records and watermarks",
  async (t) => {
    for (const aggregate of [false, true]) {
      const stream = new MemoryStream({ shardCount: 2 });
      const { sender } = await open(t, stream, { aggregate });
      const chunk = new NumberedChunk(0, 8_000);
      for (let i = 0; i < 4_000; i++) sender.enqueue(chunk, i);
      sender.setWatermark(Buffer.from("W1"));
      await sender.drained(NEVER);
      const old = stream.shards;
      stream.shards = evenShards(5, 10);
      for (let i = 4_000; i < 6_000; i++) sender.enqueue(chunk, i);
      sender.setWatermark(Buffer.from("W2"));
      await sender.drained(NEVER);
      t.equal(sender.shardCount, 5);
      for (const { shardId } of stream.shards) {
        t.ok(userRecords(stream, shardId).includes("W2"), `W2 in ${shardId}`);
      }
      for (let i = 6_000; i < 8_000; i++) sender.enqueue(chunk, i);
      await sender.drained(NEVER);
      const numbers = [...old, ...stream.shards]
        .flatMap(({ shardId }) => userRecords(stream, shardId))
        .filter((text) => /^\d+$/.test(text))
        .map(Number);
      t.strictSame(ascending(numbers), upTo(8_000));
    }
  },
);

t.test("new shards are found by the records alone", async (t) => {
  for (const aggregate of [false, true]) {
    const stream = new MemoryStream({ shardCount: 2 });
    const { sender } = await open(t, stream, { aggregate });
    const chunk = new NumberedChunk(0, 2_000);
    stream.shards = evenShards(4, 10);
    for (let i = 0; i < 1_000; i++) sender.enqueue(chunk, i);
    await sender.drained(NEVER);
    t.equal(sender.shardCount, 4);
    for (let i = 1_000; i < 2_000; i++) sender.enqueue(chunk, i);
    await sender.drained(NEVER);
    for (const { shardId } of stream.shards) {
      t.ok(userRecords(stream, shardId).length > 200, shardId);
    }
  }
});

t.test(
  "an aggregated record goes to its shard, its keys are in range",
  async (t) => {
    const stream = new MemoryStream({ shardCount: 3 });
    const { sender } = await open(t, stream, { aggregate: true });
    const chunk = new NumberedChunk(0, 15_000);
    for (let i = 0; i < 15_000; i++) sender.enqueue(chunk, i);
    await sender.drained(NEVER);
    for (const { shardId, startingHashKey } of stream.shards) {
      for (const { data, explicitHashKey } of stream.records.get(shardId) ??
        []) {
        t.equal(explicitHashKey, startingHashKey);
        t.ok(data.length <= 51_200);
        const reader = new AggregatedRecordReader();
        t.ok(reader.read(data, 0, data.length));
        t.equal(reader.explicitHashKeys.count, 1);
        const [start = 0] = reader.explicitHashKeys.starts;
        const [end = 0] = reader.explicitHashKeys.ends;
        t.equal(data.toString("latin1", start, end), startingHashKey);
      }
    }
  },
);

t.test(
  "encodePutRecords() writes what a CBOR and a JSON decoder read",
  async (t) => {
    const [shard] = putShards(evenShards(1), false);
    const batch = new PutBatch();
    const sizes = [0, 1, 23, 24, 255, 256, 65_535, 65_536];
    for (const [i, size] of sizes.entries()) {
      batch.add({
        shard: shard!,
        bytes: Buffer.alloc(size + 2, i),
        start: 1,
        end: size + 1,
        partitionKey: "é".repeat(i + 1),
        isPinned: i % 2 === 0,
      });
    }
    const expected = sizes.map((size, i) => ({
      Data: Buffer.alloc(size, i).toString("base64"),
      PartitionKey: "é".repeat(i + 1),
      ...(i % 2 === 0 ? { ExplicitHashKey: "0" } : {}),
    }));
    const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";
    t.strictSame(JSON.parse(encodePutRecords(batch, arn, "json").toString()), {
      StreamARN: arn,
      Records: expected,
    });
    const { Records, ...rest } = decodeCbor(
      encodePutRecords(batch, "taxi", "cbor"),
    ) as unknown as { Records: { Data: Uint8Array }[] };
    t.strictSame(rest, { StreamName: "taxi" });
    t.strictSame(
      Records.map((record) => ({
        ...record,
        Data: Buffer.from(record.Data).toString("base64"),
      })),
      expected,
    );
  },
);
