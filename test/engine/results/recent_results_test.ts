/**
 * Goal: what is told from memory is what the store would tell, whatever was
 * there before, is corrected, forgotten or dropped.
 */
import fc from "fast-check";
import t from "tap";
import {
  RECENT_TOTALS_MAX,
  RECENT_WINDOWS_MAX,
} from "../../../engine/results/limits.ts";
import { RecentResults } from "../../../engine/results/recent_results.ts";
import type {
  CellsAnswer,
  CellsRequest,
  Results,
  SeriesRequest,
} from "../../../engine/results/results.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";
import { fired, TAXI } from "../sink/windows.ts";

const WINDOW_MS = 600_000;
const CELLS = ["dr5ru7", "dr5ru6", "dr5rsz", "dr72h0"];
const ZONES = ["JFK", "LGA"];

interface Row {
  readonly timestampMs: number;
  readonly cell: string;
  readonly zone: string;
  readonly count: number;
  readonly sum: number;
}

/** A store that adds up its rows at each question. */
class PlainStore implements Results {
  readonly rows = new Map<string, Row>();
  reads = 0;

  write(query: number, row: Row): void {
    const { timestampMs, cell, zone } = row;
    this.rows.set([query, timestampMs, cell, zone].join("|"), row);
  }

  dropBefore(ms: number): void {
    for (const [key, { timestampMs }] of this.rows) {
      if (timestampMs < ms) this.rows.delete(key);
    }
  }

  #of(query: string, { fromMs, toMs }: { fromMs: number; toMs: number }) {
    const index = query === "pickup_count" ? "0" : "1";
    return [...this.rows]
      .filter(([key]) => key.startsWith(index))
      .map(([, row]) => row)
      .filter(({ timestampMs: ms }) => fromMs <= ms && ms < toMs)
      .sort((a, b) => a.timestampMs - b.timestampMs);
  }

  async extent() {
    const times = [...this.rows.values()].map((row) => row.timestampMs);
    if (times.length === 0) return undefined;
    return { fromMs: Math.min(...times), toMs: Math.max(...times) + 1 };
  }

  async cells(request: CellsRequest): Promise<CellsAnswer> {
    const { query, range, precision, average } = request;
    const totals = new Map<string, number>();
    this.reads++;
    const sums = new Map<string, number>();
    for (const { cell, count, sum } of this.#of(query, range)) {
      const key = cell.slice(0, precision);
      totals.set(key, (totals.get(key) ?? 0) + sum);
      sums.set(key, (sums.get(key) ?? 0) + count);
    }
    const sorted = [...sums].sort(
      ([a, m], [b, n]) => n - m || (a < b ? -1 : 1),
    );
    return {
      cells: sorted.map(([cell]) => cell),
      counts: sorted.map(([, count]) => count),
      ...(average !== undefined && {
        averages: sorted.map(([cell, n]) => (totals.get(cell) ?? 0) / n),
      }),
      isCut: false,
    };
  }

  async series({ query, range, stepMs, measure, cell = "" }: SeriesRequest) {
    this.reads++;
    const rows = this.#of(query, range).filter((row) =>
      row.cell.startsWith(cell),
    );
    return (query === "pickup_count" ? [""] : ZONES).map((zone) => {
      const points = new Map<number, [number, number]>();
      for (const row of rows.filter((one) => one.zone === zone)) {
        const ms = Math.floor(row.timestampMs / stepMs) * stepMs;
        const [count, sum] = points.get(ms) ?? [0, 0];
        points.set(ms, [count + row.count, sum + row.sum]);
      }
      const all = [...points.values()];
      return {
        zone,
        timesMs: [...points.keys()],
        counts: all.map(([count]) => count),
        values: all.map(([count, sum]) =>
          measure === "avg_trip_duration"
            ? sum / count
            : measure === undefined
              ? count
              : sum,
        ),
      };
    });
  }
}

/** Some rows of one window. */
interface Step {
  readonly window: number;
  readonly rows: readonly (readonly [cell: number, zone: number, n: number])[];
}

