/**
 * How fast documents go into OpenSearch, against a bare loop of ready-made
 * bodies on the same node: the two take turns in one run.
 *
 * `node dist/perf/opensearch_bench.js URL [--rounds N] [--documents N]`. The
 * loop sends bodies of the sink's own length, two at a time as the sink does at
 * first, asks for the same short answers and reads no status; its bodies are
 * made before the clock starts. Goal: the sink reaches 90 % of it.
 *
 * @module
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Agent } from "undici";
import { planJob } from "../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../engine/job/spec.ts";
import { DOCUMENTS_PER_WRITE } from "../engine/limits.ts";
import { BULK_FILTER } from "../engine/sink/opensearch/bulk_answer.ts";
import { BulkRenderer } from "../engine/sink/opensearch/bulk_renderer.ts";
import { planIndices } from "../engine/sink/opensearch/index_plan.ts";
import { BULK_BYTES_FIRST } from "../engine/sink/opensearch/limits.ts";
import { OpensearchSink } from "../engine/sink/opensearch/opensearch_sink.ts";
import type { FiredWindow } from "../engine/sink/sink.ts";

/** Pickups in a window, about as many as New York has. */
const WINDOW_ROWS = 1_300;
const WINDOW_MS = 600_000;
const START_MS = 1_451_606_400_000;
const GOAL = 0.9;

const PLAN = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));

function windowsFrom(first: number, documents: number): FiredWindow[] {
  const [query] = PLAN.queries;
  if (query === undefined) throw new RangeError("no query");
  const count = Math.ceil(documents / WINDOW_ROWS);
  return Array.from({ length: count }, (_, i) => {
    const windowStartMs = START_MS + (first + i) * WINDOW_MS;
    const word0 = Uint32Array.from(
      { length: WINDOW_ROWS },
      (_, row) => 0x1900_0000 + row * 769,
    );
    return {
      query,
      windowStartMs,
      timestampMs: windowStartMs + WINDOW_MS - 1,
      rowCount: WINDOW_ROWS,
      word0,
      word1: new Uint32Array(WINDOW_ROWS),
      counts: Float64Array.from(word0, (word) => 2 + (word % 97)),
      accumulators: [],
    };
  });
}

function settingsFor(origin: string, indexPrefix: string) {
  return {
    origins: [origin],
    auth: { type: "none" },
    caPem: "",
    indexPrefix,
    indexTime: "none",
    emitsEarly: false,
    hasIds: true,
    replacesTemplates: false,
    gzip: false,
  } as const;
}

/** Documents a second of the sink, written as the engine writes. */
async function sinkRate(sink: OpensearchSink, windows: FiredWindow[]) {
  const perWrite = Math.ceil(DOCUMENTS_PER_WRITE / WINDOW_ROWS);
  const start = performance.now();
  for (let i = 0; i < windows.length; i += perWrite) {
    await sink.write(windows.slice(i, i + perWrite));
  }
  const seconds = (performance.now() - start) / 1_000;
  return (windows.length * WINDOW_ROWS) / seconds;
}

/** Documents a second of the bare loop. */
async function bareRate(origin: string, windows: FiredWindow[]) {
  const settings = settingsFor(origin, "bench-bare");
  const renderer = new BulkRenderer(PLAN, planIndices(PLAN, settings));
  renderer.begin(windows.map((window) => ({ window, rows: "all" })));
  const bodies: Buffer[] = [];
  for (;;) {
    const batch = renderer.next(BULK_BYTES_FIRST);
    if (batch === undefined) break;
    bodies.push(batch.bytes);
  }
  const agent = new Agent({ connections: 2 });
  const start = performance.now();
  const lane = async () => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const answer = await agent.request({
        origin,
        path: `/_bulk?${BULK_FILTER}`,
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body,
      });
      await answer.body.dump({ limit: Number.MAX_SAFE_INTEGER });
    }
  };
  await Promise.all([lane(), lane()]);
  const seconds = (performance.now() - start) / 1_000;
  await agent.close();
  return (windows.length * WINDOW_ROWS) / seconds;
}

/** All documents over all seconds: who goes second is faster, in turns. */
function overall(rates: readonly number[]): number {
  return rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "8" },
      documents: { type: "string", default: "100000" },
    },
  });
  const [origin = "http://127.0.0.1:9200"] = positionals;
  const rounds = Number(values.rounds);
  const documents = Number(values.documents);
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  );
  const open = async (prefix: string) => {
    const settings = settingsFor(origin, prefix);
    const sink = new OpensearchSink({ plan: PLAN, settings });
    await sink.open();
    return sink;
  };
  const sink = await open("bench-sink");
  // Makes the bare loop's index as well.
  await (await open("bench-bare")).close();
  const rates: { sink: number[]; bare: number[] } = { sink: [], bare: [] };
  // Round 0 warms the node up and does not count.
  for (let round = 0; round <= rounds; round++) {
    const windows = windowsFrom(round * 1_000, documents);
    const turns = {
      sink: () => sinkRate(sink, windows),
      bare: () => bareRate(origin, windows),
    };
    const order =
      round % 2 === 0
        ? (["sink", "bare"] as const)
        : (["bare", "sink"] as const);
    for (const name of order) {
      const rate = await turns[name]();
      if (round > 0) rates[name].push(rate);
      console.log(`round ${round} ${name}: ${Math.round(rate)} documents/s`);
    }
  }
  await sink.close();
  const share = overall(rates.sink) / overall(rates.bare);
  console.log(
    `sink ${Math.round(overall(rates.sink))}, bare ${Math.round(overall(rates.bare))} documents/s; ${(share * 100).toFixed(0)} % (${rounds} rounds of ${documents}, goal ${GOAL * 100} %)`,
  );
  process.exitCode = share >= GOAL ? 0 : 1;
}

await main();
