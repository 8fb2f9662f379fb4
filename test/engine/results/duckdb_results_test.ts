/**
 * Goal: what is read is the sum of what was written, at every precision, in
 * every box and range, while the store goes on being written.
 */
import { join } from "node:path";
import fc from "fast-check";
import ngeohash from "ngeohash";
import t, { type Test } from "tap";
import { DuckdbResults } from "../../../engine/results/duckdb_results.ts";
import { openDatabase } from "../../../engine/sink/duckdb_database.ts";
import { DuckdbSink } from "../../../engine/sink/duckdb_sink.ts";
import { fired, TAXI, type WindowSpec } from "../sink/windows.ts";

const WINDOW_MS = 600_000;
const CELLS = ["dr5ru7", "dr5ru6", "dr5rsz", "dr72h0", "dr5x0z", "dr5ryy"];

async function storeOf(t: Test, name = "store.duckdb"): Promise<DuckdbSink> {
  const sink = new DuckdbSink({ file: join(t.testdir(), name), plan: TAXI });
  await sink.open();
  t.teardown(() => sink.close());
  return sink;
}

/** What a file holds, read without whoever wrote it. */
async function readingOf(t: Test, file: string): Promise<DuckdbResults> {
  const database = await openDatabase(file);
  const connect = () => database.connect();
  const results = new DuckdbResults({ file, plan: TAXI, connect });
  t.teardown(async () => {
    await results.close();
    await database.close();
  });
  return results;
}

/** Pickups in some windows: [window, cell, count]. */
type Pickups = readonly (readonly [number, string, number])[];

function windowsOf(pickups: Pickups): WindowSpec[] {
  const starts = [...new Set(pickups.map(([at]) => at))].sort((a, b) => a - b);
  return starts.map((at) => {
    const counts = new Map<string, number>();
    for (const [start, cell, count] of pickups) {
      if (start === at) counts.set(cell, (counts.get(cell) ?? 0) + count);
    }
    return {
      queryIndex: 0,
      windowStartMs: at * WINDOW_MS,
      rows: [...counts].map(([cell, count]) => ({
        key: [cell],
        count,
        accumulators: [],
      })),
    };
  });
}

/** The same by adding up, the busiest first. */
function summed(
  pickups: Pickups,
  precision: number,
  keep: (at: number, cell: string) => boolean,
): [string, number][] {
  const counts = new Map<string, number>();
  for (const [at, cell, count] of pickups) {
    const prefix = cell.slice(0, precision);
    if (keep(at, prefix)) {
      counts.set(prefix, (counts.get(prefix) ?? 0) + count);
    }
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

const anyPickups = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 300 }),
    fc.constantFrom(...CELLS),
    fc.integer({ min: 2, max: 1_000 }),
  ),
  { minLength: 1, maxLength: 40 },
);

t.test("cells() and series() are sums of what was written", async (t) => {
  const folder = t.testdir();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      anyPickups,
      fc.integer({ min: 1, max: 6 }),
      fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1 })),
      async (pickups, precision, [from, length]) => {
        const file = join(folder, `${run++}.duckdb`);
        const sink = new DuckdbSink({ file, plan: TAXI });
        await sink.open();
        await sink.write(windowsOf(pickups).map((one) => fired(TAXI, one)));
        const to = from + (length % 301);
        const range = { fromMs: from * WINDOW_MS, toMs: to * WINDOW_MS };
        const box = {
          westDeg: -74,
          southDeg: 40.7,
          eastDeg: -73.9,
          northDeg: 40.8,
        };
        const isIn = (at: number) => from <= at && at < to;
        const request = { query: "pickup_count", range, precision };
        await sink.close();
        const results = await readingOf(t, file);
        const all = await results.cells(request);
        const expected = summed(pickups, precision, (at) => isIn(at));
        t.strictSame(
          all.cells.map((cell, i) => [cell, all.counts[i]]),
          expected,
        );
        const boxed = await results.cells({ ...request, box });
        t.strictSame(
          boxed.cells.map((cell, i) => [cell, boxed.counts[i]]),
          expected.filter(([cell]) => {
            const [south, west, north, east] = ngeohash.decode_bbox(cell);
            return south < 40.8 && north > 40.7 && west < -73.9 && east > -74;
          }),
        );
        const cell = (pickups[0]?.[1] ?? "").slice(0, precision);
        const [line] = await results.series({
          query: "pickup_count",
          range,
          stepMs: 6 * WINDOW_MS,
          cell,
        });
        const total = expected.find(([one]) => one === cell)?.[1] ?? 0;
        t.equal(
          line?.counts.reduce((a, b) => a + b, 0),
          total,
        );
        t.ok(line?.timesMs.every((ms) => ms % (6 * WINDOW_MS) === 0));
      },
    ),
    { numRuns: 8 },
  );
});

