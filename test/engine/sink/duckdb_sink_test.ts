/**
 * Goal: the store's views say what the JSON lines say, last write wins, whole
 * days go when their time has passed, and nobody else's file is touched.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { type JobPlan, planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import { DuckdbSink } from "../../../engine/sink/duckdb_sink.ts";
import { readStore } from "./read_store.ts";
import {
  anyPlan,
  anyWindow,
  expectedLines,
  fired,
  TAXI,
  type WindowSpec,
} from "./windows.ts";

/** Long: more jobs, and a failing one is made smaller, which takes minutes. */
const IS_LONG = process.env["FLAGDROP_LONG"] === "1";
const DAY_MS = 86_400_000;

const pickups = (windowStartMs: number, count: number, cell = "dr5ru7") =>
  fired(TAXI, {
    queryIndex: 0,
    windowStartMs,
    rows: [{ key: [cell], count, accumulators: [] }],
  });

/** Lines of all documents in a store, sorted. */
async function storedLines(plan: JobPlan, file: string): Promise<string[]> {
  const lines: string[] = [];
  for (const { name } of plan.queries) {
    for (const row of await readStore(file, `SELECT * FROM "${name}"`)) {
      const { _id, ...fields } = row;
      lines.push(JSON.stringify({ _id, query: name, ...fields }));
    }
  }
  return lines.sort();
}

/** Lines that are left when the last of each id wins, sorted. */
function lastLines(plan: JobPlan, specs: readonly WindowSpec[]): string[] {
  const byId = new Map<string, string>();
  for (const spec of specs) {
    for (const line of expectedLines(plan, spec)) {
      byId.set(JSON.parse(line)._id, line);
    }
  }
  return [...byId.values()].sort();
}

t.test("DuckdbSink's views equal the JSON lines for any job", async (t) => {
  const folder = t.testdir();
  const jobs = anyPlan.chain((plan) =>
    fc.record({
      plan: fc.constant(plan),
      writes: fc.array(fc.array(anyWindow(plan), { maxLength: 4 }), {
        minLength: 1,
        maxLength: 4,
      }),
      retentionMs: fc.constantFrom(undefined, 1_000 * DAY_MS),
    }),
  );
  let run = 0;
  await t.resolves(
    fc.assert(
      fc.asyncProperty(jobs, async ({ plan, writes, retentionMs }) => {
        const file = join(folder, `${run++}.duckdb`);
        // A file is opened anew halfway, as after a restart.
        const half = Math.ceil(writes.length / 2);
        for (const some of [writes.slice(0, half), writes.slice(half)]) {
          const sink = new DuckdbSink({ file, plan, retentionMs });
          await sink.open();
          for (const specs of some) {
            await sink.write(specs.map((spec) => fired(plan, spec)));
          }
          await sink.close();
        }
        assert.deepEqual(
          await storedLines(plan, file),
          lastLines(plan, writes.flat()),
        );
      }),
      { numRuns: IS_LONG ? 100 : 10, endOnFailure: !IS_LONG },
    ),
  );
});

t.test(
  "DuckdbSink.write() keeps the last of two rows with one key",
  async (t) => {
    const file = join(t.testdir(), "s.duckdb");
    const sink = new DuckdbSink({ file, plan: TAXI });
    await sink.open();
    await sink.write([pickups(0, 2), pickups(0, 3), pickups(0, 4)]);
    await sink.write([pickups(0, 5), pickups(0, 6)]);
    t.equal(sink.name, `duckdb:${file}`);
    t.strictSame(sink.stats(), { documents: 5, bytes: 2 * 24, retries: 0 });
    await sink.close();
    await sink.close();
    t.strictSame(await readStore(file, "SELECT * FROM pickup_count"), [
      {
        _id: "pickup_count|599999|dr5ru7",
        timestamp: 599_999,
        location: "dr5ru7",
        pickup_count: 6,
      },
    ]);
  },
);

t.test("DuckdbSink.write() stages more rows than a slice holds", async (t) => {
  const file = join(t.testdir(), "s.duckdb");
  const sink = new DuckdbSink({ file, plan: TAXI });
  await sink.open();
  const rows = Array.from({ length: 5_000 }, (_, i) => ({
    key: [`d${i.toString().padStart(5, "0")}`],
    count: i + 1,
    accumulators: [],
  }));
  const spec = { queryIndex: 0, windowStartMs: 0, rows };
  await sink.write([fired(TAXI, spec), pickups(0, 7)]);
  await sink.close();
  t.strictSame(
    await storedLines(TAXI, file),
    lastLines(TAXI, [
      spec,
      { ...spec, rows: [{ key: ["dr5ru7"], count: 7, accumulators: [] }] },
    ]),
  );
});

