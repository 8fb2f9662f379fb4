/**
 * The trip generator. Goal: its bytes depend on the seed alone, its lines are
 * the very JSON they should be, and its trips have the city's shape. Method: a
 * plain renderer beside the fast one, and shares counted over large samples
 * against the fitted figures.
 */
import assert from "node:assert/strict";
import t from "tap";
import { ZoneIndex } from "../../../engine/geo/zone_index.ts";
import { taxiZones } from "../../../engine/job/presets/taxi.ts";
import { NEW_YORK } from "../../../engine/replay/city_figures.ts";
import type {
  EventChunk,
  SourceStart,
} from "../../../engine/replay/event_chunk.ts";
import { TripGenerator } from "../../../engine/replay/generator.ts";

interface Trip {
  readonly vendor_id: number;
  readonly pickup_datetime: string;
  readonly dropoff_datetime: string;
  readonly passenger_count: number;
  readonly trip_distance: number;
  readonly pickup_lon: number;
  readonly pickup_lat: number;
  readonly dropoff_lon: number;
  readonly dropoff_lat: number;
  readonly fare_amount: number;
  readonly tip_amount: number;
  readonly total_amount: number;
  readonly trip_id: number;
  readonly type: string;
}

function linesOf({ bytes, count, starts, ends }: EventChunk): string[] {
  return Array.from({ length: count }, (_, i) =>
    bytes.toString("latin1", starts[i], ends[i]),
  );
}

function textOf(generator: TripGenerator, counts: readonly number[]): string {
  return counts.flatMap((count) => linesOf(generator.next(count))).join("");
}

function tripsOf(generator: TripGenerator, count: number): Trip[] {
  return linesOf(generator.next(count)).map((line) => JSON.parse(line) as Trip);
}

t.test("the same seed gives the same bytes, whatever the chunks", async (t) => {
  const whole = textOf(new TripGenerator({ seed: 42 }), [5_000]);
  const parts = textOf(new TripGenerator({ seed: 42 }), [1, 999, 3_000, 1_000]);
  t.ok(whole === parts);
  t.ok(whole !== textOf(new TripGenerator({ seed: 43 }), [5_000]));
  t.ok(whole !== textOf(new TripGenerator({ seed: 42 + 2 ** 40 }), [5_000]));
});

t.test("a line is what JSON.stringify() would make of its trip", async (t) => {
  // Long enough for ids of ten digits not to matter, and for two midnights.
  const lines = linesOf(new TripGenerator({ seed: 3 }).next(40_000));
  let bad = 0;
  let byteCount = 0;
  for (const line of lines) {
    // The only number that is written otherwise than JSON.stringify() does.
    const plain = JSON.stringify(JSON.parse(line)).replace(
      '"tolls_amount":0,',
      '"tolls_amount":0.0,',
    );
    if (`${plain}\n` !== line) bad++;
    byteCount += line.length;
  }
  t.equal(bad, 0);
  const mean = byteCount / lines.length;
  t.ok(mean > 450 && mean < 475, `${mean} bytes a trip`);
});

t.test("trips come in the order of their drop-offs, numbered", async (t) => {
  const startMs = Date.parse("2015-12-31T20:00:00Z");
  const generator = new TripGenerator({ seed: 9, startMs });
  const chunk = generator.next(60_000);
  const trips = linesOf(chunk).map((line) => JSON.parse(line) as Trip);
  let before = startMs;
  let wrong = 0;
  trips.forEach((trip, i) => {
    const dropoffMs = Date.parse(trip.dropoff_datetime);
    const pickupMs = Date.parse(trip.pickup_datetime);
    if (
      dropoffMs < before ||
      dropoffMs !== chunk.timesMs[i] ||
      pickupMs > dropoffMs ||
      dropoffMs - pickupMs > 3 * 3_600_000 ||
      trip.trip_id !== (trips[0]?.trip_id ?? 0) + i ||
      trip.type !== "trip" ||
      Math.abs(trip.fare_amount + trip.tip_amount + 1.3 - trip.total_amount) >
        0.001
    ) {
      wrong++;
    }
    before = dropoffMs;
  });
  t.equal(wrong, 0);
});

/** Whether a share of `count` is as expected, within five deviations and 5 %. */
function isClose(actual: number, expected: number, count: number): boolean {
  const deviation = Math.sqrt((expected * (1 - expected)) / count);
  return Math.abs(actual - expected) < 5 * deviation + 0.05 * expected;
}

