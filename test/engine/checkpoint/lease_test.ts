/**
 * Goal: of several processes on one store at most one writes, and one that is
 * not sure of it writes nothing. Method: a store in memory, clocks turned by
 * hand; a process that stands still is one whose clock jumps.
 */
import t from "tap";
import { acquireLease } from "../../../engine/checkpoint/acquire_lease.ts";
import { decodeHead } from "../../../engine/checkpoint/store_head.ts";
import { LEASE_MS, leaseOptions, MemoryObjects } from "../../helpers/leases.ts";
import { settle, TurnedClock } from "../../workers/kinesis/turned_clock.ts";

/** Time passes while the process stands still: no timer runs meanwhile. */
class StoppableClock extends TurnedClock {
  stoodMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.stoodMs;
  }
}

function ownerId(objects: MemoryObjects): string | undefined {
  return decodeHead(objects.head!.bytes)?.owner?.id;
}

t.test("acquireLease() replaces a dead owner at once", async (t) => {
  const objects = new MemoryObjects();
  const one = await acquireLease(objects, leaseOptions("one"));
  t.equal(one.head.epoch, 1);
  const two = await acquireLease(
    objects,
    leaseOptions("two", { state: "dead" }),
  );
  t.equal(two.head.epoch, 2);
  t.equal(ownerId(objects), "two");
});

t.test("acquireLease() knows itself after a lost answer", async (t) => {
  const objects = new MemoryObjects();
  const options = leaseOptions("one");
  objects.loseAnswer = true;
  await t.rejects(acquireLease(objects, options), /no answer/);
  const lease = await acquireLease(objects, options);
  t.equal(lease.head.epoch, 2);
});

t.test("acquireLease() does not wait for one that was given up", async (t) => {
  const objects = new MemoryObjects();
  const one = await acquireLease(objects, leaseOptions("one"));
  await one.release();
  await one.release();
  const two = await acquireLease(objects, leaseOptions("two"));
  t.equal(two.head.epoch, 2);
});

t.test("acquireLease() waits for an owner on another host", async (t) => {
  const objects = new MemoryObjects();
  const clock = new TurnedClock();
  const one = await acquireLease(objects, leaseOptions("one", { clock }));
  const waiting = acquireLease(objects, leaseOptions("two", { clock }));
  // As long as it lives, which is seen by its renewals.
  await clock.advance(10 * LEASE_MS);
  t.equal(ownerId(objects), "one");
  one.seal();
  await clock.advance(5_000);
  await one.release();
  await clock.advance(1_000);
  t.equal((await waiting).head.epoch, 2);
});

t.test("acquireLease() waits until a lease has run out", async (t) => {
  const objects = new MemoryObjects();
  await acquireLease(objects, leaseOptions("gone"));
  const clock = new TurnedClock();
  const waiting = acquireLease(objects, leaseOptions("two", { clock }));
  await clock.advance(LEASE_MS - 1);
  t.equal(ownerId(objects), "gone");
  await clock.advance(1_001);
  await waiting;
  t.equal(ownerId(objects), "two");
});

t.test(
  "acquireLease() is refused by a living owner on this host",
  async (t) => {
    const objects = new MemoryObjects();
    const clock = new TurnedClock();
    const one = await acquireLease(objects, leaseOptions("one", { clock }));
    const refused = t.rejects(
      acquireLease(objects, leaseOptions("two", { clock, state: "alive" })),
      { code: "FD_LEASE", message: /as process 4711 on here is using it/ },
    );
    await clock.advance(6_000);
    await refused;
    await one.guard();
    await one.release();
  },
);

t.test("acquireLease() takes over from one that stands still", async (t) => {
  const objects = new MemoryObjects();
  const oneClock = new StoppableClock();
  const one = await acquireLease(
    objects,
    leaseOptions("one", { clock: oneClock }),
  );
  const lost: unknown[] = [];
  one.onLost((error) => lost.push(error));
  const clock = new TurnedClock();
  const waiting = acquireLease(
    objects,
    leaseOptions("two", { clock, state: "alive" }),
  );
  await clock.advance(LEASE_MS + 1_000);
  const two = await waiting;
  // The first one wakes after a minute; its timers have not run yet.
  oneClock.stoodMs = 60_000;
  const before = objects.head?.version;
  await t.rejects(one.guard(), {
    code: "FD_LEASE",
    message: /this process stood still for 60 s/,
  });
  await t.rejects(
    one.swap(() => ({})),
    { code: "FD_LEASE" },
  );
  t.equal(lost.length, 1);
  t.equal(objects.head?.version, before, "it has written nothing");
  await one.release();
  t.equal(ownerId(objects), "two");
  await two.release();
});

