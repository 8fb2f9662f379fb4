/**
 * How fast documents leave: rendering alone, and each sink with what it costs
 * the event loop.
 *
 * `node dist/perf/store_bench.js [WORKLOAD…] [--windows N]`; without arguments
 * all of them. Workloads: `render` (JSON lines into a buffer), `stringify` (the
 * plain form, for comparison), `none`, `ndjson`, `store` (everything kept),
 * `store-retention` (3 days kept), `store-rewrite` (50,000 ids again and again).
 *
 * @module
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { type JobPlan, planJob } from "../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../engine/job/spec.ts";
import { documentOf } from "../engine/sink/document.ts";
import { LineRenderer } from "../engine/sink/line_renderer.ts";
import { createSink, parseSink } from "../engine/sink/open_sink.ts";
import type { FiredWindow } from "../engine/sink/sink.ts";

/** Documents in a window of each query, about as many as New York has. */
const WINDOW_ROWS = [1_300, 100] as const;
/** Windows of each query in a write. */
const WRITE_WINDOWS = 8;
/** Windows of each query that hold 50,000 documents. */
const REWRITE_WINDOWS = 36;
const WINDOW_MS = 600_000;
const DAY_MS = 86_400_000;
const START_MS = 1_451_606_400_000;

const PLAN: JobPlan = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));

/** One window of each query; values differ from round to round. */
function windowsAt(index: number, round: number): FiredWindow[] {
  return PLAN.queries.map((query) => {
    const rowCount = WINDOW_ROWS[query.index] ?? 0;
    const word0 = new Uint32Array(rowCount);
    const counts = new Float64Array(rowCount);
    const sums = new Float64Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      word0[row] = row * 769;
      counts[row] = 2 + ((row * 31 + round) % 97);
      sums[row] = (counts[row] ?? 0) * 17 + (row % 7);
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
      accumulators: query.accumulators.map(() => sums),
    };
  });
}

/** Writes in turn, made as they are asked for. */
function* batches(windowCount: number, distinct: number) {
  for (let i = 0; i < windowCount; i += WRITE_WINDOWS) {
    yield Array.from({ length: WRITE_WINDOWS }, (_, k) => {
      const index = (i + k) % distinct;
      return windowsAt(index, Math.floor((i + k) / distinct));
    }).flat();
  }
}

function sizeBytes(path: string): number {
  return [path, `${path}.wal`].reduce(
    (sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

interface Measured {
  readonly documents: number;
  readonly seconds: number;
  readonly detail: string;
}

async function measureRender(all: Iterable<FiredWindow[]>): Promise<Measured> {
  const renderer = new LineRenderer(PLAN);
  let bytes = 0;
  let documents = 0;
  const writes = [...all];
  const start = performance.now();
  for (const windows of writes) {
    documents += await renderer.render(windows, (chunk) => {
      bytes += chunk.length;
      return Promise.resolve();
    });
  }
  const seconds = (performance.now() - start) / 1_000;
  return { documents, seconds, detail: `${(bytes / documents).toFixed(0)} B` };
}

function measureStringify(all: Iterable<FiredWindow[]>): Measured {
  let bytes = 0;
  let documents = 0;
  const windows = [...all].flat();
  const start = performance.now();
  for (const window of windows) {
    for (let row = 0; row < window.rowCount; row++) {
      bytes += Buffer.byteLength(JSON.stringify(documentOf(window, row))) + 1;
    }
    documents += window.rowCount;
  }
  const seconds = (performance.now() - start) / 1_000;
  return { documents, seconds, detail: `${(bytes / documents).toFixed(0)} B` };
}

async function measureSink(
  all: Iterable<FiredWindow[]>,
  options: { readonly address: string; readonly retentionMs?: number },
): Promise<Measured> {
  const { address, retentionMs } = options;
  const sink = createSink(parseSink(address), { plan: PLAN, retentionMs });
  await sink.open();
  const path = address.slice(address.indexOf(":") + 1);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let rssMax = 0;
  let fileMax = 0;
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (const windows of all) {
    await sink.write(windows);
    rssMax = Math.max(rssMax, process.memoryUsage.rss());
    fileMax = Math.max(fileMax, sizeBytes(path));
  }
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  await sink.close();
  const { documents } = sink.stats();
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  return {
    documents,
    seconds,
    detail: [
      `CPU ${((user + system) / documents).toFixed(2)} us/doc`,
      `loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, max ${(delay.max / 1e6).toFixed(1)} ms`,
      `RSS max ${mb(rssMax)}`,
      `file max ${mb(fileMax)}, closed ${mb(sizeBytes(path))}`,
    ].join("; "),
  };
}

const { values, positionals } = parseArgs({
  options: { windows: { type: "string", default: "720" } },
  allowPositionals: true,
});
const windowCount = Number(values.windows);
const folder = mkdtempSync(join(tmpdir(), "flagdrop-store-bench-"));
const file = (name: string) => join(folder, name);
const fresh = () => batches(windowCount, windowCount);

const workloads: Record<string, () => Promise<Measured> | Measured> = {
  render: () => measureRender(fresh()),
  stringify: () => measureStringify(fresh()),
  none: () => measureSink(fresh(), { address: "none" }),
  ndjson: () => measureSink(fresh(), { address: `ndjson:${file("n")}` }),
  store: () => measureSink(fresh(), { address: `duckdb:${file("s")}` }),
  "store-retention": () =>
    measureSink(fresh(), {
      address: `duckdb:${file("d")}`,
      retentionMs: 3 * DAY_MS,
    }),
  "store-rewrite": () =>
    measureSink(batches(windowCount, REWRITE_WINDOWS), {
      address: `duckdb:${file("r")}`,
    }),
};

if (import.meta.url.endsWith(".ts")) {
  console.warn("Run from dist: sources under a loader are slower.");
}
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}`);
try {
  for (const name of positionals.length > 0
    ? positionals
    : Object.keys(workloads)) {
    const run = workloads[name];
    if (run === undefined)
      throw new RangeError(`Cannot find workload "${name}"`);
    const { documents, seconds, detail } = await run();
    const rate = Math.round(documents / seconds).toLocaleString("en-US");
    const each = ((seconds * 1e6) / documents).toFixed(2);
    console.log(`${name}: ${rate} documents/s, ${each} us each; ${detail}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
