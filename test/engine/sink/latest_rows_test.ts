/**
 * Goal: of the rows with one key in a batch exactly the last remains, and
 * windows that share nothing with others are passed on as they are.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { latestRows } from "../../../engine/sink/latest_rows.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";
import { fired, TAXI } from "./windows.ts";

const row = (cell: string, count: number) => ({
  key: [cell],
  count,
  accumulators: [],
});
const window = (start: number, rows: ReturnType<typeof row>[]) =>
  fired(TAXI, { queryIndex: 0, windowStartMs: start * 600_000, rows });

/** What an upsert of every row in turn would leave. */
function applied(windows: readonly FiredWindow[]): Map<string, number> {
  const state = new Map<string, number>();
  for (const one of windows) {
    for (let i = 0; i < one.rowCount; i++) {
      state.set(`${one.timestampMs}|${one.word0[i]}`, one.counts[i]!);
    }
  }
  return state;
}

t.test("latestRows() passes windows without a twin on whole", (t) => {
  const windows = [
    window(0, [row("dr5ru7", 2)]),
    window(1, [row("dr5ru7", 3)]),
  ];
  t.strictSame(
    latestRows(windows).map(({ rows }) => rows),
    ["all", "all"],
  );
  t.end();
});

t.test(
  "latestRows() keeps the last of two rows with one key in one window",
  (t) => {
    const windows = [
      window(0, [row("dr5ru6", 9), row("dr5ru7", 2), row("dr5ru7", 3)]),
    ];
    const [first] = latestRows(windows);
    t.strictSame(first?.rows, [0, 2]);
    t.end();
  },
);

t.test(
  "latestRows() leaves each key once, with its last row, in order",
  (t) => {
    const cells = fc.constantFrom("dr5ru6", "dr5ru7", "dr5rue", "dr5rug");
    const rows = fc.array(
      fc.tuple(cells, fc.nat()).map(([cell, count]) => row(cell, count)),
      { maxLength: 6 },
    );
    const windows = fc.array(
      fc.tuple(fc.nat(2), rows).map(([start, some]) => window(start, some)),
      { maxLength: 6 },
    );
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(windows, (batch) => {
          const state = new Map<string, number>();
          const latest = latestRows(batch);
          assert.deepEqual(
            latest.map((one) => one.window),
            batch,
          );
          for (const { window: one, rows: kept } of latest) {
            const all = kept === "all" ? [...one.word0.keys()] : kept;
            for (const i of all) {
              const key = `${one.timestampMs}|${one.word0[i]}`;
              assert(!state.has(key), "a key is left twice");
              state.set(key, one.counts[i]!);
            }
          }
          assert.deepEqual(
            new Map([...state].sort()),
            new Map([...applied(batch)].sort()),
          );
        }),
        { numRuns: 500 },
      ),
    );
    t.end();
  },
);
