/**
 * Goal: subscriptions to the local Kinesis bring every record once, in order,
 * whatever becomes of them. Method: a real server on loopback that cuts and
 * garbles events and gives subscriptions a fraction of a second to live, real
 * time; the test waits for records, never for the clock.
 */
import { pino } from "pino";
import t, { type Test } from "tap";
import { systemClock } from "../../../engine/clock.ts";
import { listShards } from "../../../engine/kinesis/control_plane.ts";
import { registerConsumer } from "../../../engine/kinesis/stream_consumer.ts";
import {
  type LocalKinesisOptions,
  readFaultSpec,
  startLocalKinesis,
} from "../../../engine/local_kinesis/mod.ts";
import { FanOutReader } from "../../../workers/kinesis/fan_out_reader.ts";
import { openHttpTransport } from "../../../workers/kinesis/http_transport.ts";
import { SigningRelay } from "../../../workers/kinesis/signing_relay.ts";
import { putRecords } from "../../helpers/kinesis.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";

async function setUp(t: Test, options: Partial<LocalKinesisOptions>) {
  const kinesis = await startLocalKinesis({
    streams: [{ name: "taxi", shardCount: 2 }],
    limits: false,
    credentials: "any",
    subscriptionHoldMs: 1,
    ...options,
  });
  const put = (texts: readonly string[]) =>
    putRecords(kinesis.url, "taxi", texts);
  const connection = await put([]);
  const consumerArn = await registerConsumer(connection, {
    streamArn: ARN,
    consumer: "tally",
    log: pino({ level: "silent" }),
  });
  const signing = new SigningRelay(1, () => {});
  signing.take({
    type: "credentials",
    credentials: await connection.credentials.current(),
    clockSkewMs: 0,
  });
  const opened = openHttpTransport({
    reading: {
      type: "kinesis",
      endpoint: kinesis.url,
      region: "us-east-1",
      caPem: "",
      streamArn: ARN,
      consumerArn,
      readsPerSecond: 50,
      kplOutOfRange: "skip",
    },
    signing,
    clock: systemClock,
  });
  t.teardown(async () => {
    await opened.close();
    await kinesis.close();
  });
  return { kinesis, put, connection, opened };
}

/** Reads all shards until so many records have come. */
async function readAll(
  { connection, opened }: Awaited<ReturnType<typeof setUp>>,
  count: number,
) {
  const { subscriptions } = opened;
  if (subscriptions === undefined) throw new Error("no subscriptions");
  const texts: string[] = [];
  const positions: string[] = [];
  const troubles: string[] = [];
  let starts = 0;
  const stopping = new AbortController();
  const readers = (await listShards(connection, ARN)).map(
    (shard) =>
      new FanOutReader(
        { ...shard, start: { type: "trim_horizon" } },
        {
          transport: opened.transport,
          subscriptions: {
            subscribe(request, signal) {
              starts++;
              return subscriptions.subscribe(request, signal);
            },
          },
          clock: systemClock,
          random: Math.random,
          onTrouble: ({ message }) => troubles.push(message),
          onAnswer: (_, answer, batch) => {
            batch?.takeApart?.(0);
            for (let index = 0; index < (batch?.count ?? 0); index++) {
              texts.push(
                batch?.bytes.toString(
                  "utf8",
                  batch.starts[index],
                  batch.ends[index],
                ) ?? "",
              );
            }
            if (answer.sequenceNumber !== "") {
              positions.push(answer.sequenceNumber);
            }
            if (texts.length >= count) stopping.abort();
          },
        },
      ),
  );
  await Promise.all(readers.map((reader) => reader.run(stopping.signal)));
  return { texts, troubles, readers, starts };
}

function texts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `{"index":${i},"text":"é😀"}`);
}

t.test("subscriptions that last a moment bring every record", async (t) => {
  const scene = await setUp(t, { subscriptionLifeMs: 60 });
  const expected = texts(4_000);
  const reading = readAll(scene, expected.length);
  for (let at = 0; at < expected.length; at += 500) {
    await scene.put(expected.slice(at, at + 500));
    await systemClock.sleep(150);
  }
  const { texts: found, readers, starts } = await reading;
  t.same(found.sort(), expected.sort());
  t.ok(starts > 4, `${starts} subscriptions`);
  t.ok(readers.every(({ fallbackCount }) => fallbackCount === 0));
});

t.test("cut and garbled events are read again, once", async (t) => {
  const scene = await setUp(t, {
    faults: {
      ...readFaultSpec(
        "garbled:0.3@SubscribeToShardEvent,cut:0.2@SubscribeToShardEvent,500:0.2@SubscribeToShard,throttle:0.1@SubscribeToShard",
      ),
      seed: 7,
    },
  });
  const expected = texts(3_000);
  const reading = readAll(scene, expected.length);
  for (let at = 0; at < expected.length; at += 250) {
    await scene.put(expected.slice(at, at + 250));
    await systemClock.sleep(50);
  }
  const { texts: found, troubles } = await reading;
  t.same(found.sort(), expected.sort());
  t.ok(troubles.length > 0, `${troubles.length} troubles`);
});