const steps = fc.array(
  fc.record({
    window: fc.integer({ min: 0, max: 40 }),
    rows: fc.uniqueArray(
      fc.tuple(
        fc.nat(CELLS.length - 1),
        fc.nat(ZONES.length - 1),
        fc.integer({ min: 2, max: 99 }),
      ),
      { minLength: 1, maxLength: 6, selector: ([a, b]) => a * 10 + b },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Both queries' windows of a step, written to the store. */
function written(store: PlainStore, { window, rows }: Step): FiredWindow[] {
  const windowStartMs = window * WINDOW_MS;
  const timestampMs = windowStartMs + WINDOW_MS - 1;
  const specs = [0, 1].map((queryIndex) => {
    const made = new Map<
      string,
      { key: string[]; count: number; sum: number }
    >();
    for (const [at, zoneAt, count] of rows) {
      const cell = CELLS[at] ?? "";
      const zone = queryIndex === 0 ? "" : (ZONES[zoneAt] ?? "");
      const key = zone === "" ? [cell] : [cell, zone];
      made.set(key.join("|"), { key, count, sum: count * 7 });
      const sum = count * 7;
      store.write(queryIndex, { timestampMs, cell, zone, count, sum });
    }
    return {
      queryIndex,
      windowStartMs,
      rows: [...made.values()].map(({ key, count, sum }) => ({
        key,
        count,
        accumulators: queryIndex === 0 ? [] : [sum],
      })),
    };
  });
  return specs.map((spec) => fired(TAXI, spec));
}

/** Questions whose answers are compared. */
function questions(from: number, to: number) {
  const range = { fromMs: from * WINDOW_MS, toMs: to * WINDOW_MS };
  const stepMs = 3 * WINDOW_MS;
  const measure = "avg_trip_duration";
  return {
    cells: [
      { query: "pickup_count", range, precision: 6 },
      { query: "trip_duration", range, precision: 4 },
      { query: "trip_duration", range, precision: 5, average: measure },
    ],
    series: [
      { query: "pickup_count", range, stepMs },
      { query: "trip_duration", range, stepMs, measure },
      { query: "pickup_count", range, stepMs, cell: "dr5ru" },
      { query: "trip_duration", range, stepMs: 400 * 86_400_000, measure },
    ],
  };
}

/** Averages are the same but for the last bits. */
function roundedCells({ averages, ...cells }: CellsAnswer) {
  return { ...cells, averages: averages?.map((a) => Math.round(a * 1e6)) };
}

/** The same of lines. */
function rounded(lines: Awaited<ReturnType<Results["series"]>>) {
  return lines.map((line) => ({
    ...line,
    values: line.values.map((value) => Math.round(value * 1e6)),
  }));
}

t.test("RecentResults tells what the store tells", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      steps,
      fc.array(fc.tuple(fc.nat(41), fc.nat(41)), {
        minLength: 1,
        maxLength: 3,
      }),
      async (before, during, ranges) => {
        const store = new PlainStore();
        for (const step of before) written(store, step);
        const recent = new RecentResults(TAXI, store);
        await recent.begin();
        for (const step of during) {
          recent.add(written(store, step));
          t.strictSame(await recent.extent(), await store.extent());
          for (const [from, length] of ranges) {
            const asked = questions(from, from + length + 1);
            for (const one of asked.cells) {
              t.strictSame(
                roundedCells(await recent.cells(one)),
                roundedCells(await store.cells(one)),
              );
            }
            for (const one of asked.series) {
              t.strictSame(
                rounded(await recent.series(one)),
                rounded(await store.series(one)),
              );
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

t.test("what is told from memory needs no read of the store", async (t) => {
  const store = new PlainStore();
  const recent = new RecentResults(TAXI, store);
  await recent.begin();
  for (let window = 0; window < 20; window++) {
    recent.add(written(store, { window, rows: [[0, 0, 5 + window]] }));
    const asked = questions(Math.max(0, window - 5), window + 1);
    await recent.extent();
    for (const one of asked.cells) await recent.cells(one);
    await recent.series(asked.series[1]!);
  }
  t.equal(store.reads, 0);
});

t.test("what a store has early is not told as fired", async (t) => {
  const store = new PlainStore();
  const rows = [[0, 0, 5]] as const;
  for (let window = 0; window < 4; window++) written(store, { window, rows });
  const recent = new RecentResults(TAXI, store);
  // The last two were written early by a run before.
  await recent.begin(2 * WINDOW_MS - 1);
  t.match(await recent.extent(), { toMs: 2 * WINDOW_MS });
  const [all] = questions(0, 4).cells;
  t.strictSame((await recent.cells(all!)).counts, [10]);
  recent.add(written(store, { window: 2, rows: [[0, 0, 9]] }));
  t.match(await recent.extent(), { toMs: 3 * WINDOW_MS });
  t.strictSame((await recent.cells(all!)).counts, [19]);
});

t.test("what was forgotten or dropped is asked of the store", async (t) => {
  const store = new PlainStore();
  const recent = new RecentResults(TAXI, store);
  await recent.begin();
  const count = RECENT_TOTALS_MAX + 10;
  for (let window = 0; window < count; window++) {
    recent.add(written(store, { window, rows: [[window % 3, window % 2, 7]] }));
  }
  const same = async (from: number, to: number) => {
    const { cells, series } = questions(from, to);
    t.strictSame(await recent.cells(cells[0]!), await store.cells(cells[0]!));
    t.strictSame(
      await recent.series(series[0]!),
      await store.series(series[0]!),
    );
  };
  await same(0, count);
  await same(count - RECENT_WINDOWS_MAX - 20, count);
  await same(count - 6, count);
  // A late correction of a window of which only the totals are left.
  recent.add(written(store, { window: 300, rows: [[1, 1, 50]] }));
  await same(270, count);
  const { reads } = store;
  await recent.series(questions(270, count).series[0]!);
  t.equal(store.reads, reads, "older lines are kept");
  recent.add(written(store, { window: 280, rows: [[1, 1, 51]] }));
  await same(270, count);
  store.dropBefore((count - 4) * WINDOW_MS);
  recent.dropped();
  t.strictSame(await recent.extent(), await store.extent());
  await same(count - 12, count);
});