t.test(
  "series() averages a route's minutes over trips, by airport",
  async (t) => {
    const file = join(t.testdir(), "store.duckdb");
    const sink = new DuckdbSink({ file, plan: TAXI });
    await sink.open();
    const row = (key: string[], count: number, sum: number) => ({
      key,
      count,
      accumulators: [sum],
    });
    await sink.write([
      fired(TAXI, {
        queryIndex: 1,
        windowStartMs: 0,
        rows: [
          row(["dr5ru7", "JFK"], 2, 100),
          row(["dr5ru6", "JFK"], 6, 180),
          row(["dr5ru7", "LGA"], 4, 80),
        ],
      }),
    ]);
    await sink.close();
    const results = await readingOf(t, file);
    const lines = await results.series({
      query: "trip_duration",
      measure: "avg_trip_duration",
      range: { fromMs: 0, toMs: WINDOW_MS },
      stepMs: WINDOW_MS,
    });
    t.strictSame(lines, [
      { zone: "JFK", timesMs: [0], counts: [8], values: [35] },
      { zone: "LGA", timesMs: [0], counts: [4], values: [20] },
    ]);
    const request = {
      query: "trip_duration",
      range: { fromMs: 0, toMs: WINDOW_MS },
      precision: 6,
    };
    const average = "avg_trip_duration";
    t.strictSame(await results.cells({ ...request, average }), {
      cells: ["dr5ru6", "dr5ru7"],
      counts: [6, 6],
      averages: [30, 30],
      isCut: false,
    });
    await t.rejects(results.cells({ ...request, average: "count" }), {
      message: /Cannot find average "count": there are avg_trip_duration/,
    });
  },
);

t.test("a corrected window shows as it is now", async (t) => {
  const sink = await storeOf(t);
  const range = { fromMs: 0, toMs: WINDOW_MS };
  const ask = () =>
    sink.results.cells({ query: "pickup_count", range, precision: 6 });
  t.equal(await sink.results.extent(), undefined);
  for (const count of [5, 9]) {
    const [window] = windowsOf([[0, "dr5ru7", count]]);
    await sink.write([fired(TAXI, window!)]);
    t.strictSame((await ask()).counts, [count]);
  }
  t.strictSame(await sink.results.extent(), {
    fromMs: WINDOW_MS - 1,
    toMs: WINDOW_MS,
  });
});

t.test("a store that is closed says so", async (t) => {
  const sink = await storeOf(t);
  await sink.close();
  const range = { fromMs: 0, toMs: 1 };
  const request = { query: "pickup_count", range, stepMs: 1, cell: "d" };
  await t.rejects(sink.results.series(request), {
    code: "FD_STORE",
    message: /store\.duckdb": it is closed/,
  });
});

t.test("names that aren't there are told with those that are", async (t) => {
  const { results } = await storeOf(t);
  const range = { fromMs: 0, toMs: 1 };
  await t.rejects(results.cells({ query: "x", range, precision: 6 }), {
    message: /Cannot find query "x": there are pickup_count, trip_duration/,
  });
  await t.rejects(
    results.series({ query: "pickup_count", range, stepMs: 1, measure: "x" }),
    { message: /Cannot find measure "x": there are pickup_count/ },
  );
});
