/**
 * Goal: the whole engine, threads included, reads a stream to its end and gives
 * the same documents as a file with the same records. Method: a local Kinesis
 * in this process, filled through the AWS SDK.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  KinesisClient,
  PutRecordsCommand,
  type PutRecordsRequestEntry,
} from "@aws-sdk/client-kinesis";
import { pino } from "pino";
import t from "tap";
import { credentialsSource } from "../../engine/aws/credentials.ts";
import { startEngine } from "../../engine/engine.ts";
import { startLocalKinesis } from "../../engine/local_kinesis/mod.ts";
import { documentId } from "../../engine/sink/document.ts";
import type { FiredWindow } from "../../engine/sink/sink.ts";
import type { KinesisSource, Source } from "../../engine/source.ts";
import { accountedFor } from "../../engine/status/status.ts";
import { MemoryDeadLetters, MemorySink, SPEC } from "../helpers/taxi.ts";

const START_MS = Date.UTC(2016, 0, 1);
const log = pino({ level: "silent" });

/** Trips around one place, with some that are filtered out or rubbish. */
function lines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 97 === 0) return `{"rubbish": ${i}`;
    if (i % 89 === 0) return JSON.stringify({ type: "bus" });
    const dropoffMs = START_MS + i * 1_000;
    return JSON.stringify({
      pickup_lat: i % 50 === 0 ? 0 : 40.75 + (i % 7) * 0.01,
      pickup_lon: -73.99 + (i % 5) * 0.01,
      dropoff_lat: i % 3 === 0 ? 40.6467 : 40.75,
      dropoff_lon: i % 3 === 0 ? -73.7898 : -73.98,
      pickup_datetime: new Date(dropoffMs - i * 333).toISOString(),
      dropoff_datetime: new Date(dropoffMs).toISOString(),
      type: "trip",
    });
  });
}

async function run(source: Source, workers: number) {
  const sink = new MemorySink();
  const letters = new MemoryDeadLetters();
  const engine = await startEngine({
    spec: SPEC,
    source,
    workers,
    sinks: [sink],
    openDeadLetters: async () => letters,
    log,
  });
  const status = await engine.finished;
  t.equal(accountedFor(status.counts), status.counts.read);
  t.equal(status.state, "finished");
  t.ok(sink.closed);
  return { status, documents: documentsOf(sink.windows), letters };
}

function documentsOf(windows: readonly FiredWindow[]): Map<string, number[]> {
  const documents = new Map<string, number[]>();
  for (const window of windows) {
    for (let row = 0; row < window.rowCount; row++) {
      const id = documentId(window, row);
      t.notOk(documents.has(id), "a document is fired once");
      documents.set(id, [
        window.counts[row]!,
        ...window.accumulators.map((column) => column[row]!),
      ]);
    }
  }
  return documents;
}

async function put(client: KinesisClient, records: PutRecordsRequestEntry[]) {
  for (let i = 0; i < records.length; i += 500) {
    const answer = await client.send(
      new PutRecordsCommand({
        StreamName: "taxi",
        Records: records.slice(i, i + 500),
      }),
    );
    t.equal(answer.FailedRecordCount, 0);
  }
}

t.test(
  "startEngine() gives the same documents from a stream as from a file",
  async (t) => {
    const kinesis = await startLocalKinesis({
      streams: [{ name: "taxi", shardCount: 4 }],
      limits: false,
      credentials: "any",
    });
    t.teardown(() => kinesis.close());
    const connection = {
      region: "us-east-1",
      endpoint: kinesis.url,
      credentials: credentialsSource({
        region: "us-east-1",
        endpoint: kinesis.url,
      }),
      caPem: "",
    };
    const client = new KinesisClient({
      ...connection,
      credentials: await connection.credentials.current(),
    });
    t.teardown(() => client.destroy());
    const list = lines(4_000);
    await put(
      client,
      list.map((line, i) => ({
        Data: Buffer.from(line),
        PartitionKey: `trip-${i}`,
      })),
    );
    const path = join(t.testdir(), "trips.jsonl");
    writeFileSync(path, list.join("\n"));
    const expected = await run({ type: "files", paths: [path] }, 2);
    t.ok(expected.documents.size > 50, `${expected.documents.size} documents`);
    const source: KinesisSource = {
      type: "kinesis",
      connection,
      stream: "taxi",
      from: { type: "earliest" },
      untilEnd: true,
      readsPerSecond: 100,
      kplOutOfRange: "skip",
    };
    for (const workers of [2]) {
      const got = await run(source, workers);
      t.strictSame(got.documents, expected.documents, `${workers} workers`);
      t.strictSame(got.status.counts, expected.status.counts);
      t.equal(got.letters.count, expected.letters.count);
    }
  },
);

t.test("Engine.stop() ends a run on a stream that goes on", async (t) => {
  const kinesis = await startLocalKinesis({
    streams: [{ name: "taxi", shardCount: 2 }],
    credentials: "any",
  });
  t.teardown(() => kinesis.close());
  const endpoint = kinesis.url;
  const region = "us-east-1";
  const engine = await startEngine({
    spec: SPEC,
    source: {
      type: "kinesis",
      connection: {
        region,
        endpoint,
        credentials: credentialsSource({ region, endpoint }),
        caPem: "",
      },
      stream: "taxi",
      from: { type: "latest" },
      untilEnd: false,
      readsPerSecond: 5,
      kplOutOfRange: "skip",
    },
    workers: 2,
    sinks: [new MemorySink()],
    openDeadLetters: async () => new MemoryDeadLetters(),
    log,
  });
  t.equal(engine.status().state, "running");
  await engine.stop();
  t.equal((await engine.finished).state, "finished");
});

t.test(
  "startEngine() fails in one line when the stream is not there",
  async (t) => {
    const kinesis = await startLocalKinesis({ credentials: "any" });
    t.teardown(() => kinesis.close());
    const endpoint = kinesis.url;
    const region = "us-east-1";
    await t.rejects(
      run(
        {
          type: "kinesis",
          connection: {
            region,
            endpoint,
            credentials: credentialsSource({ region, endpoint }),
            caPem: "",
          },
          stream: "absent",
          from: { type: "latest" },
          untilEnd: false,
          readsPerSecond: 5,
          kplOutOfRange: "skip",
        },
        1,
      ),
      { code: "FD_STREAM", message: /absent/ },
    );
  },
);

t.test("Engine.finished rejects when a sink can't go on", async (t) => {
  const sink = new MemorySink();
  sink.failure = new Error("the disk is full");
  const path = join(t.testdir(), "trips.jsonl");
  writeFileSync(path, lines(2_000).join("\n"));
  const engine = await startEngine({
    spec: SPEC,
    source: { type: "files", paths: [path] },
    workers: 1,
    sinks: [sink],
    openDeadLetters: async () => new MemoryDeadLetters(),
    log,
  });
  await t.rejects(engine.finished, { message: "the disk is full" });
  t.match(engine.status(), { state: "failed", error: "the disk is full" });
});
