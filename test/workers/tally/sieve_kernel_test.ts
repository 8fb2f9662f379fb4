import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { boundsOf, cellOf } from "../../../engine/geo/geohash.ts";
import { ZoneIndex } from "../../../engine/geo/zone_index.ts";
import { type JobPlan, planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { type JobSpec, parseJobSpec } from "../../../engine/job/spec.ts";
import { RunMemory } from "../../../workers/decode/runs/run_memory.ts";
import { EventFilter } from "../../../workers/tally/event_filter_kernel.ts";
import { GeohashColumn } from "../../../workers/tally/geohash_column_kernel.ts";
import { Sieve, type SievedRows } from "../../../workers/tally/sieve_kernel.ts";

const TAXI = parseJobSpec(taxiJob(taxiZones("nyc")));

/** The double that is next to one, above or below. */
function beside(value: number, by: -1n | 1n): number {
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0] = bits[0]! + by;
  return new Float64Array(bits.buffer)[0]!;
}

/** Around the city; on cells' edges and beside them; on and off the globe. */
function degrees(max: 90 | 180): fc.Arbitrary<number> {
  const city = max === 90 ? 40.75 : -73.95;
  const near = fc.double({ min: city - 0.5, max: city + 0.5, noNaN: true });
  const anywhere = fc.double({ min: -max, max, noNaN: true });
  const edge = fc
    .tuple(fc.oneof(near, anywhere), fc.integer({ min: 1, max: 6 }))
    .map(([at, precision]) =>
      max === 90
        ? boundsOf(cellOf(at, 0, precision)).southDeg
        : boundsOf(cellOf(0, at, precision)).westDeg,
    );
  const besideEdge = fc
    .tuple(edge, fc.constantFrom(-1n as const, 1n as const))
    .map(([at, by]) => beside(at, by));
  const odd = [max, -max, 0, -0, beside(max, 1n), Infinity, -Infinity, NaN];
  return fc.oneof(
    ...[near, anywhere, edge, besideEdge],
    fc.constantFrom(...odd, 1e300, 5e-324),
  );
}

const LATITUDES = degrees(90);
const LONGITUDES = degrees(180);

const rows = fc.array(fc.tuple(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES), {
  minLength: 0,
  maxLength: 200,
  size: "max",
});

const box = fc
  .tuple(
    ...[fc.double({ min: 40.4, max: 41, noNaN: true })],
    fc.double({ min: 0, max: 0.4, noNaN: true }),
    fc.double({ min: -74.3, max: -73.6, noNaN: true }),
    fc.double({ min: 0, max: 0.4, noNaN: true }),
  )
  .map(([southDeg, height, westDeg, width]) => ({
    ...{ southDeg, northDeg: southDeg + height },
    ...{ westDeg, eastDeg: westDeg + width },
  }));
const zone = fc.array(box, { minLength: 1, maxLength: 8, size: "max" });

/** Jobs of some filters, precisions and zones. */
const job: fc.Arbitrary<JobSpec> = fc
  .record({
    zones: fc.tuple(zone, zone, zone),
    isBound: fc.boolean(),
    limits: fc.array(fc.double({ min: 40, max: 41, noNaN: true }), {
      maxLength: 2,
    }),
    inZones: fc.subarray(["pickup", "dropoff"]),
    precision: fc.integer({ min: 1, max: 7 }),
  })
  .map(({ zones, isBound, limits, inZones, precision }) => {
    const event = TAXI.events["trip"]!;
    const [first, second] = TAXI.queries;
    const globe = isBound ? event.filters.slice(0, 4) : [];
    const filters = [
      ...globe,
      ...limits.map((min, i) => ({
        ...{ name: `limit_${i}`, field: "dropoffLat", min, max: min + 0.7 },
      })),
      ...inZones.map((point) => ({
        ...{ name: `${point}_zone`, point, inZone: "NYC" },
      })),
    ];
    const [NYC, JFK, LGA] = zones.map((boxes) => ({ boxes }));
    return {
      ...TAXI,
      events: { trip: { ...event, filters } },
      zones: { NYC: NYC!, JFK: JFK!, LGA: LGA! },
      queries: [
        {
          ...first!,
          key: [{ as: "location", geohash: "pickup", precision }],
        },
        second!,
      ],
    };
  });

function sieveOf(plan: JobPlan) {
  const batch = RunMemory.open(plan)?.events[0];
  assert(batch !== undefined);
  const sieve = Sieve.open(plan, 0, batch.place);
  return { batch, sieve };
}

