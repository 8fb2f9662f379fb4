/**
 * Goal: a worker that dies, hangs or fails is replaced, what its old
 * incarnation still says is dropped, and losses without end end the run.
 * Method: threads that are this test, and a clock that it turns.
 */
import { pino } from "pino";
import t from "tap";
import { WorkerSupervisor } from "../../../engine/coordinator/worker_supervisor.ts";
import { FlagdropError } from "../../../engine/errors.ts";
import { RESTART_WINDOW_MS, WORKER_HUNG_MS } from "../../../engine/limits.ts";
import type { FailureMessage } from "../../../engine/messages.ts";
import { FakeWorkers } from "../../helpers/fake_workers.ts";
import { PLAN } from "../../helpers/taxi.ts";
import { TurnedClock } from "../../workers/kinesis/turned_clock.ts";

function rig(count: number, restartsMax = 5) {
  const workers = new FakeWorkers();
  const clock = new TurnedClock();
  const heard: string[] = [];
  const errors: unknown[] = [];
  const supervisor = new WorkerSupervisor({
    workers,
    start: {
      plan: PLAN,
      reading: { type: "file" },
      watermarkAheadMaxMs: 0,
      idleTimeoutMs: 0,
      late: "drop",
      credits: 2,
      flushIntervalMs: 100,
    },
    clock,
    log: pino({ level: "silent" }),
    restartsMax,
    onMessage: (worker, message) =>
      heard.push(`${worker} says ${message.type}`),
    onReady: (worker) => heard.push(`${worker} ready`),
    onLost: (worker) => heard.push(`${worker} lost`),
    suspect: () => 'shard "a" after sequence number 7',
    fail: (error) => errors.push(error),
  });
  supervisor.start(count);
  t.teardown(() => supervisor.close());
  return { workers, clock, heard, errors, supervisor };
}

/** Turns the clock while the threads of some workers live. */
async function live(
  { workers, clock }: ReturnType<typeof rig>,
  durationMs: number,
  alive: readonly number[],
) {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
    for (const worker of alive) workers.of(worker).beats++;
    await clock.advance(500);
  }
}

const TROUBLE = {
  type: "trouble",
  epoch: 0,
  shardId: "a",
  message: "slow",
  attempt: 1,
} as const;

const FAILURE: FailureMessage = {
  type: "failure",
  epoch: 0,
  code: "FD_WORKER",
  message: "out of luck",
  stack: "",
  domain: "internal",
  retry: "never",
};

const lost = (message = "gone") =>
  new FlagdropError("FD_WORKER", message, { domain: "internal" });

t.test("WorkerSupervisor replaces a worker that ends", async (t) => {
  const rigged = rig(2);
  const { workers, supervisor, heard, clock } = rigged;
  const old = workers.of(1);
  old.end(lost());
  t.same(supervisor.ready, [0], "at first only the other is left");
  await clock.advance(0);
  t.same(supervisor.ready, [0, 1]);
  t.same(heard, ["0 ready", "1 ready", "1 lost", "1 ready"]);
  t.equal(workers.of(1).start.epoch, 2);
  t.equal(workers.of(0).start.epoch, 1);
  t.match(supervisor.status(), [
    { worker: 0, restarts: 0, epoch: 1, state: "running" },
    { worker: 1, restarts: 1, epoch: 2, state: "running" },
  ]);
});

t.test("WorkerSupervisor drops what a stale epoch says", async (t) => {
  const { workers, heard, clock, errors } = rig(1);
  const old = workers.of(0);
  old.say(TROUBLE);
  old.end(lost());
  heard.length = 0;
  old.say(TROUBLE);
  old.say(FAILURE);
  await clock.advance(0);
  old.say(TROUBLE);
  old.say(FAILURE);
  old.say({ type: "stopped", epoch: 0 });
  old.end(lost());
  t.same(heard, ["0 ready"]);
  t.same(errors, []);
  t.equal(workers.threads.length, 2);
});

t.test("WorkerSupervisor ends a thread that hangs", async (t) => {
  const rigged = rig(2);
  const { workers, heard } = rigged;
  const hung = workers.of(0);
  await live(rigged, WORKER_HUNG_MS + 2_000, [1]);
  t.ok(hung.aborted);
  t.notOk(workers.of(1).aborted);
  t.equal(workers.threads.length, 3);
  t.same(heard.slice(2), ["0 lost", "0 ready"]);
  await live(rigged, 2 * WORKER_HUNG_MS, [0, 1]);
  t.equal(workers.threads.length, 3, "one that lives is left alone");
});

