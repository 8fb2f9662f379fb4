/**
 * Goal: a thread that hangs in the middle of a run is replaced, nothing is lost
 * or doubled, and afterwards there are as many threads as before. Method: the
 * whole engine with real threads on a local Kinesis; one thread hangs after a
 * flush, while records keep coming, and more of them after that. What it gives
 * is compared with a file of the same records.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import t from "tap";
import { machineHost } from "../../engine/coordinator/engine_host.ts";
import type { Workers } from "../../engine/coordinator/worker_pool.ts";
import { type EngineOptions, startEngine } from "../../engine/engine.ts";
import { startLocalKinesis } from "../../engine/local_kinesis/mod.ts";
import type { FiredWindow } from "../../engine/sink/sink.ts";
import type { Source } from "../../engine/source.ts";
import { putRecords } from "../helpers/kinesis.ts";
import { MemoryDeadLetters, MemorySink, SPEC } from "../helpers/taxi.ts";
import type { Hanging } from "./hanging_worker.ts";

// A thread counts as hung after ten seconds.
t.setTimeout(120_000);

const START_MS = Date.UTC(2016, 0, 1);
const SHARDS = 4;

/** Trips, one a second, with something that can't be decoded now and then. */
function lines(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, j) => {
    const i = from + j;
    if (i % 97 === 0) return `{"rubbish": ${i}`;
    const dropoffMs = START_MS + i * 1_000;
    return JSON.stringify({
      type: "trip",
      pickup_lat: 40.75 + (i % 7) * 0.01,
      pickup_lon: -73.99 + (i % 5) * 0.01,
      dropoff_lat: i % 3 === 0 ? 40.6467 : 40.75,
      dropoff_lon: i % 3 === 0 ? -73.7898 : -73.98,
      pickup_datetime: new Date(dropoffMs - i * 333).toISOString(),
      dropoff_datetime: new Date(dropoffMs).toISOString(),
    });
  });
}

/** Starts a run; its log's lines are kept. */
async function start(source: Source, more: Partial<EngineOptions> = {}) {
  const sink = new MemorySink();
  const letters = new MemoryDeadLetters();
  const logged: string[] = [];
  const engine = await startEngine({
    spec: SPEC,
    source,
    workers: 2,
    sinks: [sink],
    openDeadLetters: async () => letters,
    log: pino({ level: "warn" }, { write: (line) => void logged.push(line) }),
    ...more,
  });
  return { engine, sink, letters, logged };
}

/** Every document with its figures. */
function documentsOf(windows: readonly FiredWindow[]): string[] {
  return windows
    .flatMap(({ query, timestampMs, rowCount, ...columns }) =>
      Array.from({ length: rowCount }, (_, row) =>
        [
          ...[query.name, timestampMs, columns.word0[row], columns.word1[row]],
          columns.counts[row],
          ...columns.accumulators.map((column) => column[row]),
        ].join(" "),
      ),
    )
    .sort();
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const systemThreads = () => readdirSync("/proc/self/task").length;

t.test("a thread that hangs is replaced, nothing lost", async (t) => {
  const all = lines(0, 6_000);
  const path = join(t.testdir(), "trips.jsonl");
  writeFileSync(path, all.join("\n"));
  const file = await start({ type: "files", paths: [path] }, { workers: 1 });
  const expected = await file.engine.finished;

  const kinesis = await startLocalKinesis({
    streams: [{ name: "taxi", shardCount: SHARDS }],
    limits: false,
    credentials: "any",
  });
  t.teardown(() => kinesis.close());
  const put = (from: number, to: number) =>
    putRecords(kinesis.url, "taxi", all.slice(from, to));
  const connection = await put(0, 2_000);
  const data: Hanging = {
    flushes: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    hangsAfter: 2,
  };
  let workers: Workers | undefined;
  const { engine, letters, logged } = await start(
    {
      type: "kinesis",
      connection,
      stream: "taxi",
      from: { type: "earliest" },
      untilEnd: false,
      readsPerSecond: 20,
      kplOutOfRange: "skip",
    },
    {
      host: {
        ...machineHost,
        openWorkers(options) {
          const url = new URL("hanging_worker.ts", import.meta.url).href;
          const entry = { url, data };
          workers = machineHost.openWorkers({ ...options, entry });
          return workers;
        },
      },
    },
  );
  const flushes = new Int32Array(data.flushes);
  await until(() => Atomics.load(flushes, 0) >= data.hangsAfter);
  const threadsBefore = systemThreads();
  await put(2_000, 4_000);
  await until(() => engine.status().workers.some((one) => one.restarts > 0));
  await put(4_000, 6_000);
  await until(() => engine.status().counts.read === all.length);
  const { workers: running } = engine.status();
  t.match(running, [
    { state: "running", restarts: 1, epoch: 2 },
    { state: "running", restarts: 0, epoch: 1 },
  ]);
  t.equal(workers?.threadCount, 2);
  // The thread that hung takes a moment to end.
  await until(() => systemThreads() <= threadsBefore);
  t.equal(logged.length, 1);
  t.match(logged[0], /worker 0 has hung for 1\d s/);
  t.ok(running[0]!.records > 0, "the new thread has read");

  // No watermark has come: all windows are open.
  const most = { windowsMax: 1_000, keysMax: 1_000_000 };
  const documents = documentsOf(
    SPEC.queries.flatMap(({ name: query }) =>
      engine.openWindows({ query, ...most }),
    ),
  );
  t.ok(documents.length > 50);
  t.strictSame(documents, documentsOf(file.sink.windows));

  await engine.stop();
  const status = await engine.finished;
  t.equal(workers?.threadCount, 0);
  t.strictSame(status.counts, expected.counts);
  t.equal(letters.count, file.letters.count);
});
