import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import type { AccumulatorPlan } from "../../../engine/job/plan.ts";
import {
  packTallies,
  unpackSection,
} from "../../../engine/tally/tally_columns.ts";
import {
  type TallyColumns,
  TallyTable,
} from "../../../engine/tally/tally_table_kernel.ts";
import { type PlainEntry, PlainTable } from "./plain_table.ts";

const VALUE = { type: "field", slot: 0 } as const;
const PLANS: AccumulatorPlan[] = [
  { op: "sum", value: VALUE },
  { op: "min", value: VALUE },
  { op: "max", value: VALUE },
];

type Event = readonly [word0: number, word1: number, value: number];

// Few keys, so that they repeat, and some with all bits set.
const word = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom(0xffffffff, 0x80000000, 0x3fffffff),
  fc.nat({ max: 0xffffffff }),
);
const events = fc.array(
  fc.tuple(word, word, fc.integer({ min: -1000, max: 1000 })),
  { maxLength: 2_000, size: "max" },
);

function tabled(list: readonly Event[]): TallyTable {
  const table = new TallyTable(PLANS);
  for (const [word0, word1, value] of list) {
    const entry = table.entryOf(word0, word1);
    table.counts[entry]! += 1;
    const [sum, min, max] = table.accumulators as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    sum[entry]! += value;
    min[entry] = Math.min(min[entry]!, value);
    max[entry] = Math.max(max[entry]!, value);
  }
  return table;
}

function plain(list: readonly Event[]): Map<string, PlainEntry> {
  const table = new PlainTable(PLANS);
  for (const [word0, word1, value] of list) {
    table.add(`${word0}/${word1}`, [value, value, value]);
  }
  return table.entries;
}

function asMap(columns: TallyColumns): Map<string, PlainEntry> {
  const map = new Map<string, PlainEntry>();
  for (let row = 0; row < columns.rowCount; row++) {
    map.set(`${columns.word0[row]}/${columns.word1[row]}`, {
      count: columns.counts[row]!,
      values: columns.accumulators.map((column) => column[row]!),
    });
  }
  return map;
}

t.test("TallyTable agrees with a plain Map for any events", async () => {
  fc.assert(
    fc.property(events, (list) => {
      assert.deepEqual(asMap(tabled(list)), plain(list));
    }),
    { numRuns: 200 },
  );
});

t.test("TallyTable.merge() of parts equals the table of all", async () => {
  fc.assert(
    fc.property(events, events, events, (a, b, c) => {
      const merged = new TallyTable(PLANS);
      // An empty table is the identity; the order does not matter.
      for (const part of [c, [], a, b]) merged.merge(tabled(part));
      assert.deepEqual(asMap(merged), plain([...a, ...b, ...c]));
    }),
    { numRuns: 100 },
  );
});

t.test("TallyTable.clear() forgets all keys", async (t) => {
  const table = tabled([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  table.clear();
  t.equal(table.rowCount, 0);
  const entry = table.entryOf(1, 2);
  t.equal(entry, 0);
  t.equal(table.counts[entry], 0);
  t.same(
    table.accumulators.map((column) => column[entry]),
    [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
});

t.test("unpackSection() gives back what packTallies() packed", async () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 5 }), (lists) => {
      const tallies = lists.map((list, i) => ({
        queryIndex: i,
        windowStartMs: i * 600_000,
        columns: tabled(list),
        firstTallied: i,
      }));
      const { sections, buffer } = packTallies(tallies);
      const kept = tallies.filter(({ columns }) => columns.rowCount > 0);
      assert.equal(sections.length, kept.length);
      for (const [i, section] of sections.entries()) {
        assert.equal(section.queryIndex, kept[i]?.queryIndex);
        assert.equal(section.windowStartMs, kept[i]?.windowStartMs);
        assert.deepEqual(
          asMap(unpackSection(section, buffer)),
          asMap(kept[i]!.columns),
        );
      }
    }),
    { numRuns: 50 },
  );
});

t.test(
  "TallyTable.countRows() counts as one look-up after another",
  async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(events, fc.nat(), (list, seed) => {
          const words0 = Uint32Array.from(list, ([word0]) => word0);
          const words1 = Uint32Array.from(list, ([, word1]) => word1);
          // Every row once, in another order, and only some of them.
          const rows = Int32Array.from(list.keys()).reverse();
          const from = list.length === 0 ? 0 : seed % list.length;
          const expected = new TallyTable([]);
          for (const row of rows.subarray(from)) {
            const entry = expected.entryOf(words0[row] ?? 0, words1[row] ?? 0);
            expected.counts[entry]! += 1;
          }
          const table = new TallyTable([]);
          table.countRows(words0, words1, rows, from, rows.length);
          assert.deepEqual(asMap(table), asMap(expected));
        }),
        { numRuns: 200 },
      ),
    );
  },
);

t.test("TallyTable.countKeys() counts as one look-up after another", (t) => {
  fc.assert(
    fc.property(events, fc.nat(), (list, seed) => {
      const keys = Uint32Array.from(list, ([word0]) => word0);
      const from = list.length === 0 ? 0 : seed % list.length;
      const expected = new TallyTable([]);
      for (const key of keys.subarray(from)) {
        // The table's columns are others once it has grown.
        const entry = expected.entryOf(key, 0);
        expected.counts[entry]! += 1;
      }
      const table = new TallyTable([]);
      table.countKeys(keys, from, keys.length);
      assert.deepEqual(asMap(table), asMap(expected));
    }),
    { numRuns: 200 },
  );
  t.end();
});
