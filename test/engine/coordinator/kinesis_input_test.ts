/**
 * Goal: what workers send is applied whole, in order, and only while there is
 * room; the run ends when it should. Method: workers that are this test.
 */
import { setImmediate as turn } from "node:timers/promises";
import { pino } from "pino";
import t from "tap";
import { systemClock } from "../../../engine/clock.ts";
import { machineHost } from "../../../engine/coordinator/engine_host.ts";
import { KinesisInput } from "../../../engine/coordinator/kinesis_input.ts";
import { Merger } from "../../../engine/coordinator/merger.ts";
import { WorkerSupervisor } from "../../../engine/coordinator/worker_supervisor.ts";
import type { KinesisShard } from "../../../engine/kinesis/shard.ts";
import { OPEN_KEYS_MAX } from "../../../engine/limits.ts";
import type {
  CoordinatorMessage,
  FlushMessage,
  ShardProgress,
} from "../../../engine/messages.ts";
import type { KinesisSource } from "../../../engine/source.ts";
import { accountedFor } from "../../../engine/status/status.ts";
import { testCredentialsSource } from "../../helpers/credentials.ts";
import { FakeWorkers } from "../../helpers/fake_workers.ts";
import { shardProgress } from "../../helpers/shard_progress.ts";
import {
  counted,
  flushed,
  MemoryDeadLetters,
  MemorySink,
  PLAN,
  type Tallied,
  WINDOW_MS,
} from "../../helpers/taxi.ts";

function shard(
  shardId: string,
  range: readonly [number, number],
  parentShardIds: string[] = [],
): KinesisShard {
  return {
    shardId,
    parentShardIds,
    startingHashKey: String(range[0]),
    endingHashKey: String(range[1]),
    startingSequenceNumber: "0",
    closed: false,
  };
}

function progress(
  shardId: string,
  change: Partial<ShardProgress> = {},
): ShardProgress {
  return shardProgress(shardId, {
    sequenceNumber: "5",
    watermarkMs: Number.NEGATIVE_INFINITY,
    counts: counted(2),
    ...change,
  });
}

interface Rig {
  readonly workers: FakeWorkers;
  readonly supervisor: WorkerSupervisor;
  readonly input: KinesisInput;
  readonly merger: Merger;
  readonly sink: MemorySink;
  readonly posted: { worker: number; message: CoordinatorMessage }[];
  readonly ended: Promise<"ended" | "stopped">;
  readonly refreshes: () => number;
  flush(worker: number, shards: ShardProgress[], tallied?: Tallied[]): void;
  assigned(): [worker: number, shardId: string][];
}

async function rig(
  shards: KinesisShard[],
  change: Partial<KinesisSource> = {},
  workerCount = 2,
): Promise<Rig> {
  const posted: Rig["posted"] = [];
  const sink = new MemorySink();
  const credentials = testCredentialsSource();
  let input: KinesisInput | undefined;
  const fail = (error: unknown) => {
    throw error;
  };
  const merger = new Merger({
    plan: PLAN,
    clock: systemClock,
    sinks: [sink],
    deadLetters: new MemoryDeadLetters(),
    onRoom: () => input?.onRoom(),
    onError: fail,
    onFireDelay: () => {},
  });
  const workers = new FakeWorkers();
  workers.onPost = ({ start }, message) =>
    posted.push({ worker: start.workerIndex, message });
  const supervisor: WorkerSupervisor = new WorkerSupervisor({
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
    clock: systemClock,
    log: pino({ level: "silent" }),
    restartsMax: 5,
    onMessage: (worker, message) => input?.handle(worker, message),
    onReady: (worker) => input?.onWorkerReady(worker),
    onLost: (worker, inHand) => input?.onWorkerLost(worker, inHand),
    suspect: () => input?.suspect() ?? "",
    fail,
  });
  input = new KinesisInput({
    workers: supervisor,
    merger,
    openKeysMax: OPEN_KEYS_MAX,
    windowMs: WINDOW_MS,
    host: machineHost,
    fail,
    log: pino({ level: "silent" }),
    stream: {
      streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/taxi",
      streamName: "taxi",
      creationTimeMs: 0,
      status: "ACTIVE",
      retentionHours: 24,
      openShardCount: shards.length,
      recordBytesMax: 1_048_576,
    },
    shards,
    source: {
      type: "kinesis",
      connection: {
        region: "us-east-1",
        endpoint: "http://127.0.0.1:1",
        credentials,
        caPem: "",
      },
      stream: "taxi",
      from: { type: "earliest" },
      untilEnd: false,
      readsPerSecond: 5,
      kplOutOfRange: "skip",
      ...change,
    },
  });
  const reading = input;
  const ended = reading.run();
  supervisor.start(workerCount);
  // The credentials are resolved before anything is assigned.
  await turn();
  const numbers = new Map<object, number>();
  return {
    workers,
    supervisor,
    input: reading,
    merger,
    sink,
    posted,
    ended,
    refreshes: () => credentials.refreshes,
    flush(worker, list, tallied = []) {
      const thread = workers.of(worker);
      const flushNumber = numbers.get(thread) ?? 0;
      numbers.set(thread, flushNumber + 1);
      const message: FlushMessage = {
        type: "flush",
        epoch: 1,
        flushNumber,
        shards: list,
        tallies: flushed(tallied),
        deadLetters: [],
        busyMs: 1,
        heapBytes: 0,
        receivedAtMs: 0,
      };
      thread.say(message);
    },
    assigned: () =>
      posted.flatMap(({ worker, message }) =>
        message.type === "assign"
          ? message.shards.map((one): [number, string] => [worker, one.shardId])
          : [],
      ),
  };
}

