/**
 * Goal: with allowed lateness the last version of every document has all its
 * events, however they are cut into flushes; without it, or beyond it, what
 * comes for a fired window is left out and counted. Method: random flushes and
 * watermarks, a checkpoint now and then, against plain sums.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { WindowStore } from "../../../engine/coordinator/window_store.ts";
import type { JobPlan } from "../../../engine/job/plan.ts";
import type { FiredWindow } from "../../../engine/sink/sink.ts";
import { flushed, PLAN, type Tallied, WINDOW_MS } from "../../helpers/taxi.ts";

const LATE_PLAN: JobPlan = { ...PLAN, allowedLatenessMs: 2 * WINDOW_MS };

t.test("WindowStore.merge() corrects a fired window in place", async (t) => {
  const store = new WindowStore(LATE_PLAN);
  store.merge(
    flushed([
      [0, 0, 5, 1],
      [0, 0, 7, 2],
    ]),
  );
  const [first] = store.fire(WINDOW_MS - 1);
  t.same([...first!.word0], [7]);
  t.equal(store.windowCount, 0);
  t.equal(store.keptCount, 1);
  const late = store.merge(
    flushed([
      [0, 0, 7, 1],
      [0, 0, 5, 1],
      [0, 0, 9, 1],
      [1, 0, 7, 2],
    ]),
  );
  t.match(late, { windowsFired: 1, documentsFired: 2, afterIdle: 0 });
  t.same(
    late.windows.map(({ query, word0, counts }) => [
      query.name,
      ...word0,
      ...counts,
    ]),
    [
      ["pickup_count", 7, 3],
      ["pickup_count", 5, 2],
      ["trip_duration", 7, 2],
    ],
    "5 has enough events only now, and rides had none before",
  );
  t.same(store.fire(2 * WINDOW_MS), [], "it does not fire again");
  store.fire(3 * WINDOW_MS - 1);
  t.equal(store.keyCount, 0, "lateness is over");
  t.match(store.merge(flushed([[0, 0, 7, 4]])), {
    windows: [],
    afterIdle: 4,
    talliesLeftOut: 1,
  });
});

t.test("WindowStore.merge() leaves out what comes after idling", async (t) => {
  const store = new WindowStore(PLAN);
  store.fire(WINDOW_MS - 1);
  const gone = store.merge(
    flushed([
      [0, 0, 7, 3],
      [0, WINDOW_MS, 7, 3],
    ]),
  );
  t.match(gone, { windows: [], windowsFired: 0, afterIdle: 3 });
  t.equal(store.windowCount, 1);
});

/** A flush, a watermark in steps of half a window, or a checkpoint. */
const step = fc.oneof(
  fc.array(
    fc.tuple(
      fc.constantFrom(0, 1),
      fc.integer({ min: 0, max: 5 }).map((window) => window * WINDOW_MS),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 2 }),
    ),
    { maxLength: 6 },
  ),
  fc.integer({ min: 0, max: 14 }).map((half) => (half * WINDOW_MS) / 2 - 1),
  fc.constant("checkpoint" as const),
);

class Twin {
  /** Count of each key, by window. */
  readonly tallies = new Map<string, number>();
  readonly written = new Map<string, number>();
  documentsFired = 0;
  afterIdle = 0;
  watermarkMs = Number.NEGATIVE_INFINITY;

  write(windows: readonly FiredWindow[]): void {
    for (const { query, windowStartMs, word0, counts } of windows) {
      for (const [i, word] of word0.entries()) {
        const id = `${query.index}|${windowStartMs}|${word}`;
        assert((this.written.get(id) ?? 0) < counts[i]!, "counts only grow");
        this.written.set(id, counts[i]!);
      }
    }
  }

  add(list: readonly Tallied[], latenessMs: number): void {
    for (const [query, startMs, word, count] of list) {
      if (this.watermarkMs - latenessMs >= startMs + WINDOW_MS - 1) {
        this.afterIdle += count;
        continue;
      }
      const id = `${query}|${startMs}|${word}`;
      this.tallies.set(id, (this.tallies.get(id) ?? 0) + count);
    }
  }

  documents(): Map<string, number> {
    return new Map([...this.tallies].filter(([, count]) => count >= 2));
  }
}

for (const plan of [PLAN, LATE_PLAN]) {
  const latenessMs = plan.allowedLatenessMs;
  t.test(`WindowStore agrees with sums, lateness ${latenessMs}`, async () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let store = new WindowStore(plan);
        const twin = new Twin();
        for (const one of steps) {
          if (one === "checkpoint") {
            const restored = new WindowStore(plan);
            restored.restore(store.snapshot(), twin.watermarkMs);
            assert.equal(restored.windowCount, store.windowCount);
            assert.equal(restored.keptCount, store.keptCount);
            assert.equal(restored.keyCount, store.keyCount);
            store = restored;
          } else if (typeof one === "number") {
            if (one <= twin.watermarkMs) continue;
            twin.watermarkMs = one;
            const fired = store.fire(one);
            twin.write(fired);
            for (const { rowCount } of fired) twin.documentsFired += rowCount;
          } else {
            const got = store.merge(flushed(one));
            twin.write(got.windows);
            twin.documentsFired += got.documentsFired;
            twin.afterIdle -= got.afterIdle;
            twin.add(one, latenessMs);
          }
        }
        const rest = store.fire(Number.POSITIVE_INFINITY);
        twin.write(rest);
        for (const { rowCount } of rest) twin.documentsFired += rowCount;
        assert.deepEqual(
          [...twin.written].sort(),
          [...twin.documents()].sort(),
        );
        assert.equal(twin.documentsFired, twin.written.size);
        assert.equal(twin.afterIdle, 0);
        assert.equal(store.keyCount + store.windowCount + store.keptCount, 0);
      }),
      { numRuns: 300 },
    );
  });
}
