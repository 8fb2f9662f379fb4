/**
 * Goal: shards find a worker, are moved for balance one at a time, never stand
 * still in silence, and wait while they are too far ahead. Method: a table and
 * a group of workers that are this test, looked at second by second.
 */
import { pino } from "pino";
import t from "tap";
import { ShardKeeper } from "../../../engine/coordinator/shard_keeper.ts";
import { ShardTable } from "../../../engine/coordinator/shard_table.ts";
import { SHARD_SILENT_MS } from "../../../engine/limits.ts";
import type {
  CoordinatorMessage,
  FlushMessage,
  ShardProgress,
} from "../../../engine/messages.ts";
import { counted, flushed, WINDOW_MS } from "../../helpers/taxi.ts";
import { TurnedClock } from "../../workers/kinesis/turned_clock.ts";

const OPEN_KEYS_MAX = 100;

/** Shards `a`, `b` … and workers 0, 1 … */
function rig(shardCount: number, workerCount: number) {
  const table = new ShardTable();
  const clock = new TurnedClock();
  const posted: [worker: number, message: CoordinatorMessage][] = [];
  const replaced: string[] = [];
  const ready = Array.from({ length: workerCount }, (_, worker) => worker);
  const names = Array.from({ length: shardCount }, (_, i) =>
    String.fromCharCode(97 + i),
  );
  for (const [i, shardId] of names.entries()) {
    const key = String(i);
    const range = { startingHashKey: key, endingHashKey: key };
    const lineage = { shardId, parentShardIds: [], ...range };
    table.add(lineage, { type: "trim_horizon" });
  }
  const keeper = new ShardKeeper({
    table,
    clock,
    log: pino({ level: "silent" }),
    openKeysMax: OPEN_KEYS_MAX,
    silentMsMax: SHARD_SILENT_MS,
    windowMs: WINDOW_MS,
    workers: {
      ready,
      leaving: [],
      post: (worker, message) => posted.push([worker, message]),
      stopAll() {},
      left() {},
      replace: (worker, { message }) => replaced.push(`${worker}: ${message}`),
    },
  });
  keeper.deal();
  /** A worker's flush, applied. */
  const flush = (worker: number, ...shards: Partial<ShardProgress>[]) => {
    const message: FlushMessage = {
      type: "flush",
      epoch: 1,
      flushNumber: 0,
      shards: shards.map((change) => ({
        shardId: "a",
        sequenceNumber: "5",
        arrivalMs: 0,
        watermarkMs: table.get(change.shardId ?? "a")?.watermarkMs ?? 0,
        behindLatestMs: 0,
        atTip: false,
        idle: false,
        throttled: 0,
        reading: "polling",
        fallbacks: 0,
        busyMs: 0,
        counts: counted(1),
        ended: false,
        released: false,
        answered: true,
        childShards: [],
        dedupe: null,
        ...change,
      })),
      tallies: flushed([]),
      deadLetters: [],
      busyMs: 0,
      heapBytes: 0,
      receivedAtMs: 0,
    };
    keeper.heard(message);
    for (const progress of message.shards) table.apply(worker, progress);
    keeper.applied(message);
  };
  return {
    table,
    clock,
    keeper,
    posted,
    replaced,
    ready,
    flush,
    owners: () =>
      Object.fromEntries(names.map((name) => [name, table.get(name)?.worker])),
    taken: () =>
      posted.splice(0).map(([worker, { type }]) => `${worker} ${type}`),
    /** Some seconds in each of which `each` happens. */
    async pass(
      seconds: number,
      each: () => void,
      { keysOpen = 0, waiting = false } = {},
    ) {
      for (let i = 0; i < seconds; i++) {
        await clock.advance(1_000);
        each();
        keeper.look(keysOpen, () => waiting);
      }
    },
  };
}