async function stopAll({ input, workers, supervisor, ended }: Rig) {
  input.stop();
  for (const worker of supervisor.leaving) workers.of(worker).stop();
  await ended;
  supervisor.close();
}

t.test(
  "KinesisInput deals the shards evenly, after the credentials",
  async (t) => {
    const rigged = await rig([
      shard("a", [0, 2]),
      shard("b", [3, 5]),
      shard("c", [6, 9]),
    ]);
    t.same(rigged.assigned(), [
      [0, "a"],
      [1, "b"],
      [0, "c"],
    ]);
    t.equal(rigged.posted[0]?.message.type, "credentials");
    await stopAll(rigged);
    t.equal(await rigged.ended, "stopped");
  },
);

t.test("KinesisInput fires by the least watermark of all shards", async (t) => {
  const rigged = await rig([shard("a", [0, 4]), shard("b", [5, 9])]);
  rigged.flush(0, [progress("a", { watermarkMs: WINDOW_MS })], [[0, 0, 7, 1]]);
  t.equal(rigged.merger.status().windowsFired, 0);
  t.equal(rigged.input.heldBy()?.shardId, "b");
  rigged.flush(
    1,
    [progress("b", { watermarkMs: WINDOW_MS - 1 })],
    [[0, 0, 7, 1]],
  );
  await rigged.merger.drained();
  t.equal(rigged.sink.windows.length, 1);
  t.same([...(rigged.sink.windows[0]?.counts ?? [])], [2]);
  const credits = rigged.posted.filter(
    ({ message }) => message.type === "credit",
  );
  t.same(
    credits.map(({ worker }) => worker),
    [0, 1],
    "each flush gives its credit back",
  );
  await stopAll(rigged);
});

t.test("KinesisInput holds flushes while a sink has no room", async (t) => {
  const rigged = await rig([shard("a", [0, 9])]);
  let release = () => {};
  rigged.sink.hold = new Promise((resolve) => {
    release = resolve;
  });
  const keys = Array.from({ length: 600_000 }, (_, i) => i + 1);
  // One table with many keys: more documents than may wait for a sink.
  const { packTallies } = await import(
    "../../../engine/tally/tally_columns.ts"
  );
  const tallies = packTallies([
    {
      queryIndex: 0,
      windowStartMs: 0,
      firstTallied: 0,
      columns: {
        rowCount: keys.length,
        word0: Uint32Array.from(keys),
        word1: new Uint32Array(keys.length),
        counts: new Float64Array(keys.length).fill(2),
        accumulators: [],
      },
    },
  ]);
  rigged.input.handle(0, {
    type: "flush",
    epoch: 1,
    flushNumber: 0,
    shards: [progress("a", { watermarkMs: WINDOW_MS })],
    tallies,
    deadLetters: [],
    busyMs: 0,
    heapBytes: 0,
    receivedAtMs: 0,
  });
  t.ok(rigged.merger.blocked);
  rigged.input.handle(0, {
    type: "flush",
    epoch: 1,
    flushNumber: 1,
    shards: [progress("a", { watermarkMs: WINDOW_MS })],
    tallies: flushed([[0, WINDOW_MS, 7, 1]]),
    deadLetters: [],
    busyMs: 0,
    heapBytes: 0,
    receivedAtMs: 0,
  });
  t.equal(rigged.merger.counts.read, 2, "the second flush waits");
  release();
  await rigged.merger.drained();
  t.equal(rigged.merger.counts.read, 4, "and is applied when there is room");
  await stopAll(rigged);
});

