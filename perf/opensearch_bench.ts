/**
 * How fast documents go into OpenSearch, against a bare undici loop of
 * ready-made bodies on the same node.
 *
 * `node dist/perf/opensearch_bench.js URL [--rounds N] [--documents N]`. A
 * round has four turns, sink, loop, loop, sink, the next one the other way
 * round; each turn fills an index of its own, of the sink's mapping, which is
 * deleted before the next one. The loop sends bodies as long and as many at a
 * time as the sink does at first (`--bare-bytes`, `--bare-requests` for
 * others), asks for the same short answers and reads no status; its bodies are
 * made before the clock starts. Judged is the median of the rounds' ratios,
 * with the interval that holds the true one 95 times in 100. Beside it what
 * 1,000 documents cost, in processor time of this process and of the node:
 * that doesn't depend on what else a machine does. Goal: 90 % of the loop.
 *
 * @module
 */
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  BULK_BYTES_FIRST,
  BULK_REQUESTS_FIRST,
} from "../engine/sink/opensearch/limits.ts";
import { OpensearchSink } from "../engine/sink/opensearch/opensearch_sink.ts";
import type { FiredWindow } from "../engine/sink/sink.ts";
import { BareLoop } from "./opensearch/bare_loop.ts";
import {
  deleteIndices,
  documentsIn,
  nodeCpuMs,
} from "./opensearch/bench_node.ts";
import {
  PLAN,
  settingsFor,
  WINDOW_ROWS,
  windowsFrom,
} from "./opensearch/bench_windows.ts";
import { Meter } from "./suite/meter.ts";
import { medianInterval } from "./suite/samples.ts";

const GOAL = 0.9;

/** The node comes to rest between turns, ms. */
const REST_MS = 500;

interface Turn {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly nodeMs: number;
}

type Contender = "sink" | "bare";

interface Setup {
  readonly origin: string;
  readonly bodyBytes: number;
  readonly requests: number;
}

/** Writes as the engine writes. */
async function writeAll(sink: OpensearchSink, windows: FiredWindow[]) {
  const perWrite = Math.ceil(sink.documentsPerWrite / WINDOW_ROWS);
  for (let i = 0; i < windows.length; i += perWrite) {
    await sink.write(windows.slice(i, i + perWrite));
  }
}

async function measured(origin: string, work: () => Promise<void>) {
  const nodeBefore = await nodeCpuMs(origin);
  const meter = new Meter();
  await work();
  const { wallMs, cpuMs } = meter.read();
  const nodeMs = (await nodeCpuMs(origin)) - nodeBefore;
  return { wallMs, cpuMs, nodeMs };
}

/** One turn, in an index of its own that is gone afterwards. */
async function takeTurn(
  name: Contender,
  windows: FiredWindow[],
  { origin, bodyBytes, requests }: Setup,
): Promise<Turn> {
  const indexPrefix = `bench-${name}`;
  const indices = PLAN.queries.map((query) => `${indexPrefix}-${query.name}`);
  await deleteIndices(origin, indices);
  const settings = settingsFor(origin, indexPrefix);
  const sink = new OpensearchSink({ plan: PLAN, settings });
  // Makes the loop's index as well.
  await sink.open();
  const bare = new BareLoop(name === "bare" ? windows : [], {
    ...{ origin, indexPrefix, bodyBytes, requests },
  });
  const turn = await measured(origin, () =>
    name === "sink" ? writeAll(sink, windows) : bare.run(),
  );
  await bare.close();
  await sink.close();
  const documents = await documentsIn(origin, indices.join(","));
  if (documents !== windows.length * WINDOW_ROWS) {
    throw new Error(`${name} wrote ${documents} documents`);
  }
  await deleteIndices(origin, indices);
  await delay(REST_MS);
  return turn;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "12" },
      documents: { type: "string", default: "50000" },
      "bare-bytes": { type: "string", default: String(BULK_BYTES_FIRST) },
      "bare-requests": { type: "string", default: String(BULK_REQUESTS_FIRST) },
    },
  });
  const [origin = "http://127.0.0.1:9200"] = positionals;
  const rounds = Number(values.rounds);
  const setup = {
    origin,
    bodyBytes: Number(values["bare-bytes"]),
    requests: Number(values["bare-requests"]),
  };
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  );
  const windows = windowsFrom(0, Number(values.documents));
  const documents = windows.length * WINDOW_ROWS;
  const turns: Record<Contender, Turn[]> = { sink: [], bare: [] };
  const ratios: number[] = [];
  // Round 0 warms the node up and does not count.
  for (let round = 0; round <= rounds; round++) {
    const outer: Contender = round % 2 === 0 ? "sink" : "bare";
    const inner: Contender = outer === "sink" ? "bare" : "sink";
    const found: Record<Contender, Turn[]> = { sink: [], bare: [] };
    for (const name of [outer, inner, inner, outer]) {
      found[name].push(await takeTurn(name, windows, setup));
    }
    const wall = (name: Contender) =>
      sum(found[name].map(({ wallMs }) => wallMs));
    const rate = (name: Contender) =>
      Math.round((documents * found[name].length * 1_000) / wall(name));
    const ratio = wall("bare") / wall("sink");
    console.log(
      `round ${round}: sink ${rate("sink")}, bare ${rate("bare")} documents/s; ${percent(ratio)}`,
    );
    if (round === 0) continue;
    ratios.push(ratio);
    turns.sink.push(...found.sink);
    turns.bare.push(...found.bare);
  }
  const thousands = documents / 1_000;
  for (const name of ["sink", "bare"] as const) {
    const count = turns[name].length * thousands;
    const each = (of: (turn: Turn) => number) => sum(turns[name].map(of));
    console.log(
      `${name}: ${Math.round((count * 1e6) / each((one) => one.wallMs))} documents/s; for 1,000 documents ${(each((one) => one.cpuMs) / count).toFixed(2)} ms of CPU here, ${(each((one) => one.nodeMs) / count).toFixed(1)} ms of the node's`,
    );
  }
  const { median, least, most } = medianInterval(ratios);
  console.log(
    `sink / bare: median ${percent(median)}, 95 % interval ${percent(least)} to ${percent(most)} (${rounds} rounds of 2 × ${documents} each, goal ${GOAL * 100} %)`,
  );
  process.exitCode = median >= GOAL ? 0 : 1;
}

await main();