t.test("ShardKeeper opens a silent shard anew where it stands", async (t) => {
  const { pass, flush, taken, posted, keeper, table } = rig(2, 2);
  taken();
  flush(1, { shardId: "b", sequenceNumber: "77" });
  await pass(29, () => flush(0, { shardId: "a" }));
  t.same(taken(), [], "not before thirty seconds");
  await pass(2, () => flush(0, { shardId: "a" }));
  t.same(taken(), ["1 release"]);
  t.equal(table.get("b")?.state, "moving");
  flush(1, { shardId: "b", sequenceNumber: "78", released: true });
  t.match(posted, [
    [1, { shards: [{ shardId: "b", start: { sequenceNumber: "78" } }] }],
  ]);
  t.equal(keeper.status().shardsReopened, 1);
  t.match(keeper.shardStatus("b"), { reopened: 1, moves: 0 });
  t.equal(keeper.status().moves.count, 0);
});

t.test("ShardKeeper replaces a worker that keeps a shard", async (t) => {
  const { pass, replaced, table } = rig(2, 2);
  await pass(40, () => {});
  t.same(replaced, []);
  await pass(10, () => {});
  t.match(replaced, [/0: .* does not give shard "a" back/, /1: .*"b" back/]);
  t.equal(table.get("a")?.worker, 0, "until the worker is gone");
});

t.test("ShardKeeper lets workers be that have to wait", async (t) => {
  const { pass, taken } = rig(2, 2);
  taken();
  await pass(120, () => {}, { waiting: true });
  t.same(taken(), []);
});

t.test("ShardKeeper spreads a lost worker's shards", async (t) => {
  const { keeper, ready, owners, flush, posted } = rig(6, 3);
  t.same(owners(), { a: 0, b: 1, c: 2, d: 0, e: 1, f: 2 });
  flush(1, { shardId: "e", sequenceNumber: "9" });
  ready.splice(1, 1);
  posted.length = 0;
  keeper.lost(1, 0);
  t.same(owners(), { a: 0, b: 0, c: 2, d: 0, e: 2, f: 2 });
  t.match(posted, [
    [0, { shards: [{ shardId: "b", start: { type: "trim_horizon" } }] }],
    [2, { shards: [{ shardId: "e", start: { sequenceNumber: "9" } }] }],
  ]);
});

t.test("ShardKeeper keeps shards while there is no worker", async (t) => {
  const { keeper, ready, owners } = rig(2, 1);
  ready.length = 0;
  keeper.lost(0, 0);
  t.same(owners(), { a: -1, b: -1 });
  ready.push(0);
  keeper.welcome(0);
  t.same(owners(), { a: 0, b: 0 });
});

t.test("ShardKeeper names the shard that ends workers", async (t) => {
  const { keeper, flush, owners, posted } = rig(4, 2);
  t.equal(keeper.suspect(), "no shard");
  for (let i = 0; i < 3; i++) {
    const worker = owners()["d"]!;
    for (const shardId of ["a", "b", "c"]) {
      if (owners()[shardId] !== worker) continue;
      flush(worker, { shardId, sequenceNumber: String(10 + i) });
    }
    keeper.lost(worker, 0);
  }
  t.equal(keeper.suspect(), 'shard "d" from its start');
  flush(owners()["d"]!, { shardId: "d", sequenceNumber: "49" });
  const number = (shardId: string) =>
    posted
      .flatMap(([, one]) => (one.type === "assign" ? one.shards : []))
      .find((one) => one.shardId === shardId)?.number ?? 0;
  keeper.lost(owners()["d"]!, number("d"));
  keeper.lost(owners()["d"]!, number("d"));
  t.equal(keeper.suspect(), 'shard "d" after sequence number 49');
});

t.test("ShardKeeper evens loads out, one move at a time", async (t) => {
  const { pass, flush, taken, owners, keeper } = rig(4, 2);
  taken();
  const busy = () => {
    // The shards of worker 0 cost much, those of worker 1 next to nothing.
    for (const [shardId, worker] of Object.entries(owners())) {
      const busyMs = shardId === "a" || shardId === "c" ? 400 : 10;
      flush(worker ?? 0, { shardId, busyMs });
    }
  };
  await pass(4, busy);
  t.same(taken(), [], "nothing is known yet");
  await pass(1, busy);
  t.same(taken(), ["0 release"]);
  await pass(5, busy);
  t.same(taken(), [], "one at a time");
  flush(0, { shardId: "a", released: true });
  t.same(taken(), ["1 assign"]);
  await pass(100, busy);
  t.same(taken(), [], "and then it is quiet");
  t.same(owners(), { a: 1, b: 1, c: 0, d: 1 });
  t.match(keeper.status().moves, {
    count: 1,
    last: { shardId: "a", from: 0, to: 1, reason: "load" },
  });
  t.match(keeper.shardStatus("a"), { moves: 1 });
  t.ok(Math.abs(keeper.shardStatus("a").load - 0.4) < 0.05);
});