t.test("KinesisInput ends once every shard is at its tip", async (t) => {
  const rigged = await rig([shard("a", [0, 4]), shard("b", [5, 9])], {
    untilEnd: true,
  });
  const stops = () =>
    rigged.posted.filter(({ message }) => message.type === "stop").length;
  rigged.flush(0, [progress("a", { atTip: true })]);
  rigged.flush(0, [progress("a", { atTip: false })]);
  rigged.flush(1, [progress("b", { atTip: true })]);
  t.equal(stops(), 0, "one shard has gone on meanwhile");
  rigged.flush(0, [progress("a", { atTip: true })]);
  t.equal(stops(), 2);
  // A last flush is still applied.
  rigged.flush(0, [progress("a", { atTip: true })], [[0, 0, 7, 5]]);
  for (const worker of [0, 1]) rigged.workers.of(worker).stop();
  t.equal(await rigged.ended, "ended");
  rigged.supervisor.close();
  t.equal(rigged.merger.status().keysOpen, 1);
});

t.test(
  "KinesisInput starts children when their parents have ended",
  async (t) => {
    const rigged = await rig([shard("a", [0, 4]), shard("b", [5, 9])]);
    const child = {
      shardId: "ab",
      parentShardIds: ["a", "b"],
      startingHashKey: "0",
      endingHashKey: "9",
    };
    const end = { ended: true, childShards: [child] };
    rigged.flush(0, [progress("a", { watermarkMs: 2 * WINDOW_MS, ...end })]);
    t.same(rigged.assigned().length, 2, "the other parent is still read");
    rigged.flush(1, [progress("b", { watermarkMs: WINDOW_MS - 1, ...end })]);
    t.same(rigged.assigned()[2], [0, "ab"]);
    t.equal(rigged.merger.watermarkMs, WINDOW_MS - 1);
    t.same(
      rigged.input.shards().map(({ shardId }) => shardId),
      ["ab"],
    );
    await stopAll(rigged);
  },
);

t.test(
  "KinesisInput sends fresh credentials when a worker is refused",
  async (t) => {
    const rigged = await rig([shard("a", [0, 9])]);
    const before = systemClock.nowMs();
    rigged.input.handle(0, {
      type: "auth_refused",
      epoch: 1,
      serverMs: before + 20 * 60_000,
      message: "Signature expired",
    });
    await turn();
    const sent = rigged.posted.flatMap(({ message }) =>
      message.type === "credentials" ? [message] : [],
    );
    t.equal(sent.length, 4, "both workers, twice");
    t.equal(rigged.refreshes(), 1);
    t.match(sent[2]?.credentials, { accessKeyId: "key-1" });
    const skewMs = sent[2]?.clockSkewMs ?? 0;
    t.ok(skewMs > 19 * 60_000 && skewMs <= 20 * 60_000, `${skewMs}`);
    await stopAll(rigged);
  },
);

t.test("KinesisInput refuses a flush out of order", async (t) => {
  const rigged = await rig([shard("a", [0, 9])]);
  const message: FlushMessage = {
    type: "flush",
    epoch: 1,
    flushNumber: 7,
    shards: [],
    tallies: flushed([]),
    deadLetters: [],
    busyMs: 0,
    heapBytes: 0,
    receivedAtMs: 0,
  };
  t.throws(() => rigged.input.handle(0, message));
  await stopAll(rigged);
});

