/**
 * What decoding costs, against JSON.parse: on generated trips, then on input
 * that suits no scanner. The contenders take turns, each in a process of its
 * own, so that neither code nor garbage of one is in the other's way.
 *
 * Run: `npm run build && node dist/perf/decode_bench.js [CASE…]`
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { planJob } from "../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../engine/job/spec.ts";
import type { Decoder } from "../workers/decode/decoder.ts";
import { ExactDecoder } from "../workers/decode/exact_decoder_kernel.ts";
import { JsonDecoder } from "../workers/decode/json_decoder.ts";
import { openDecoder } from "../workers/decode/open_decoder.ts";
import type { RecordBatch } from "../workers/record_batch.ts";
import { TallyOperator } from "../workers/tally/tally_operator.ts";
import { batchesFor, GENERATED, ODD_CASES } from "./decode_cases.ts";

/** Measured rounds of each contender, after two to warm up. */
const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;
const AHEAD_MAX_MS = 36_500 * 86_400_000;

const PLAN = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));

type Run = (batches: readonly RecordBatch[]) => void;

/** Decodes, and forgets the rows. */
function decoding(decoder: Decoder): Run {
  const { events } = decoder;
  return (batches) => {
    for (const batch of batches) {
      const { bytes, starts, ends, count } = batch;
      decoder.begin(batch);
      for (let i = 0; i < count; i++) {
        const taken = decoder.decodeRun(i);
        if (taken > 0) {
          const run = events[decoder.runKind];
          if (run?.full) run.count = 0;
          i += taken - 1;
          continue;
        }
        const kind = decoder.decode(bytes, starts[i] ?? 0, ends[i] ?? 0);
        const rows = kind < 0 ? undefined : events[kind];
        if (rows === undefined) continue;
        rows.count++;
        if (rows.full) rows.count = 0;
      }
    }
  };
}

/** Decodes, filters and tallies, as a worker does. */
function tallying(decoder: Decoder): Run {
  const operator = new TallyOperator({
    plan: PLAN,
    decoder,
    watermarkAheadMaxMs: AHEAD_MAX_MS,
    late: "drop",
  });
  return (batches) => {
    const shard = operator.shard({
      shardId: "0",
      watermarkMs: Number.NEGATIVE_INFINITY,
      dedupe: null,
    });
    for (const batch of batches) operator.consume(shard, batch);
    operator.tables.take();
    operator.takeDeadLetters();
  };
}

const CONTENDERS: Readonly<Record<string, () => Run>> = {
  decode: () => decoding(openDecoder(PLAN)),
  "decode + tally": () => tallying(openDecoder(PLAN)),
  "decode, walk only": () =>
    decoding(
      new ExactDecoder({
        plan: PLAN,
        makeFunction: undefined,
        runMemory: undefined,
      }),
    ),
  "JSON.parse": () => decoding(new JsonDecoder(PLAN)),
  "JSON.parse + tally": () => tallying(new JsonDecoder(PLAN)),
};

/** In a contender's process: runs a round whenever it is told a case. */
function contend(name: string): void {
  let current = "";
  let run: Run = () => {};
  let batches: RecordBatch[] = [];
  process.on("message", (wanted: string) => {
    if (wanted !== current) {
      current = wanted;
      batches = batchesFor(wanted);
      run = (CONTENDERS[name] ?? (() => run))();
    }
    const before = process.cpuUsage();
    run(batches);
    const { user, system } = process.cpuUsage(before);
    const records = batches.reduce((sum, { count }) => sum + count, 0);
    process.send?.((user + system) / records);
  });
}

/** Has a contender run a round; its cost, CPU µs a record. */
async function askRound(child: ChildProcess, wanted: string): Promise<number> {
  child.send(wanted);
  const ended = new AbortController();
  const { signal } = ended;
  const [answer] = await Promise.race([
    once(child, "message", { signal }),
    once(child, "exit", { signal }).then(([code, by]) => {
      throw new Error(`Cannot measure as a process has ended: ${code ?? by}`);
    }),
  ]).finally(() => ended.abort());
  return answer as number;
}

/** Cost of every round, CPU µs a record, in ascending order. */
async function measure(
  names: readonly string[],
  wanted: string,
): Promise<Map<string, number[]>> {
  const path = fileURLToPath(import.meta.url);
  const children = new Map<string, ChildProcess>(
    names.map((name) => [name, fork(path, ["--contender", name])]),
  );
  const costs = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const [name, child] of children) {
      const cost = await askRound(child, wanted);
      if (round >= 0) costs.get(name)?.push(cost);
    }
  }
  for (const child of children.values()) child.disconnect();
  for (const list of costs.values()) list.sort((a, b) => a - b);
  return costs;
}

const middle = (costs: readonly number[] = []) => costs[costs.length >> 1] ?? 0;
const figure = (cost: number | undefined) => (cost ?? 0).toFixed(3);

async function benchTrips(): Promise<void> {
  console.log(`${GENERATED}, CPU s per million: median (least to most)`);
  const costs = await measure(Object.keys(CONTENDERS), GENERATED);
  for (const [name, list] of costs) {
    console.log(
      `  ${name.padEnd(20)}${figure(middle(list))} (${figure(list[0])} to ${figure(list.at(-1))})`,
    );
  }
}

async function benchOdd(name: string): Promise<void> {
  const costs = await measure(["decode", "JSON.parse"], name);
  const ours = costs.get("decode") ?? [];
  const theirs = costs.get("JSON.parse") ?? [];
  const ratio = (a = 0, b = 1) => (a / b).toFixed(2);
  console.log(
    `  ${name.padEnd(46)}${figure(middle(ours))} against ${figure(middle(theirs))}: ` +
      `${ratio(middle(ours), middle(theirs))} (least ${ratio(ours[0], theirs[0])})`,
  );
}

const [flag, ...rest] = process.argv.slice(2);
if (flag === "--contender") contend(rest[0] ?? "");
else {
  if (import.meta.url.endsWith(".ts")) {
    console.warn("Run from dist: under a loader figures say nothing.");
  }
  const wanted = flag === undefined ? [] : [flag, ...rest];
  const isWanted = (name: string) =>
    wanted.length === 0 || wanted.includes(name);
  console.log(
    `${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`,
  );
  if (isWanted(GENERATED)) await benchTrips();
  console.log("other input, CPU s per million: decode against JSON.parse");
  for (const name of Object.keys(ODD_CASES).filter(isWanted)) {
    await benchOdd(name);
  }
}