t.test("acquireLease() can be called off", async (t) => {
  const objects = new MemoryObjects();
  await acquireLease(objects, leaseOptions("one"));
  const controller = new AbortController();
  const { signal } = controller;
  const refused = t.rejects(
    acquireLease(objects, leaseOptions("two", { signal })),
    { code: "FD_LEASE", message: /told to stop/ },
  );
  await settle();
  controller.abort();
  await refused;
});

t.test("of many that acquire a free lease at once one gets it", async (t) => {
  const objects = new MemoryObjects();
  const controller = new AbortController();
  const { signal } = controller;
  const taken: number[] = [];
  const all = Array.from({ length: 20 }, async (_, i) => {
    const options = leaseOptions(String(i), { signal });
    await acquireLease(objects, options)
      .then(() => taken.push(i))
      .catch(() => {});
  });
  await settle();
  t.equal(taken.length, 1);
  controller.abort();
  await Promise.all(all);
  t.equal(taken.length, 1);
});

t.test("a lease notices that another has taken over", async (t) => {
  const objects = new MemoryObjects();
  const clock = new TurnedClock();
  const one = await acquireLease(objects, leaseOptions("one", { clock }));
  const lost: unknown[] = [];
  one.onLost((error) => lost.push(error));
  await acquireLease(objects, leaseOptions("two", { state: "dead" }));
  await clock.advance(6_000);
  t.match(lost, [
    { code: "FD_LEASE", message: /process 4711 on here has taken over/ },
  ]);
  await t.rejects(one.guard(), { code: "FD_LEASE" });
});

t.test("a guard waits while the store can't be reached", async (t) => {
  const objects = new MemoryObjects();
  const clock = new TurnedClock();
  const one = await acquireLease(objects, leaseOptions("one", { clock }));
  objects.failure = new Error("store down");
  await clock.advance(10_000);
  await one.guard();
  await clock.advance(6_000);
  let passed = 0;
  const guards = [one.guard(), one.guard()].map((guard) =>
    guard.then(() => {
      passed++;
    }),
  );
  await clock.advance(60_000);
  t.equal(passed, 0);
  objects.failure = undefined;
  await clock.advance(6_000);
  await Promise.all(guards);
  t.equal(passed, 2, "nobody came between");

  objects.failure = new Error("store down");
  await clock.advance(20_000);
  const sealed = t.rejects(one.guard(), { code: "FD_LEASE" });
  await settle();
  one.seal();
  await sealed;
});

t.test("a guard does not trust a lease over a suspended machine", async (t) => {
  const objects = new MemoryObjects();
  const clock = new TurnedClock();
  const one = await acquireLease(objects, leaseOptions("one", { clock }));
  // The monotonic clock stands still meanwhile, the wall clock does not.
  const wallMs = clock.nowMs();
  clock.nowMs = () => wallMs + 3_600_000;
  const version = objects.head?.version;
  await one.guard();
  t.not(objects.head?.version, version, "it has made sure");
  clock.nowMs = () => wallMs + 7_200_000;
  await acquireLease(objects, leaseOptions("two", { state: "dead" }));
  await t.rejects(one.guard(), { code: "FD_LEASE", message: /taken over/ });
});

t.test("a lease outlives a lost answer", async (t) => {
  const objects = new MemoryObjects();
  const clock = new TurnedClock();
  const one = await acquireLease(objects, leaseOptions("one", { clock }));
  objects.loseAnswer = true;
  await t.rejects(
    one.swap(() => ({ checkpoints: ["a"] })),
    /no answer/,
  );
  await one.swap(({ checkpoints }) => ({
    checkpoints: [...checkpoints, "b"],
  }));
  t.strictSame(decodeHead(objects.head!.bytes)?.checkpoints, ["a", "b"]);
  await one.guard();
});