t.test("ShardKeeper gives a worker that comes its share", async (t) => {
  const { keeper, ready, owners, flush } = rig(8, 1);
  for (const worker of [1, 2, 3]) {
    ready.push(worker);
    keeper.welcome(worker);
  }
  for (let moves = 0; moves < 20; moves++) {
    const moving = keeper.status().moves.last;
    if (moving === null || keeper.status().moves.count === moves) break;
    flush(moving.from, { shardId: moving.shardId, released: true });
  }
  const counts = [0, 0, 0, 0];
  for (const worker of Object.values(owners())) counts[worker ?? 0]!++;
  t.same(counts, [2, 2, 2, 2], "though nothing is known of loads");
  t.equal(keeper.status().moves.count, 6);
});

t.test("ShardKeeper moves a shard on request, or says why not", async (t) => {
  const { keeper, flush, owners, taken } = rig(2, 2);
  taken();
  keeper.move("a", 1);
  t.same(taken(), ["0 release"]);
  t.throws(() => keeper.move("a", 1), { message: /as it is moving/ });
  t.throws(() => keeper.move("z", 1), { message: /there is no such shard/ });
  t.throws(() => keeper.move("b", 9), { message: /there is no worker 9/ });
  flush(0, { shardId: "a", released: true });
  t.equal(owners()["a"], 1);
  t.match(keeper.status().moves.last, { reason: "request", from: 0, to: 1 });
});

t.test(
  "ShardKeeper reads only the shards behind while too much is open",
  async (t) => {
    const { keeper, flush, pass, posted, taken, ready } = rig(4, 2);
    const at = (shardId: string, windows: number) =>
      flush(shardId === "a" || shardId === "c" ? 0 : 1, {
        shardId,
        watermarkMs: windows * WINDOW_MS,
      });
    at("a", 1);
    at("b", 1.5);
    at("c", 9);
    at("d", 3);
    taken();
    await pass(1, () => {}, { keysOpen: OPEN_KEYS_MAX });
    t.same(taken(), [], "at the limit all are read");
    await pass(1, () => {}, { keysOpen: OPEN_KEYS_MAX + 1 });
    const pause = { type: "pause", shardIds: ["c", "d"] };
    t.same(posted, [
      [0, pause],
      [1, pause],
    ]);
    t.match(keeper.shardStatus("c"), { paused: true });
    t.match(keeper.shardStatus("b"), { paused: false });
    t.equal(
      keeper.holding(),
      "a at 1970-01-01T00:10:00.000Z, b at 1970-01-01T00:15:00.000Z",
    );
    taken();
    await pass(
      60,
      () => {
        at("a", 1);
        at("b", 1.5);
      },
      { keysOpen: OPEN_KEYS_MAX - 10 },
    );
    t.same(taken(), [], "they wait in peace until it is clearly less");
    at("a", 2);
    at("b", 2);
    await pass(1, () => {}, { keysOpen: OPEN_KEYS_MAX - 10 });
    t.match(posted, [
      [0, { shardIds: ["c"] }],
      [1, { shardIds: ["c"] }],
    ]);
    posted.length = 0;
    ready.push(2);
    keeper.welcome(2);
    t.match(posted[0], [2, { type: "pause", shardIds: ["c"] }]);
    posted.length = 0;
    await pass(1, () => {}, { keysOpen: OPEN_KEYS_MAX / 2 });
    t.match(posted.slice(0, 3), [
      [0, { shardIds: [] }],
      [1, { shardIds: [] }],
      [2, { shardIds: [] }],
    ]);
  },
);
