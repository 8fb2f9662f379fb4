/**
 * What decoding costs, against JSON.parse, in one run and alternating: on
 * generated trips, then on input that suits no scanner.
 *
 * Run: `npm run build && node dist/perf/decode_bench.js [CASE…]`
 *
 * @module
 */
import { cpus } from "node:os";
import { planJob } from "../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../engine/job/spec.ts";
import { TripGenerator } from "../engine/replay/generator.ts";
import { Random } from "../engine/replay/random.ts";
import type { Decoder } from "../workers/decode/decoder.ts";
import { ExactDecoder } from "../workers/decode/exact_decoder_kernel.ts";
import { JsonDecoder } from "../workers/decode/json_decoder.ts";
import { openDecoder } from "../workers/decode/open_decoder.ts";
import type { RecordBatch } from "../workers/record_batch.ts";
import { TallyOperator } from "../workers/tally/tally_operator.ts";

/** Distinct records of the main case, more than any cache holds. */
const TRIPS = 200_000;
/** Records of each other case. */
const ODD_TRIPS = 40_000;
const ROUNDS = 7;
const BATCH_RECORDS = 4_096;
const AHEAD_MAX_MS = 36_500 * 86_400_000;

const PLAN = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));

type Trip = Record<string, unknown>;

/** A record's text made from a trip; may differ from one to the next. */
type Rewrite = (trip: Trip, index: number, random: Random) => string;

function shuffled(trip: Trip, random: Random): Trip {
  const entries = Object.entries(trip);
  for (let i = entries.length - 1; i > 0; i--) {
    const j = Math.floor(random.unit() * (i + 1));
    const [a, b] = [entries[i], entries[j]];
    if (a !== undefined && b !== undefined) [entries[i], entries[j]] = [b, a];
  }
  return Object.fromEntries(entries);
}

const reversed = (trip: Trip): Trip =>
  Object.fromEntries(Object.entries(trip).reverse());

const shortTime = (time: unknown) =>
  String(time).slice(0, 19).replace("T", " ");

/** Every coordinate in another form. */
function withNumbers(trip: Trip, form: (value: number) => string): string {
  return JSON.stringify(trip).replace(
    /("(?:pickup|dropoff)_l\w\w":)(-?[\d.]+)/g,
    (_, key: string, value: string) => key + form(Number(value)),
  );
}

const CASES: Readonly<Record<string, Rewrite>> = {
  "spaces after colons and commas": (trip) =>
    JSON.stringify(trip).replace(/":/g, '": ').replace(/,"/g, ', "'),
  "indented over many lines": (trip) => JSON.stringify(trip, undefined, 2),
  "times with space, no zone": (trip) =>
    JSON.stringify({
      ...trip,
      pickup_datetime: shortTime(trip["pickup_datetime"]),
      dropoff_datetime: shortTime(trip["dropoff_datetime"]),
    }),
  "coordinates of 16 digits": (trip, _, random) =>
    withNumbers(trip, (value) => String(value + random.unit() / 1e7)),
  "coordinates with exponents": (trip) =>
    withNumbers(trip, (value) => value.toExponential()),
  "coordinates as strings": (trip) =>
    withNumbers(trip, (value) => JSON.stringify(String(value))),
  "an escape in a skipped string": (trip) =>
    JSON.stringify({ ...trip, store_and_fwd_flag: 'N"\\' }),
  "an escape in the kind": (trip) =>
    JSON.stringify(trip).replace('"trip"', '"tri\\u0070"'),
  "two layouts alternating": (trip, i) =>
    JSON.stringify(i % 2 === 0 ? trip : reversed(trip)),
  "sixteen layouts, alike up to the end": (trip, i) => {
    const { type, ...rest } = trip;
    return JSON.stringify({ ...rest, [`extra_${i % 16}`]: 0, type });
  },
  "an unknown kind of its own each, at the end": (trip, i) =>
    JSON.stringify({ ...trip, type: `kind${i}` }),
  "keys shuffled on every record": (trip, _, random) =>
    JSON.stringify(shuffled(trip, random)),
  "shuffled, spaces, escapes, exponents": (trip, _, random) =>
    withNumbers(
      shuffled({ ...trip, store_and_fwd_flag: "a\tb" }, random),
      (value) => ` ${value.toExponential()} `,
    ),
  "keys escaped, the last one only": (trip) =>
    JSON.stringify(trip).replace('"type"', '"typ\\u0065"'),
  "a needed field is null": (trip) =>
    JSON.stringify({ ...trip, pickup_lat: null }),
  "cut off at random": (trip, _, random) => {
    const text = JSON.stringify(trip);
    return text.slice(0, Math.floor(random.unit() * text.length));
  },
  "one byte in a record damaged": (trip, _, random) => {
    const text = JSON.stringify(trip);
    const at = Math.floor(random.unit() * text.length);
    const byte = String.fromCharCode(Math.floor(random.unit() * 95) + 32);
    return text.slice(0, at) + byte + text.slice(at + 1);
  },
};

/** Records ready in memory, some thousand at a time. */
function batchesOf(bytes: Buffer, ends: readonly number[]): RecordBatch[] {
  const batches: RecordBatch[] = [];
  for (let from = 0; from < ends.length; from += BATCH_RECORDS) {
    const some = ends.slice(from, from + BATCH_RECORDS);
    const first = from === 0 ? 0 : (ends[from - 1] ?? 0);
    batches.push({
      bytes,
      count: some.length,
      starts: Uint32Array.from([first, ...some.slice(0, -1)]),
      ends: Uint32Array.from(some),
      records: new Uint32Array(some.length),
      subSequenceNumbers: new Uint32Array(some.length),
      arrivalMs: new Float64Array(some.length),
      outOfRange: 0,
      sequenceNumber: String,
    });
  }
  return batches;
}

function rewritten(rewrite: Rewrite): RecordBatch[] {
  const { bytes, starts, ends } = new TripGenerator({ seed: 2 }).next(
    ODD_TRIPS,
  );
  const random = new Random(3);
  const records = Array.from(starts, (start, i) => {
    const trip = JSON.parse(bytes.toString("utf8", start, ends[i])) as Trip;
    return Buffer.from(`${rewrite(trip, i, random)}\n`);
  });
  let end = 0;
  return batchesOf(
    Buffer.concat(records),
    records.map(({ length }) => (end += length)),
  );
}

/** Decodes, and forgets the rows. */
function decodeAll(decoder: Decoder, batches: readonly RecordBatch[]): void {
  const { events } = decoder;
  for (const { bytes, starts, ends, count } of batches) {
    for (let i = 0; i < count; i++) {
      const kind = decoder.decode(bytes, starts[i] ?? 0, ends[i] ?? 0);
      const rows = kind < 0 ? undefined : events[kind];
      if (rows !== undefined && ++rows.count === rows.columns[0]?.length) {
        rows.count = 0;
      }
    }
  }
}

function tallyAll(decoder: Decoder): (batches: readonly RecordBatch[]) => void {
  const operator = new TallyOperator({
    plan: PLAN,
    decoder,
    watermarkAheadMaxMs: AHEAD_MAX_MS,
  });
  return (batches) => {
    const shard = operator.shard("0", Number.NEGATIVE_INFINITY);
    for (const batch of batches) operator.consume(shard, batch);
    operator.tables.take();
    operator.takeDeadLetters();
  };
}

interface Contender {
  readonly name: string;
  readonly run: (batches: readonly RecordBatch[]) => void;
  /** CPU µs per record, one number a round. */
  readonly costs: number[];
}

/** Runs all in turn, some rounds after one to warm up. */
function compare(
  contenders: readonly Contender[],
  batches: readonly RecordBatch[],
): void {
  const records = batches.reduce((sum, { count }) => sum + count, 0);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { run, costs } of contenders) {
      const before = process.cpuUsage();
      run(batches);
      const { user, system } = process.cpuUsage(before);
      if (round > 0) costs.push((user + system) / records);
    }
  }
  for (const { costs } of contenders) costs.sort((a, b) => a - b);
}

