/**
 * Jobs and fired windows for the sinks' tests. Keys are made from their texts,
 * bit by bit with BigInt, so that the tests know what documents must say
 * without asking the code under test.
 *
 * @module
 */
import fc from "fast-check";
import { BASE32 } from "../../../engine/geo/geohash.ts";
import {
  type JobPlan,
  planJob,
  type QueryPlan,
} from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";

/** One row as a test says it. */
interface Row {
  /** Texts of the key's parts. */
  readonly key: readonly string[];
  readonly count: number;
  readonly accumulators: readonly number[];
}

/** A window as a test says it. */
export interface WindowSpec {
  readonly queryIndex: number;
  readonly windowStartMs: number;
  readonly rows: readonly Row[];
}

/** The taxi job. */
export const TAXI: JobPlan = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));

function packedKey(query: QueryPlan, texts: readonly string[]) {
  const words: [bigint, bigint] = [0n, 0n];
  for (const [i, part] of query.key.entries()) {
    const text = texts[i]!;
    let value =
      part.type === "zone"
        ? BigInt(part.zones.indexOf(text))
        : [...text].reduce((v, c) => v * 32n + BigInt(BASE32.indexOf(c)), 0n);
    for (const { word, shift, bits } of part.bits.toReversed()) {
      const size = 1n << BigInt(bits);
      words[word] |= (value % size) << BigInt(shift);
      value /= size;
    }
  }
  return { word0: Number(words[0]), word1: Number(words[1]) };
}

/** Makes a fired window, rows sorted by key. */
export function fired(plan: JobPlan, spec: WindowSpec): FiredWindow {
  const query = plan.queries[spec.queryIndex]!;
  const rows = spec.rows.map((row) => ({
    ...row,
    ...packedKey(query, row.key),
  }));
  rows.sort((a, b) => a.word0 - b.word0 || a.word1 - b.word1);
  return {
    query,
    windowStartMs: spec.windowStartMs,
    timestampMs: spec.windowStartMs + query.windowMs - 1,
    rowCount: rows.length,
    word0: Uint32Array.from(rows, ({ word0 }) => word0),
    word1: Uint32Array.from(rows, ({ word1 }) => word1),
    counts: Float64Array.from(rows, ({ count }) => count),
    accumulators: query.accumulators.map((_, a) =>
      Float64Array.from(rows, ({ accumulators }) => accumulators[a]!),
    ),
  };
}

/** The lines of a window by `JSON.stringify`, sorted. */
export function expectedLines(plan: JobPlan, spec: WindowSpec): string[] {
  const query = plan.queries[spec.queryIndex]!;
  const timestamp = spec.windowStartMs + query.windowMs - 1;
  const lines = spec.rows.map(({ key, count, accumulators }) => {
    const fields = Object.fromEntries([
      ...query.key.map(({ as }, i) => [as, key[i]] as const),
      ...query.measures.map((one) => {
        if (one.type === "count") return [one.as, count] as const;
        const value = accumulators[one.accumulator]!;
        return [one.as, one.type === "avg" ? value / count : value] as const;
      }),
    ]);
    const _id = [query.name, timestamp, ...key].join("|");
    return JSON.stringify({ _id, query: query.name, timestamp, ...fields });
  });
  return lines.sort();
}

const zoneName = fc.stringMatching(/^Z[A-Za-z0-9_-]{0,12}$/);
const outputName = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/);
/** One cell often, so that keys meet again. */
const geohash = (precision: number) =>
  fc.oneof(
    fc.constant("z".repeat(precision)),
    fc
      .array(fc.constantFrom(...BASE32), {
        minLength: precision,
        maxLength: precision,
      })
      .map((characters) => characters.join("")),
  );

const value = fc.constantFrom(
  { field: "x" },
  { minutesFrom: "t", minutesTo: "u" },
);
const measure = fc.oneof(
  fc.record({ count: fc.constant(true) }),
  fc.record({ sum: value }),
  fc.record({ avg: value }),
  fc.record({ min: value }),
  fc.record({ max: value }),
);

/** Any job whose keys fit, with one or two queries. */
export const anyPlan: fc.Arbitrary<JobPlan> = fc
  .record({
    zones: fc.uniqueArray(zoneName, { minLength: 1, maxLength: 9 }),
    queries: fc.array(
      fc.record({
        precisions: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
        zoneParts: fc.integer({ min: 0, max: 2 }),
        measures: fc.array(measure, { minLength: 1, maxLength: 5 }),
        names: fc.uniqueArray(outputName, { minLength: 9, maxLength: 9 }),
        windowMs: fc.constantFrom(1_000, 600_000, 86_400_000, 172_800_000),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .filter(({ queries }) =>
    queries.every(
      ({ precisions, zoneParts, names }) =>
        (precisions.reduce((a, b) => a + b, 0) <= 9 ||
          (precisions.length === 1 && zoneParts === 0)) &&
        precisions.length + zoneParts > 0 &&
        !names.includes("timestamp") &&
        !names.includes("query"),
    ),
  )
  .map(({ zones, queries }) =>
    planJob(
      parseJobSpec({
        version: 1,
        name: "any",
        events: {
          e: {
            eventTime: "t",
            fields: {
              x: { type: "number", from: ["x"] },
              y: { type: "number", from: ["y"] },
              t: { type: "time", from: ["t"] },
              u: { type: "time", from: ["u"] },
            },
            points: { p: { latitude: "x", longitude: "y" } },
          },
        },
        zones: Object.fromEntries(
          zones.map((name) => [name, { cells: ["d"] }]),
        ),
        queries: queries.map((query, i) => ({
          name: `query_${i}`,
          event: "e",
          windowMs: query.windowMs,
          key: [
            ...query.precisions.map((precision, k) => ({
              as: query.names[k]!,
              geohash: "p",
              precision,
            })),
            ...Array.from({ length: query.zoneParts }, (_, k) => ({
              as: query.names[k + 2]!,
              zoneOf: "p",
              inZones: zones,
            })),
          ],
          measures: query.measures.map((one, k) => ({
            as: query.names[k + 4]!,
            ...one,
          })),
        })),
      }),
    ),
  );

const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Any window of a job, keys unique, within some days around the epoch. */
export function anyWindow(plan: JobPlan): fc.Arbitrary<WindowSpec> {
  return fc.constantFrom(...plan.queries).chain((query) => {
    const key = fc.tuple(
      ...query.key.map((part) =>
        part.type === "zone"
          ? fc.constantFrom(...part.zones)
          : geohash(part.precision),
      ),
    );
    const row = fc.record({
      key,
      count: fc.integer({ min: 1, max: 2 ** 40 }),
      accumulators: fc.tuple(...query.accumulators.map(() => number)),
    });
    return fc.record({
      queryIndex: fc.constant(query.index),
      windowStartMs: fc
        .oneof(
          fc.integer({ min: -1, max: 1 }),
          fc.integer({ min: -20, max: 20 }),
        )
        .map((n) => n * Math.max(query.windowMs, 43_200_000)),
      rows: fc.uniqueArray(row, {
        minLength: 1,
        maxLength: 8,
        selector: (one) => one.key.join("|"),
      }),
    });
  });
}
