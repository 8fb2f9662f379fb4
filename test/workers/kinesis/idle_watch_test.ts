import t from "tap";
import type { Clock } from "../../../engine/clock.ts";
import { IdleWatch } from "../../../workers/kinesis/idle_watch.ts";

function rig(timeoutMs: number) {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs } as Clock;
  const watch = new IdleWatch(timeoutMs, clock);
  return {
    watch,
    /** An answer at a time; by then so many reads were throttled. */
    answer(atMs: number, isQuiet: boolean, throttled = 0): boolean {
      nowMs = atMs;
      watch.note(isQuiet, throttled);
      return watch.isIdle;
    },
  };
}

t.test("IdleWatch counts from the first empty answer at the tip", async (t) => {
  const { answer } = rig(1_000);
  t.notOk(answer(0, false));
  t.notOk(answer(5_000, true), "silence before it proves nothing");
  t.notOk(answer(5_999, true));
  t.ok(answer(6_000, true));
  t.ok(answer(9_000, true));
  t.notOk(answer(9_100, false), "a record wakes it");
  t.notOk(answer(9_200, true));
  t.ok(answer(10_200, true));
});

t.test("IdleWatch begins anew after a throttled read", async (t) => {
  const { answer } = rig(1_000);
  answer(0, true);
  t.notOk(answer(2_000, true, 1));
  t.notOk(answer(2_900, true, 1));
  t.ok(answer(3_000, true, 1));
});

t.test("IdleWatch never finds a shard idle with a time-out of 0", async (t) => {
  const { answer } = rig(0);
  answer(0, true);
  t.notOk(answer(1e9, true));
});
