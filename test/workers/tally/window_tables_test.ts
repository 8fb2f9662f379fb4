/** Goal: a worker knows that its tables are full as soon as they are. */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import { WindowTables } from "../../../workers/tally/window_tables.ts";

const { queries } = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));
const KEYS_MAX = 50;

t.test("WindowTables.hasKeys() is what counting the keys says", async (t) => {
  let wasFull = 0;
  const step = fc.record({
    key: fc.nat(80),
    window: fc.nat(2),
    flushes: fc.integer({ min: 0, max: 60 }).map((one) => one === 0),
  });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
        const tables = new WindowTables(queries, 0);
        for (const { key, window, flushes } of steps) {
          if (flushes) tables.take();
          tables.tallies++;
          tables.table(0, window * 600_000).entryOf(key, 0);
          const isFull = tables.keyCount >= KEYS_MAX;
          if (isFull) wasFull++;
          assert.equal(tables.hasKeys(KEYS_MAX), isFull);
        }
      }),
    ),
  );
  t.ok(wasFull > 100, `${wasFull} times`);
});
