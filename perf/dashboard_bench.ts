/**
 * What pages that watch cost the engine: CPU time of the server with 20 pages
 * against none, in turns, while a window is written every half second.
 *
 * `node dist/perf/dashboard_bench.js [--viewers N] [--seconds N] [--pairs N]`
 *
 * The pages are played by a process of its own, which only reads.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dashboard } from "../engine/dashboard/dashboard.ts";
import { type JobPlan, planJob } from "../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../engine/job/spec.ts";
import { DuckdbSink } from "../engine/sink/duckdb_sink.ts";
import type { FiredWindow } from "../engine/sink/sink.ts";
import { startStatusServer } from "../engine/status/server.ts";
import type { EngineStatus, ShardStatus } from "../engine/status/status.ts";

/** Documents in a window of each query, about as many as New York has. */
const WINDOW_ROWS = [1_300, 100] as const;
const WINDOW_MS = 600_000;
/** Windows that are there at the start: a week. */
const WINDOWS_BEFORE = 1_008;
const SHARDS = 8;
const WRITE_INTERVAL_MS = 500;
const WARM_UP_SECONDS = 8;
const START_MS = 1_451_606_400_000;
/** The cell dr5ru0 and those after it. */
const CELL = 0x15b_cb3_80;

const PLAN: JobPlan = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));

function windowsAt(index: number): FiredWindow[] {
  return PLAN.queries.map((query) => {
    const rowCount = WINDOW_ROWS[query.index] ?? 0;
    const [part] = query.key[0]?.bits ?? [];
    const word0 = new Uint32Array(rowCount);
    const counts = new Float64Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      word0[row] = (CELL + row) << (part?.shift ?? 0);
      counts[row] = 2 + ((row * 31 + index) % 97);
    }
    const windowStartMs = START_MS + index * WINDOW_MS;
    return {
      query,
      windowStartMs,
      timestampMs: windowStartMs + WINDOW_MS - 1,
      rowCount,
      word0,
      word1: new Uint32Array(rowCount),
      counts,
      accumulators: query.accumulators.map(() => counts.map((n) => n * 30)),
    };
  });
}

/** A status in which everything moves, as in a busy run. */
function busyStatus(documents: number): EngineStatus {
  const nowMs = Date.now();
  const delays = { p50: 1, p99: nowMs % 7, p999: 9, max: 12 };
  const shards = Array.from({ length: SHARDS }, (_, i) => ({
    shardId: `shardId-00000000000${i}`,
    worker: i % 2,
    state: "reading",
    sequenceNumber: `4965000000000000000000000000000000000${nowMs + i}`,
    watermarkMs: nowMs,
    behindLatestMs: nowMs % 50,
    records: nowMs + i,
    bytes: nowMs * 2,
    throttled: 0,
  }));
  const workers = [0, 1].map((worker) => ({
    worker,
    shards: SHARDS / 2,
    flushes: nowMs,
    records: nowMs,
    cpuSeconds: nowMs / 1_000,
    cpuShare: (nowMs % 100) / 100,
  }));
  return {
    state: "running",
    nowMs,
    startedAtMs: 0,
    counts: { read: nowMs, tallied: nowMs, filtered: {} },
    shards: shards as unknown as ShardStatus[],
    workers,
    sinks: [
      { name: "duckdb", documents, bytes: 0, retries: 0, pendingDocuments: 0 },
    ],
    eventLoopDelayMs: delays,
    fireDelayMs: delays,
  } as unknown as EngineStatus;
}

/** Plays the pages: joins, and reads whatever comes. */
function playViewers(url: string, count: number): void {
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    get(`${url}/api/live?windows=6&precision=6`, { agent: false }, (answer) => {
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
    });
  }
  process.on("message", () => {
    process.send?.(bytes);
    process.disconnect();
    setTimeout(() => process.exit(), 100);
  });
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** CPU seconds of this process over some seconds. */
async function cpuOver(seconds: number): Promise<number> {
  const before = process.cpuUsage();
  await sleep(seconds * 1_000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function measured(url: string, viewers: number, seconds: number) {
  let child: ChildProcess | undefined;
  if (viewers > 0) {
    child = fork(fileURLToPath(import.meta.url), ["--play", url], {
      env: { ...process.env, VIEWERS: String(viewers) },
    });
    await sleep(1_500);
  }
  const cpuSeconds = await cpuOver(seconds);
  if (child === undefined) return { cpuSeconds, bytes: 0 };
  child.send("end");
  const [bytes] = (await once(child, "message")) as [number];
  await once(child, "exit");
  return { cpuSeconds, bytes };
}

async function main(options: {
  readonly viewers: number;
  readonly seconds: number;
  readonly pairs: number;
}): Promise<void> {
  const { viewers, seconds, pairs } = options;
  const folder = mkdtempSync(join(tmpdir(), "flagdrop-bench-"));
  const sink = new DuckdbSink({ file: join(folder, "s.duckdb"), plan: PLAN });
  await sink.open();
  let next = 0;
  let documents = 0;
  const write = async (count: number) => {
    const windows: FiredWindow[] = [];
    for (let i = 0; i < count; i++) windows.push(...windowsAt(next++));
    await sink.write(windows);
    documents += windows.length;
  };
  for (let i = 0; i < WINDOWS_BEFORE; i += 36) await write(36);
  const page = dashboard({
    plan: PLAN,
    results: sink.results,
    engine: {
      status: () => busyStatus(documents),
      // The next window, of which a bit more is known each time.
      openWindows: ({ query }) =>
        windowsAt(next + (Date.now() % 50)).filter(
          (window) => window.query.name === query,
        ),
    },
    actions: {},
    isReadOnly: true,
    config: {},
    problems: () => [],
  });
  const server = await startStatusServer({
    port: 0,
    status: () => busyStatus(documents),
    log: { info() {}, warn() {} },
    extend: page.extend,
  });
  const timer = setInterval(() => {
    write(1).catch(() => {});
  }, WRITE_INTERVAL_MS);
  console.log(
    `${viewers} viewers, Node ${process.version}, ${cpus()[0]?.model}, ${cpus().length} cores`,
  );
  // What is compiled once for the first page is no cost of watching.
  await measured(server.url, viewers, WARM_UP_SECONDS);
  for (let pair = 0; pair < pairs; pair++) {
    const without = await measured(server.url, 0, seconds);
    const withThem = await measured(server.url, viewers, seconds);
    const share = (withThem.cpuSeconds - without.cpuSeconds) / seconds;
    const perViewer = withThem.bytes / viewers / (seconds + 1.5);
    console.log(
      `pair ${pair + 1}: ${((without.cpuSeconds / seconds) * 100).toFixed(2)} % without, ${((withThem.cpuSeconds / seconds) * 100).toFixed(2)} % with, difference ${(share * 100).toFixed(2)} % of a core, ${(perViewer / 1_000).toFixed(1)} kB/s a viewer`,
    );
  }
  clearInterval(timer);
  page.close();
  await server.close();
  await sleep(WRITE_INTERVAL_MS);
  await sink.close();
  rmSync(folder, { recursive: true });
}

const { values } = parseArgs({
  options: {
    play: { type: "string" },
    viewers: { type: "string", default: "20" },
    seconds: { type: "string", default: "8" },
    pairs: { type: "string", default: "3" },
  },
});
if (values.play !== undefined) {
  playViewers(values.play, Number(process.env["VIEWERS"]));
} else {
  await main({
    viewers: Number(values.viewers),
    seconds: Number(values.seconds),
    pairs: Number(values.pairs),
  });
}