const middle = (costs: readonly number[]) => costs[costs.length >> 1] ?? 0;

function report({ name, costs }: Contender): void {
  const at = (cost: number | undefined) => (cost ?? 0).toFixed(3);
  console.log(
    `  ${name.padEnd(34)}${at(middle(costs))} CPU s per million (${at(costs[0])} to ${at(costs.at(-1))})`,
  );
}

/** Generated trips, a watermark each 200. */
function benchTrips(): void {
  const { bytes, starts, ends } = new TripGenerator({ seed: 1 }).next(TRIPS);
  const records = Array.from(starts, (start, i) =>
    bytes.subarray(start, ends[i]),
  );
  const watermark = Buffer.from(
    '{"type":"watermark","watermark":"1999-01-01T00:00:00.000Z"}\n',
  );
  for (let i = 0; i < records.length; i += 200) {
    records.splice(i, 0, watermark);
  }
  let end = 0;
  const batches = batchesOf(
    Buffer.concat(records),
    records.map(({ length }) => (end += length)),
  );
  const walk = new ExactDecoder({ plan: PLAN, makeFunction: undefined });
  const [exact, json] = [openDecoder(PLAN), new JsonDecoder(PLAN)];
  const contenders: Contender[] = [
    { name: "decode", run: (b) => decodeAll(exact, b), costs: [] },
    { name: "decode + tally", run: tallyAll(openDecoder(PLAN)), costs: [] },
    {
      name: "decode by the walk alone",
      run: (b) => decodeAll(walk, b),
      costs: [],
    },
    { name: "decode by JSON.parse", run: (b) => decodeAll(json, b), costs: [] },
    {
      name: "JSON.parse + tally",
      run: tallyAll(new JsonDecoder(PLAN)),
      costs: [],
    },
  ];
  compare(contenders, batches);
  console.log(
    `${TRIPS} generated trips, ${(end / records.length).toFixed(0)} bytes each`,
  );
  for (const one of contenders) report(one);
}

/** Another input, decoded both ways. */
function benchOdd(name: string, rewrite: Rewrite): void {
  const batches = rewritten(rewrite);
  const [exact, json] = [openDecoder(PLAN), new JsonDecoder(PLAN)];
  const costs: readonly [number[], number[]] = [[], []];
  compare(
    [
      { name: "exact", run: (b) => decodeAll(exact, b), costs: costs[0] },
      { name: "json", run: (b) => decodeAll(json, b), costs: costs[1] },
    ],
    batches,
  );
  const [ours, theirs] = costs.map(middle) as [number, number];
  console.log(
    `  ${name.padEnd(46)}${ours.toFixed(2)} against ${theirs.toFixed(2)}: ${(ours / theirs).toFixed(2)} of it`,
  );
}

if (import.meta.url.endsWith(".ts")) {
  console.warn("Run from dist: under a loader figures say nothing.");
}
console.log(`${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`);
const wanted = process.argv.slice(2);
if (wanted.length === 0 || wanted.includes("trips")) benchTrips();
console.log("unusual input, CPU s per million, decoding against JSON.parse");
for (const [name, rewrite] of Object.entries(CASES)) {
  if (wanted.length === 0 || wanted.includes(name)) benchOdd(name, rewrite);
}
