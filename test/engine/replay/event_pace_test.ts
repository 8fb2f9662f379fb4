/** The pace of a replay, in made-up milliseconds. */
import t from "tap";
import { EventPace } from "../../../engine/replay/event_pace.ts";

t.test("EventPace runs event time at the speedup", async (t) => {
  const pace = new EventPace(6_480);
  t.equal(pace.isStarted, false);
  pace.start(1_000_000, 50);
  t.equal(pace.dueMs(50), 1_000_000);
  t.equal(pace.dueMs(60), 1_064_800);
  t.equal(pace.waitMs(1_064_800, 50), 10);
  t.equal(pace.lagMs(1_000_000, 60), 10);
  t.equal(pace.lagMs(1_064_800, 50), 0);
});

t.test("EventPace knows a gap that nobody waits for", async (t) => {
  const pace = new EventPace(10);
  pace.start(0, 0);
  t.equal(pace.isGap(10 * 600_000, 0), false);
  t.equal(pace.isGap(10 * 600_000 + 10, 0), true);
});

t.test("EventPace without bound has everything due", async (t) => {
  const pace = new EventPace(Number.POSITIVE_INFINITY);
  pace.start(0, 0);
  t.equal(pace.dueMs(0), Number.POSITIVE_INFINITY);
  t.equal(pace.lagMs(5, 1_000), 0);
  t.equal(pace.isGap(1e15, 0), false);
});

t.test("EventPace refuses a speedup of nothing", async (t) => {
  for (const speedup of [0, -1, Number.NaN]) {
    t.throws(() => new EventPace(speedup), RangeError);
  }
});
