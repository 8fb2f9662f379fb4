/**
 * What filtering and tallying an event costs once it is decoded: the kernels
 * of `workers/tally` and `engine/tally`, on one thread.
 *
 * Run: `npm run build && node dist/perf/tally_bench.js`
 *
 * @module
 */
import { planJob } from "../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../engine/job/spec.ts";
import { packTallies } from "../engine/tally/tally_columns.ts";
import { TallyTable } from "../engine/tally/tally_table_kernel.ts";
import {
  BATCH_ROWS_MAX,
  EventColumns,
} from "../workers/decode/event_columns.ts";
import { RunMemory } from "../workers/decode/runs/run_memory.ts";
import { Counts } from "../workers/tally/counts.ts";
import { EventTally } from "../workers/tally/event_tally_kernel.ts";
import { GeohashColumn } from "../workers/tally/geohash_column_kernel.ts";
import { WindowTables } from "../workers/tally/window_tables.ts";

const EVENTS = 2_000_000;
const ROUNDS = 5;

/** Median CPU ns per event over some rounds, after one to warm up. */
function measure(name: string, events: number, work: () => void): void {
  const costs: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) costs.push(((user + system) * 1_000) / events);
  }
  costs.sort((a, b) => a - b);
  const at = (i: number) => (costs[i] ?? 0).toFixed(1).padStart(7);
  console.log(
    `${name.padEnd(36)}${at(ROUNDS >> 1)} ns an event (${at(0).trim()} to ${at(ROUNDS - 1).trim()})`,
  );
}

/** Columns of trips inside the city; every 20th ends at an airport. */
function fill(columns: readonly Float64Array[], fromMs: number): void {
  const [pickupLat, pickupLon, dropoffLat, dropoffLon, pickup, dropoff] =
    columns as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
  for (let row = 0; row < BATCH_ROWS_MAX; row++) {
    pickupLat[row] = 40.7 + Math.random() * 0.12;
    pickupLon[row] = -74.01 + Math.random() * 0.08;
    dropoffLat[row] = row % 20 === 0 ? 40.6467 : 40.75;
    dropoffLon[row] = row % 20 === 0 ? -73.7898 : -73.98;
    dropoff[row] = fromMs + row;
    pickup[row] = fromMs - Math.random() * 3_600_000;
  }
}

const plan = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));
const counts = new Counts(plan.filterReasons.length);
const context = {
  passedMs: Number.NEGATIVE_INFINITY,
  passedMsByRow: undefined,
  timeMsByRow: undefined,
  lateRows: undefined,
  counts,
};
const batch = EventColumns.of(6);
const vectorBatch = RunMemory.open(plan)?.events[0];
const batches = Math.floor(EVENTS / BATCH_ROWS_MAX);
const events = batches * BATCH_ROWS_MAX;
fill(batch.columns, Date.UTC(2016, 0, 1));

/** Both queries, batch by batch, with a flush now and then. */
function measureTally(name: string, filled: EventColumns): void {
  const tables = new WindowTables(plan.queries, plan.allowedLatenessMs);
  const { place } = filled;
  const tally = new EventTally({ plan, eventIndex: 0, tables, place });
  measure(name, events, () => {
    for (let i = 0; i < batches; i++) {
      filled.count = BATCH_ROWS_MAX;
      tally.run(filled, context);
      if (i % 20 === 19) tables.take();
    }
  });
}

measureTally("filter and tally, JavaScript", batch);
if (vectorBatch !== undefined) {
  for (const [slot, column] of batch.columns.entries()) {
    vectorBatch.columns[slot]?.set(column);
  }
  measureTally("filter and tally, by vectors", vectorBatch);
}

const cells = new GeohashColumn(6);
const selection = Int32Array.from({ length: BATCH_ROWS_MAX }, (_, i) => i);
const [latitudes, longitudes] = batch.columns as [Float64Array, Float64Array];
measure("geohash cells, precision 6", events, () => {
  for (let i = 0; i < batches; i++) {
    cells.compute(latitudes, longitudes, selection, BATCH_ROWS_MAX);
  }
});

const table = new TallyTable([]);
measure("table look-up and count", events, () => {
  for (let i = 0; i < batches; i++) {
    for (let row = 0; row < BATCH_ROWS_MAX; row++) {
      const entry = table.entryOf(cells.first[row] ?? 0, 0);
      table.counts[entry] = (table.counts[entry] ?? 0) + 1;
    }
  }
});

const merged = new TallyTable([]);
const rounds = Math.floor(events / table.rowCount);
measure(`merge, tables of ${table.rowCount} keys, a key`, events, () => {
  for (let i = 0; i < rounds; i++) merged.merge(table);
});

measure("pack a flush, a key", events, () => {
  for (let i = 0; i < rounds; i++) {
    packTallies([
      { queryIndex: 0, windowStartMs: 0, columns: table, firstTallied: 0 },
    ]);
  }
});