/** Checks a sieve's result against the filter and cells by definition. */
function compare(plan: JobPlan, points: readonly (readonly number[])[]) {
  const { batch, sieve } = sieveOf(plan);
  assert(sieve !== undefined);
  const { columns } = batch;
  // What is behind the last row must not count.
  for (const column of columns) column.fill(40.7);
  for (const [row, values] of points.entries()) {
    for (const [slot, value] of values.entries()) columns[slot]![row] = value;
  }
  const zones = new Map(
    Object.entries(plan.zones).map(([name, one]) => [name, new ZoneIndex(one)]),
  );
  const filter = new EventFilter(plan.events[0]!.filters, zones);
  const expected = plan.filterReasons.map(() => 0);
  const filtered = plan.filterReasons.map(() => 0);
  const count = points.length;
  const passed = filter.run(columns, count, expected);
  assert.equal(sieve.run(count, filtered), passed);
  assert.deepEqual(filtered, expected);
  const selection = filter.selection.subarray(0, passed);
  assert.deepEqual(sieve.rows.subarray(0, passed), selection);
  let cellsCount = 0;
  for (const part of plan.queries.flatMap(({ key }) => key)) {
    const [latitudes, longitudes] = [
      columns[part.latitudeSlot]!,
      columns[part.longitudeSlot]!,
    ];
    if (part.type === "geohash") {
      const sieved = sieve.cellsOf(part);
      if (sieved === undefined) continue;
      const cells = new GeohashColumn(part.precision);
      cells.compute(latitudes, longitudes, filter.selection, passed);
      assert(cells.areAllValid);
      for (const [i, row] of selection.entries()) {
        assert.equal(sieved.words[row], cells.first[row]);
        assert.equal(sieved.passed[i], cells.first[row]);
      }
      cellsCount++;
    } else {
      const list: SievedRows = sieve.listOf(part)!;
      const around = part.zones.map((name) => zones.get(name)!);
      const inBounds = selection.filter((row) =>
        around.some(
          (one) =>
            latitudes[row]! >= one.southDeg &&
            latitudes[row]! <= one.northDeg &&
            longitudes[row]! >= one.westDeg &&
            longitudes[row]! <= one.eastDeg,
        ),
      );
      assert.deepEqual(list.rows.subarray(0, list.count), inBounds);
    }
  }
  return cellsCount;
}

t.test("Sieve agrees with the plain filter and cells", async (t) => {
  let cellsCount = 0;
  fc.assert(
    fc.property(job, rows, (spec, points) => {
      cellsCount += compare(planJob(spec), points);
    }),
    { numRuns: 150 },
  );
  t.ok(cellsCount > 50, "cells have been compared");
});

t.test("Sieve computes cells up to six characters", async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), rows, (precision, points) => {
      const spec: JobSpec = {
        ...TAXI,
        events: {
          trip: {
            ...TAXI.events["trip"]!,
            filters: TAXI.events["trip"]!.filters.slice(0, 4),
          },
        },
        queries: [
          {
            ...TAXI.queries[0]!,
            key: [{ as: "location", geohash: "pickup", precision }],
          },
        ],
      };
      assert.equal(compare(planJob(spec), points), 1);
    }),
    { numRuns: 150 },
  );
});

t.test("Sieve fills its lists to the last row", async (t) => {
  const plan = planJob(TAXI);
  const points = Array.from({ length: 1_024 }, () => [
    ...[40.7, -73.9, 40.645, -73.79],
  ]);
  t.equal(compare(plan, points), 2, "both queries have cells");
  t.equal(compare(plan, points.slice(1)), 2, "an odd number of rows");
});

t.test("Sieve leaves what it can't do to others", async (t) => {
  const boxes = Array.from({ length: 9 }, (_, i) => ({
    ...{ southDeg: i, northDeg: i + 0.5, westDeg: 2 * i, eastDeg: 2 * i + 1 },
  }));
  const many = { ...TAXI, zones: { ...TAXI.zones, NYC: { boxes } } };
  t.equal(sieveOf(planJob(many)).sieve, undefined, "zones of many boxes");

  const event = TAXI.events["trip"]!;
  const filters = Array.from({ length: 200 }, (_, i) => ({
    ...{ name: `limit_${i}`, field: "pickupLat", min: -i, max: i },
  }));
  const crowded = { ...TAXI, events: { trip: { ...event, filters } } };
  t.equal(sieveOf(planJob(crowded)).sieve, undefined, "very many filters");

  const plan = planJob({
    ...TAXI,
    events: { trip: { ...event, filters: [] } },
  });
  const { sieve } = sieveOf(plan);
  const part = plan.queries[0]!.key[0]!;
  if (part.type !== "geohash") return t.fail();
  t.ok(sieve);
  t.equal(sieve?.cellsOf(part), undefined, "points that may be off the globe");
  return;
});