t.test("WorkerSupervisor gives a thread time to load", async (t) => {
  const rigged = rig(1);
  rigged.workers.of(0).beats = 0;
  await live(rigged, 59_000, []);
  t.equal(rigged.workers.threads.length, 1);
  await live(rigged, 3_000, []);
  t.equal(rigged.workers.threads.length, 2);
});

t.test("WorkerSupervisor tells our faults from the user's", async (t) => {
  const { workers, errors, clock } = rig(1);
  workers.of(0).say(FAILURE);
  await clock.advance(0);
  t.equal(workers.threads.length, 2, "ours cost the worker");
  workers.of(0).say({ ...FAILURE, domain: "external", retry: "backoff" });
  await clock.advance(1_000);
  t.equal(workers.threads.length, 3, "passing ones too");
  t.same(errors, []);
  workers.of(0).say({ ...FAILURE, domain: "user", message: "no such job" });
  t.match(errors, [{ message: "no such job", domain: "user" }]);
});

t.test("WorkerSupervisor gives up a crash loop, slowly", async (t) => {
  const rigged = rig(1, 3);
  const { workers, errors, clock } = rigged;
  const startedMs: number[] = [];
  for (let i = 0; i < 4; i++) {
    t.same(errors, []);
    startedMs.push(clock.monotonicMs());
    const { length } = workers.threads;
    workers.of(0).end(lost("bad record"));
    while (workers.threads.length === length && errors.length === 0) {
      await clock.advance(100);
    }
  }
  const pauses = startedMs.map((ms, i) => ms - (startedMs[i - 1] ?? 0));
  t.ok(
    pauses[1]! <= 100 && pauses[2]! >= 500 && pauses[3]! >= 1_000,
    pauses.join(),
  );
  t.match(errors, [
    {
      code: "FD_WORKER",
      message:
        /lost 4 times within 10 minutes, at last with "bad record" while reading shard "a" after sequence number 7: .*--worker-restarts-max/,
    },
  ]);
});

t.test("WorkerSupervisor forgets losses of long ago", async (t) => {
  const rigged = rig(1, 1);
  for (let i = 0; i < 4; i++) {
    rigged.workers.of(0).end(lost());
    await live(rigged, RESTART_WINDOW_MS + 1_000, [0]);
  }
  t.same(rigged.errors, []);
  t.equal(rigged.workers.threads.length, 5);
});

t.test("WorkerSupervisor lets the number grow and shrink", async (t) => {
  const rigged = rig(1);
  const { workers, supervisor } = rigged;
  supervisor.setCount(4);
  t.same(supervisor.ready, [0, 1, 2, 3]);
  supervisor.setCount(2);
  t.same(supervisor.ready, [0, 1]);
  t.same(supervisor.leaving, [2, 3]);
  t.same(workers.of(3).posted, [{ type: "stop" }]);
  workers.of(3).stop();
  t.same(supervisor.leaving, [2, 3], "its last flush is not applied yet");
  supervisor.left(3);
  supervisor.setCount(3);
  t.same(supervisor.leaving, [2], "it must be gone before it comes back");
  workers.of(2).stop();
  supervisor.left(2);
  t.same(supervisor.ready, [0, 1, 2]);
  t.equal(workers.of(2).start.epoch, 2);
});

t.test("WorkerSupervisor does not wait for ever for a stop", async (t) => {
  const rigged = rig(2);
  const { workers, supervisor, heard } = rigged;
  supervisor.setCount(1);
  await live(rigged, 17_000, [0, 1]);
  t.ok(workers.of(1).aborted);
  t.same(heard.slice(2), ["1 lost"]);
  t.same(supervisor.leaving, []);
  t.equal(workers.threads.length, 2, "and does not replace it");
});

t.test("WorkerSupervisor replaces nobody while it stops all", async (t) => {
  const { workers, supervisor, clock } = rig(2);
  workers.of(0).end(lost());
  supervisor.stopAll();
  await clock.advance(60_000);
  t.same(supervisor.ready, []);
  t.equal(workers.threads.length, 2);
  supervisor.setCount(4);
  t.same(supervisor.ready, [], "nor starts any that are asked for then");
});
