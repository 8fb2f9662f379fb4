import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { fireWindow } from "../../../engine/coordinator/fire_window.ts";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import { TallyTable } from "../../../engine/tally/tally_table_kernel.ts";

const QUERY = planJob(parseJobSpec(taxiJob(taxiZones("nyc")))).queries[1]!;

/** Words of all sizes, those of the sign bit among them. */
const word = fc.oneof(
  fc.nat({ max: 40 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
);
const entry = (second: fc.Arbitrary<number>) =>
  fc.record({ key: fc.tuple(word, second), count: fc.nat({ max: 4 }) });
const entries = fc.oneof(
  fc.array(entry(fc.constant(0)), { maxLength: 300, size: "max" }),
  fc.array(entry(word), { maxLength: 300, size: "max" }),
);

t.test("fireWindow sorts documents by key, whatever came first", async () => {
  fc.assert(
    fc.property(entries, (list) => {
      const table = new TallyTable(QUERY.accumulators);
      const counts = new Map<string, [number, number, number]>();
      for (const { key, count } of list) {
        const at = table.entryOf(...key);
        table.counts[at] = count;
        table.accumulators[0]![at] = key[0] + count;
        counts.set(key.join(), [...key, count]);
      }
      const expected = [...counts.values()]
        .filter(([, , count]) => count >= QUERY.leastCount)
        .sort(([a0, a1], [b0, b1]) => a0 - b0 || a1 - b1);
      const window = fireWindow(QUERY, 0, table);
      assert.equal(window.rowCount, expected.length);
      assert.deepEqual(
        expected.map((_, i) => [
          ...[window.word0[i], window.word1[i], window.counts[i]],
          window.accumulators[0]?.[i],
        ]),
        expected.map(([first, second, count]) => [
          ...[first, second, count, first + count],
        ]),
      );
    }),
    { numRuns: 150 },
  );
});
