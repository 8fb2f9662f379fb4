import { pino } from "pino";
import t from "tap";
import {
  Checkpointer,
  type CheckpointerOptions,
} from "../../../engine/checkpoint/checkpointer.ts";
import { LeasedStore } from "../../../engine/checkpoint/leased_store.ts";
import { sampleCheckpoint } from "../../helpers/checkpoint.ts";
import { leaseOptions, MemoryObjects } from "../../helpers/leases.ts";
import { settle, TurnedClock } from "../../workers/kinesis/turned_clock.ts";

async function rig(more: Partial<CheckpointerOptions> = {}) {
  const clock = new TurnedClock();
  const objects = new MemoryObjects();
  const store = await LeasedStore.open(objects, leaseOptions("one", { clock }));
  const failures: unknown[] = [];
  const takes: boolean[] = [];
  const checkpointer = new Checkpointer({
    store,
    intervalMs: 5_000,
    clock,
    log: pino({ level: "silent" }),
    fail: (error) => failures.push(error),
    take: async (finished) => {
      takes.push(finished);
      const { number: _, ...taken } = sampleCheckpoint(0);
      return { taken: { ...taken, finished }, mainThreadMs: 3 };
    },
    ...more,
  });
  checkpointer.start();
  return { clock, objects, store, checkpointer, failures, takes };
}

t.test("Checkpointer takes one every interval and counts", async (t) => {
  const { clock, checkpointer, store } = await rig();
  t.match(checkpointer.status(), { number: 0, takenAtMs: null });
  await settle();
  t.equal(store.lastNumber, 1, "one at once");
  await clock.advance(12_000);
  t.equal(store.lastNumber, 3);
  t.match(checkpointer.status(), {
    store: "memory",
    number: 3,
    takenAtMs: 1_700_000_000_000,
    ageMs: 2_000,
    mainThreadMs: 3,
    failures: 0,
    restoredFrom: null,
  });
  await checkpointer.saveLast(true);
  await clock.advance(20_000);
  t.equal(store.lastNumber, 4, "the last one was the last");
});

t.test("Checkpointer goes on while the store fails, for a while", async (t) => {
  const { clock, objects, checkpointer, failures } = await rig({
    ageMsMax: 60_000,
  });
  await clock.advance(6_000);
  objects.failure = new Error("store down");
  await clock.advance(55_000);
  t.same(failures, []);
  t.ok(checkpointer.status().failures > 0);
  objects.failure = undefined;
  await clock.advance(20_000);
  t.ok(checkpointer.status().ageMs < 10_000);
  objects.failure = new Error("store down");
  await clock.advance(70_000);
  t.match(failures[0], {
    code: "FD_STORE",
    message: /Cannot go on as the last good checkpoint is \d+ s old: /,
  });
});

t.test("Checkpointer.savepoint() keeps one under a name", async (t) => {
  const { clock, objects, checkpointer } = await rig();
  await clock.advance(6_000);
  const { name } = await checkpointer.savepoint();
  t.equal(name, "2016-01-01T00-00-06-000Z");
  await clock.advance(60_000);
  t.ok(objects.objects.has(`savepoint-${name}.fdc`));
  t.equal(checkpointer.status().number, 14, "the others go on");
});

t.test("Checkpointer takes one at a time", async (t) => {
  let release = () => {};
  let takes = 0;
  const { clock, checkpointer } = await rig({
    take: async () => {
      takes++;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      const { number: _, ...taken } = sampleCheckpoint(0);
      return { taken, mainThreadMs: 1 };
    },
  });
  await clock.advance(30_000);
  t.equal(takes, 1);
  const savepoint = checkpointer.savepoint();
  await settle();
  t.equal(takes, 1);
  release();
  await settle();
  t.equal(takes, 2);
  release();
  await savepoint;
});
