/**
 * Goal: with every strategy, lateness and documents depend on the records and
 * their order alone, not on how the shard is cut into answers and flushes.
 * Method: random records and cuts against the plain twins.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { type JobSpec, parseJobSpec } from "../../../engine/job/spec.ts";
import { keyTexts } from "../../../engine/sink/key_text.ts";
import { unpackSection } from "../../../engine/tally/tally_columns.ts";
import { JsonDecoder } from "../../../workers/decode/json_decoder.ts";
import type { RecordBatch } from "../../../workers/record_batch.ts";
import { TallyOperator } from "../../../workers/tally/tally_operator.ts";
import { plainTally } from "./plain_tally.ts";
import { type PlainRecord, plainWatermarks } from "./plain_watermarks.ts";

const START_MS = Date.UTC(2016, 0, 1);
const MINUTE_MS = 60_000;
const AHEAD_MAX_MS = 60 * MINUTE_MS;
const BASE = parseJobSpec(taxiJob(taxiZones("nyc")));

const time = fc
  .integer({ min: 0, max: 90 * MINUTE_MS })
  .map((offset) => START_MS + offset);
const airport = fc.boolean();
const event = fc.record({ timeMs: time, toAirport: airport });
/** An event, a watermark or rubbish, each with its arrival. */
const records = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 8, arbitrary: event },
      { weight: 1, arbitrary: time },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    // Arrivals are not always in order.
    fc.integer({ min: 0, max: 3 * MINUTE_MS }),
  ),
  { maxLength: 120, size: "max" },
);
const cuts = fc.array(fc.nat(40), { minLength: 1, maxLength: 20 });

type Drawn = { timeMs: number; toAirport: boolean } | number | null;

function recordOf(one: Drawn, arrivalMs: number): PlainRecord {
  if (one === null) return { arrivalMs };
  if (typeof one === "number") return { arrivalMs, watermarkMs: one };
  return {
    arrivalMs,
    values: {
      pickupLat: 40.75,
      pickupLon: -73.98,
      dropoffLat: one.toAirport ? 40.6467 : 40.76,
      dropoffLon: one.toAirport ? -73.7898 : -73.97,
      pickupTime: one.timeMs - 20 * MINUTE_MS,
      dropoffTime: one.timeMs,
    },
  };
}

function lineOf({ values, watermarkMs }: PlainRecord): string {
  const text = (ms: number | undefined) => new Date(ms ?? 0).toISOString();
  if (watermarkMs !== undefined) {
    return JSON.stringify({ type: "watermark", watermark: text(watermarkMs) });
  }
  if (values === undefined) return "rubbish";
  return JSON.stringify({
    type: "trip",
    pickup_lat: values["pickupLat"],
    pickup_lon: values["pickupLon"],
    dropoff_lat: values["dropoffLat"],
    dropoff_lon: values["dropoffLon"],
    pickup_datetime: text(values["pickupTime"]),
    dropoff_datetime: text(values["dropoffTime"]),
  });
}

function batchOf(list: readonly PlainRecord[], from: number): RecordBatch {
  const lines = list.map((one) => Buffer.from(lineOf(one)));
  const ends = lines.map(
    (
      (end) => (line: Buffer) =>
        (end += line.length)
    )(0),
  );
  return {
    bytes: Buffer.concat(lines),
    count: list.length,
    starts: Uint32Array.from(ends, (end, i) => end - lines[i]!.length),
    ends: Uint32Array.from(ends),
    records: Uint32Array.from(list, (_, i) => i),
    subSequenceNumbers: new Uint32Array(list.length),
    arrivalMs: Float64Array.from(list, ({ arrivalMs }) => arrivalMs),
    outOfRange: 0,
    sequenceNumber: (record) => String(from + record),
  };
}