t.test("KinesisInput reads a lost worker's shards again", async (t) => {
  const rigged = await rig([shard("a", [0, 4]), shard("b", [5, 9])]);
  const { workers, merger, supervisor } = rigged;
  const lost = workers.of(1);
  const flushOf = (flushNumber: number, sequenceNumber: string) => ({
    type: "flush" as const,
    epoch: 1,
    flushNumber,
    shards: [progress("b", { sequenceNumber })],
    tallies: flushed([[0, 0, 7, 3]]),
    deadLetters: [],
    busyMs: 1,
    heapBytes: 0,
    receivedAtMs: 0,
  });
  lost.say(flushOf(0, "20"));
  lost.end();
  lost.say(flushOf(1, "30"));
  t.equal(merger.counts.read, 2, "what comes late is dropped");
  t.same(rigged.assigned().at(-1), [0, "b"], "the other one takes over");
  t.match(rigged.posted.at(-1)?.message, {
    shards: [{ start: { type: "after", sequenceNumber: "20" } }],
  });
  await turn();
  await turn();
  t.same(supervisor.ready, [0, 1], "and the lost one is replaced");
  t.match(workers.of(1).posted[0], { type: "credentials" });
  rigged.flush(0, [progress("b", { sequenceNumber: "30" })], [[0, 0, 7, 3]]);
  t.equal(merger.counts.read, 4);
  await stopAll(rigged);
});

t.test(
  "KinesisInput drops flushes that wait when a worker is lost",
  async (t) => {
    const rigged = await rig([shard("a", [0, 9])], {}, 1);
    let blocked = true;
    Object.defineProperty(rigged.merger, "blocked", { get: () => blocked });
    rigged.flush(0, [progress("a")], [[0, 0, 7, 2]]);
    rigged.workers.of(0).end();
    blocked = false;
    rigged.input.onRoom();
    t.equal(rigged.merger.counts.read, 0);
    await turn();
    await turn();
    t.match(rigged.workers.of(0).posted.at(-1), {
      shards: [{ shardId: "a", start: { type: "trim_horizon" } }],
    });
    await stopAll(rigged);
  },
);

t.test("KinesisInput ends though a worker dies as it stops", async (t) => {
  const rigged = await rig([shard("a", [0, 4]), shard("b", [5, 9])]);
  rigged.input.stop();
  rigged.workers.of(0).end();
  rigged.workers.of(1).stop();
  t.equal(await rigged.ended, "stopped");
  rigged.supervisor.close();
});

t.test("KinesisInput hands over the shards of a worker too many", async (t) => {
  const rigged = await rig([shard("a", [0, 4]), shard("b", [5, 9])]);
  rigged.supervisor.setCount(1);
  t.same(rigged.workers.of(1).posted.at(-1), { type: "stop" });
  rigged.flush(1, [progress("b", { sequenceNumber: "8" })], [[0, 0, 7, 2]]);
  t.same(rigged.assigned().length, 2, "not before its last flush is in");
  rigged.workers.of(1).stop();
  t.same(rigged.assigned().at(-1), [0, "b"]);
  t.match(rigged.posted.at(-1)?.message, {
    shards: [{ start: { sequenceNumber: "8" } }],
  });
  t.equal(rigged.merger.counts.read, 2);
  await stopAll(rigged);
});

t.test("KinesisInput goes on without an idle shard, and counts", async (t) => {
  const rigged = await rig([shard("a", [0, 4]), shard("b", [5, 9])]);
  const early: Tallied = [0, 0, 7, 2];
  rigged.flush(0, [progress("a", { watermarkMs: WINDOW_MS })], [early]);
  t.equal(rigged.merger.status().windowsFired, 0);
  rigged.flush(1, [progress("b", { counts: counted(0), idle: true })]);
  t.equal(rigged.merger.status().windowsFired, 1);
  t.equal(rigged.input.heldBy()?.shardId, "a");
  t.equal(rigged.input.shards().find((one) => one.shardId === "b")?.idle, true);
  // It wakes: two events of the fired window, and its low watermark.
  rigged.flush(1, [progress("b", { watermarkMs: 5 })], [early]);
  t.equal(rigged.merger.watermarkMs, WINDOW_MS, "never pulled back");
  const counts = rigged.merger.counts.status();
  t.match(counts, { read: 4, tallied: 2, afterIdle: 2 });
  t.equal(accountedFor(counts), counts.read);
  await rigged.merger.drained();
  t.equal(rigged.sink.windows.length, 1, "the document stays as it is");
  await stopAll(rigged);
});