t.test("a week has the city's rates, airports and broken places", async (t) => {
  const zones = taxiZones("nyc");
  const [city, jfk, lga] = [zones.NYC, zones.JFK, zones.LGA].map(
    (zone) => new ZoneIndex(zone),
  );
  // A Monday; a twelfth of the city's rate makes a week short enough.
  const startMs = Date.parse("2016-01-04T00:00:00Z");
  const week = 7 * 86_400;
  const eventsPerSecond = 3.55 / 12;
  const generator = new TripGenerator({ seed: 5, startMs, eventsPerSecond });
  const hours = new Array<number>(168).fill(0);
  const shares = { JFK: 0, LGA: 0, zero: 0, far: 0 };
  let count = 0;
  let minutes = 0;
  let isOver = false;
  while (!isOver) {
    for (const trip of tripsOf(generator, 4_096)) {
      const dropoffMs = Date.parse(trip.dropoff_datetime);
      const hour = Math.floor((dropoffMs - startMs) / 3_600_000);
      isOver = hour >= 168;
      if (isOver) break;
      count++;
      hours[hour] = (hours[hour] ?? 0) + 1;
      minutes += (dropoffMs - Date.parse(trip.pickup_datetime)) / 60_000;
      if (trip.pickup_lat === 0 || trip.dropoff_lat === 0) shares.zero++;
      if (trip.dropoff_lat > 41.2 || trip.dropoff_lon < -74.5) shares.far++;
      const inCity =
        city?.holds(trip.pickup_lat, trip.pickup_lon) &&
        city.holds(trip.dropoff_lat, trip.dropoff_lon);
      if (!inCity) continue;
      if (jfk?.holds(trip.dropoff_lat, trip.dropoff_lon)) shares.JFK++;
      else if (lga?.holds(trip.dropoff_lat, trip.dropoff_lon)) shares.LGA++;
    }
  }
  const { airportShares, brokenShares, hourOfWeekRates } = NEW_YORK;
  const mean = count / week;
  t.ok(Math.abs(mean / eventsPerSecond - 1) < 0.02, `${mean} events/s`);
  for (const airport of ["JFK", "LGA"] as const) {
    const actual = shares[airport] / count;
    t.ok(
      isClose(actual, airportShares[airport], count),
      `${airport}: ${actual} for ${airportShares[airport]}`,
    );
  }
  const { bothZero, pickupZero, dropoffZero } = brokenShares;
  const zero = bothZero + pickupZero + dropoffZero;
  t.ok(zero > 0.012 && zero < 0.018, `${zero} in the figures`);
  t.ok(isClose(shares.zero / count, zero, count), `${shares.zero / count}`);
  t.ok(shares.far < count * 0.001);
  t.ok(minutes / count > 11 && minutes / count < 16, `${minutes / count} min`);
  // The rate of an hour lies between its neighbours' and its own figure.
  const off = hours.filter((events, hour) => {
    const around = [-1, 0, 1].map(
      (step) => hourOfWeekRates[(hour + step + 168) % 168] ?? 1,
    );
    const expected = (count / 168) * 1;
    const least = Math.min(...around) * expected;
    const most = Math.max(...around) * expected;
    const slack = 5 * Math.sqrt(most);
    return events < least - slack || events > most + slack;
  });
  t.strictSame(off, []);
});

t.test("the default week makes 23,000 events/s at speedup 6480", async (t) => {
  const generator = new TripGenerator();
  const chunk = generator.next(1);
  t.equal(chunk.timesMs[0], Date.parse("2016-01-01T00:00:00Z"));
  t.ok(Math.abs(3.55 * 6_480 - 23_000) < 50);
  const rates = NEW_YORK.hourOfWeekRates;
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  t.ok(Math.abs(mean - 1) < 0.001);
});

t.test("TripGenerator refuses a rate of nothing", async (t) => {
  t.throws(() => new TripGenerator({ eventsPerSecond: 0 }), RangeError);
  t.throws(() => new TripGenerator({ seed: -1 }), RangeError);
});

async function firstLines(source: TripGenerator, start?: SourceStart) {
  for await (const chunk of source.read(start)) return linesOf(chunk);
  return [];
}

t.test("reading goes on where a position says, or at a time", async (t) => {
  const source = new TripGenerator({ seed: 11 });
  const chunks: EventChunk[] = [];
  for await (const chunk of source.read()) {
    chunks.push(chunk);
    if (chunks.length === 3) break;
  }
  const all = chunks.flatMap(linesOf);
  const position = chunks[1]?.position;
  assert(position !== undefined);
  const stored = JSON.parse(JSON.stringify(position)) as typeof position;
  const on = await firstLines(source, { position: stored, skipEvents: 5 });
  t.equal(on[0], all[1_024 + 5]);
  const timeMs = chunks[1]?.timesMs[500] ?? 0;
  const times = chunks.flatMap(({ timesMs }) => [...timesMs]);
  const later = await firstLines(source, { timeMs });
  t.equal(later[0], all[times.findIndex((time) => time >= timeMs)]);
  const other = new TripGenerator({ seed: 12 });
  await t.rejects(firstLines(other, { position }), {
    code: "FD_SOURCE",
    message: /seed 11.*seed 12/,
  });
});