t.test(
  "DuckdbSink drops whole days past the retention, no day before",
  async (t) => {
    const file = join(t.testdir(), "s.duckdb");
    const retentionMs = 3 * DAY_MS;
    const warnings: string[] = [];
    const log = {
      warn: (_: object, message: string) => warnings.push(message),
      error: (_: object, message: string) => warnings.push(message),
    };
    const sink = new DuckdbSink({ file, plan: TAXI, retentionMs, log });
    await sink.open();
    for (let hour = 0; hour < 20 * 24; hour += 6) {
      await sink.write([pickups(hour * 3_600_000, 2)]);
    }
    t.strictSame(warnings, []);
    await sink.write([pickups(0, 9), pickups(20 * DAY_MS - 600_000, 3)]);
    await sink.write([pickups(DAY_MS, 9)]);
    t.equal(warnings.length, 1);
    await sink.close();
    const [range] = await readStore(
      file,
      "SELECT min(timestamp) AS oldest, max(timestamp) AS newest FROM pickup_count",
    );
    const newest = 20 * DAY_MS - 1;
    t.strictSame(range, { oldest: 16 * DAY_MS + 599_999, newest });
    const tables = await readStore(
      file,
      "SELECT count(*) AS n FROM duckdb_tables() WHERE table_name LIKE 'q0%'",
    );
    t.strictSame(tables, [{ n: 4 }]);
    const registered = await readStore(
      file,
      "SELECT count(*) AS n FROM flagdrop_internal.partitions",
    );
    t.strictSame(registered, [{ n: 4 }]);
  },
);

t.test(
  "DuckdbSink drops another query's days with the newest of all",
  async (t) => {
    const file = join(t.testdir(), "s.duckdb");
    const sink = new DuckdbSink({ file, plan: TAXI, retentionMs: DAY_MS });
    await sink.open();
    const rows = [{ key: ["dr5ru7", "JFK"], count: 2, accumulators: [5] }];
    await sink.write([
      fired(TAXI, { queryIndex: 1, windowStartMs: 0, rows }),
      pickups(0, 2),
    ]);
    await sink.write([pickups(5 * DAY_MS, 2)]);
    await sink.close();
    t.strictSame(await readStore(file, "SELECT * FROM trip_duration"), []);
    t.equal((await readStore(file, "SELECT * FROM pickup_count")).length, 1);
  },
);

t.test(
  "DuckdbSink stretches its last table when it has as many as it may",
  async (t) => {
    const file = join(t.testdir(), "s.duckdb");
    const days = 70;
    for (const count of [2, 3]) {
      const sink = new DuckdbSink({ file, plan: TAXI });
      await sink.open();
      for (let day = 0; day < days; day += 10) {
        await sink.write(
          Array.from({ length: 10 }, (_, i) =>
            pickups((day + i) * DAY_MS, count),
          ),
        );
      }
      await sink.write([pickups(-5 * DAY_MS, count)]);
      await sink.close();
    }
    const rows = await readStore(
      file,
      "SELECT count(*) AS n, count(DISTINCT timestamp) AS times, min(pickup_count) AS low FROM pickup_count",
    );
    t.strictSame(rows, [{ n: days + 1, times: days + 1, low: 3 }]);
    const ranges = await readStore(
      file,
      "SELECT count(*) AS n, min(start_ms) AS first, max(end_ms) AS last FROM flagdrop_internal.partitions",
    );
    t.strictSame(ranges, [{ n: 64, first: -5 * DAY_MS, last: days * DAY_MS }]);
  },
);

t.test("DuckdbSink leaves nothing of a write that failed", async (t) => {
  const file = join(t.testdir(), "s.duckdb");
  const sink = new DuckdbSink({ file, plan: TAXI, retentionMs: 9 * DAY_MS });
  await sink.open();
  await sink.write([pickups(0, 2)]);
  await t.rejects(
    sink.write([pickups(600_000, 3), pickups(DAY_MS, Number.NaN)]),
    { code: "FD_STORE", message: /^Cannot write store "/ },
  );
  await sink.write([pickups(DAY_MS, 4)]);
  t.equal(sink.stats().documents, 2);
  await sink.close();
  const rows = await readStore(
    file,
    "SELECT pickup_count AS n FROM pickup_count ORDER BY timestamp",
  );
  t.strictSame(rows, [{ n: 2 }, { n: 4 }]);
});

t.test("DuckdbSink refuses names that differ only in case", async (t) => {
  const spec = taxiJob(taxiZones("nyc"));
  const [first, second] = spec.queries;
  if (first === undefined || second === undefined) throw new Error("queries");
  const job = (queries: typeof spec.queries) =>
    planJob(parseJobSpec({ ...spec, queries }));
  const file = join(t.testdir(), "s.duckdb");
  const queries = job([first, { ...second, name: "Pickup_Count" }]);
  await t.rejects(new DuckdbSink({ file, plan: queries }).open(), {
    code: "FD_STORE",
    message:
      'Cannot keep job "nyc-taxi" in a DuckDB store as the names "pickup_count" and "Pickup_Count" differ only in case: rename one',
  });
  const measures = [{ as: "Timestamp", count: true as const }];
  const outputs = job([{ ...first, measures }]);
  await t.rejects(new DuckdbSink({ file, plan: outputs }).open(), {
    message: /the names "timestamp" and "Timestamp" differ only in case/,
  });
});
