/**
 * The records that decoders are measured with: generated trips, and the same
 * rewritten so that they suit no scanner.
 *
 * @module
 */
import { TripGenerator } from "../engine/replay/generator.ts";
import { Random } from "../engine/replay/random.ts";
import type { RecordBatch } from "../workers/record_batch.ts";

/** Distinct records of the main case, more than any cache holds. */
const TRIPS = 200_000;
/** Records of each other case. */
const ODD_TRIPS = 40_000;
/** Trips from one watermark to the next. */
const WATERMARK_TRIPS = 200;
const BATCH_RECORDS = 4_096;

/** Name of the case that is no odd one. */
export const GENERATED = "generated trips";

type Trip = Record<string, unknown>;

/** A record's text made from a trip; may differ from one to the next. */
export type Rewrite = (trip: Trip, index: number, random: Random) => string;

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

/** Other input than the generator's, by what is odd about it. */
export const ODD_CASES: Readonly<Record<string, Rewrite>> = {
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
  "no JSON at all": (trip) => `trip ${trip["trip_id"]} has ended`,
  "one byte in a record damaged": (trip, _, random) => {
    const text = JSON.stringify(trip);
    const at = Math.floor(random.unit() * text.length);
    const byte = String.fromCharCode(Math.floor(random.unit() * 95) + 32);
    return text.slice(0, at) + byte + text.slice(at + 1);
  },
};

/** Records one behind the other in one buffer, some thousand at a time. */
function batchesOf(records: readonly Buffer[]): RecordBatch[] {
  const bytes = Buffer.concat(records);
  const batches: RecordBatch[] = [];
  let end = 0;
  for (let from = 0; from < records.length; from += BATCH_RECORDS) {
    const some = records.slice(from, from + BATCH_RECORDS);
    const starts = new Uint32Array(some.length);
    for (const [i, { length }] of some.entries()) {
      starts[i] = end;
      end += length;
    }
    batches.push({
      bytes,
      count: some.length,
      starts,
      ends: Uint32Array.from(
        starts,
        (start, i) => start + (some[i]?.length ?? 0),
      ),
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
  return batchesOf(
    Array.from(starts, (start, i) => {
      const trip = JSON.parse(bytes.toString("utf8", start, ends[i])) as Trip;
      return Buffer.from(`${rewrite(trip, i, random)}\n`);
    }),
  );
}

/** Generated trips with watermarks between them. */
function generated(): RecordBatch[] {
  const { bytes, starts, ends } = new TripGenerator({ seed: 1 }).next(TRIPS);
  // Long past, so that nothing is late in the second round.
  const watermark = Buffer.from(
    '{"type":"watermark","watermark":"1999-01-01T00:00:00.000Z"}\n',
  );
  const records = Array.from(starts, (start, i) => {
    const trip = bytes.subarray(start, ends[i]);
    return i % WATERMARK_TRIPS === 0 ? [watermark, trip] : [trip];
  }).flat();
  return batchesOf(records);
}

/** The records of a case. */
export function batchesFor(name: string): RecordBatch[] {
  const rewrite = ODD_CASES[name];
  return rewrite === undefined ? generated() : rewritten(rewrite);
}