/** Runs records through an operator in batches of the given lengths. */
function operate(
  spec: JobSpec,
  list: readonly PlainRecord[],
  lengths: readonly number[],
) {
  const plan = planJob(spec);
  const operator = new TallyOperator({
    plan,
    decoder: new JsonDecoder(plan),
    watermarkAheadMaxMs: AHEAD_MAX_MS,
    late: "dead-letter",
  });
  const shard = operator.shard({
    shardId: "a",
    watermarkMs: Number.NEGATIVE_INFINITY,
    dedupe: null,
  });
  const tallies = new Map<string, { count: number; values: number[] }>();
  let firstTallied = 0;
  const flush = () => {
    const { sections, buffer } = operator.tables.take();
    for (const section of sections) {
      firstTallied += section.firstTallied;
      const query = plan.queries[section.queryIndex]!;
      const columns = unpackSection(section, buffer);
      for (let row = 0; row < columns.rowCount; row++) {
        const words = {
          word0: columns.word0[row]!,
          word1: columns.word1[row]!,
        };
        const key = keyTexts(query, words).join("|");
        const id = `${query.name}|${section.windowStartMs}|${key}`;
        const entry = tallies.get(id) ?? { count: 0, values: [] };
        entry.count += columns.counts[row]!;
        for (const [i, column] of columns.accumulators.entries()) {
          entry.values[i] = (entry.values[i] ?? 0) + column[row]!;
        }
        tallies.set(id, entry);
      }
    }
  };
  let at = 0;
  for (let i = 0; at < list.length; i++) {
    const length = lengths[i % lengths.length]! + 1;
    operator.consume(shard, batchOf(list.slice(at, at + length), at));
    at += length;
    // Now and then a flush between two answers.
    if (length % 3 === 0) flush();
  }
  flush();
  return {
    tallies,
    firstTallied,
    counts: shard.counts.take(),
    watermarkMs: shard.watermarkMs,
    letters: operator.takeDeadLetters(),
  };
}

function compare(
  spec: JobSpec,
  drawn: readonly (readonly [Drawn, number])[],
  lengths: readonly number[],
): void {
  const list = drawn.map(([one, jitterMs], i) =>
    recordOf(one, START_MS + i * MINUTE_MS - jitterMs),
  );
  const plain = plainWatermarks(spec, list, AHEAD_MAX_MS);
  const expected = plainTally(spec, "trip", plain.events);
  const got = operate(spec, list, lengths);
  assert.deepEqual(got.tallies, expected.tallies);
  assert.equal(got.watermarkMs, plain.watermarkMs);
  const { counts } = got;
  assert.equal(counts.tallied, expected.tallied);
  assert.equal(counts.late, expected.late);
  assert.equal(counts.eventTimesRefused, plain.eventTimesRefused);
  assert.equal(got.firstTallied, counts.tallied);
  const filtered = counts.filtered.reduce((sum, one) => sum + one, 0);
  assert.equal(
    counts.tallied +
      counts.late +
      counts.dead +
      filtered +
      counts.watermarksTaken +
      counts.watermarksRefused,
    list.length,
  );
  const late = got.letters.filter(({ reason }) => reason === "late");
  assert.equal(late.length, counts.late);
  assert.equal(got.letters.length, counts.late + counts.dead);
  const numbers = got.letters.map((one) => Number(one.sequenceNumber));
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
    "dead letters in order",
  );
  for (const { sequenceNumber, bytes } of late) {
    const record = list[Number(sequenceNumber)]!;
    assert.equal(Buffer.from(bytes).toString(), lineOf(record));
  }
}

const WATERMARKS: readonly JobSpec["watermark"][] = [
  { ...BASE.watermark, strategy: "punctuated" },
  { ...BASE.watermark, strategy: "bounded", boundMs: 0 },
  { ...BASE.watermark, strategy: "bounded", boundMs: 7 * MINUTE_MS },
  { ...BASE.watermark, strategy: "ingestion" },
];

for (const watermark of WATERMARKS) {
  for (const allowedLatenessMs of [0, 12 * MINUTE_MS]) {
    const { strategy, boundMs = 0 } = watermark;
    t.test(
      `${strategy} ${boundMs}, lateness ${allowedLatenessMs}, however the shard is cut`,
      async () => {
        const windows = [10 * MINUTE_MS, 4 * MINUTE_MS];
        const spec: JobSpec = {
          ...BASE,
          watermark,
          allowedLatenessMs,
          queries: BASE.queries.map((query, i) => ({
            ...query,
            windowMs: windows[i] ?? query.windowMs,
          })),
        };
        fc.assert(
          fc.property(records, cuts, (drawn, lengths) =>
            compare(spec, drawn, lengths),
          ),
          { numRuns: 100 },
        );
      },
    );
  }
}
