/**
 * Goal: moves even the loads out, are few, and come to an end. Method: made-up
 * loads, moved until nothing is worth moving.
 */
import fc from "fast-check";
import t from "tap";
import {
  planMove,
  type ShardLoad,
  workerLoads,
} from "../../../engine/coordinator/plan_move.ts";

function shards(...list: [worker: number, load: number][]): ShardLoad[] {
  return list.map(([worker, load], i) => ({
    shardId: `s${i}`,
    worker,
    load,
    movable: true,
  }));
}

/** Moves until nothing is worth moving. */
function settle(workers: readonly number[], list: readonly ShardLoad[]) {
  let present = list;
  let moves = 0;
  for (;;) {
    const move = planMove(workers, present);
    if (move === undefined) return { shards: present, moves };
    moves++;
    if (moves > 10_000) throw new Error("moves never end");
    const moved = present.find(({ shardId }) => shardId === move.shardId);
    if (moved?.worker !== move.from) throw new Error("moved from elsewhere");
    if (!workers.includes(move.to)) throw new Error("moved to nobody");
    present = present.map((shard) =>
      shard === moved ? { ...shard, worker: move.to } : shard,
    );
  }
}

const WORKERS = [0, 1, 4, 7];

const anyShards = fc
  .array(
    fc.record({
      worker: fc.constantFrom(...WORKERS),
      load: fc.oneof(
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        // Many with the same load, as on an even stream.
        fc.constantFrom(0.005, 0.1),
      ),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((list) =>
    shards(...list.map((one): [number, number] => [one.worker, one.load])),
  );

t.test("planMove() leaves no shard out and has none twice", async () => {
  fc.assert(
    fc.property(anyShards, (list) => {
      const { shards: settled } = settle(WORKERS, list);
      const ids = (all: readonly ShardLoad[]) =>
        all.map(({ shardId }) => shardId).join();
      return (
        ids(settled) === ids(list) &&
        settled.every(({ worker }) => WORKERS.includes(worker))
      );
    }),
    { numRuns: 200 },
  );
});

t.test("planMove() ends with loads within a factor of three", async () => {
  fc.assert(
    fc.property(anyShards, (list) => {
      const { shards: settled } = settle(WORKERS, list);
      const loads = [...workerLoads(WORKERS, settled)].sort(
        ([, a], [, b]) => b - a,
      );
      const [busiest, most] = loads[0]!;
      const least = loads.at(-1)![1];
      const owned = settled.filter(({ worker }) => worker === busiest);
      // A single shard can't be split.
      return owned.length === 1 || most < 3 * least;
    }),
    { numRuns: 500 },
  );
});

t.test("planMove() needs few moves", async (t) => {
  let most = 0;
  fc.assert(
    fc.property(anyShards, (list) => {
      const { moves } = settle(WORKERS, list);
      most = Math.max(most, moves / list.length);
      return moves <= list.length;
    }),
    { numRuns: 500 },
  );
  t.comment(`at most ${most.toFixed(2)} moves a shard`);
});

t.test("planMove() leaves what is balanced alone", async () => {
  fc.assert(
    fc.property(
      anyShards,
      fc.infiniteStream(fc.double({ min: 0.95, max: 1.05, noNaN: true })),
      (list, noise) => {
        const { shards: settled } = settle(
          [0, 1],
          list.map((one) => ({ ...one, worker: one.worker % 2 })),
        );
        if (planMove([0, 1], settled) !== undefined) return false;
        // A shard that moved is not moved straight back when loads waver.
        const wavering = settled.map((one) => ({
          ...one,
          load: one.load * noise.next().value,
        }));
        const move = planMove([0, 1], wavering);
        if (move === undefined) return true;
        const moved = wavering.map((one) =>
          one.shardId === move.shardId ? { ...one, worker: move.to } : one,
        );
        const next = planMove(
          [0, 1],
          moved.map((one) => ({ ...one, load: one.load * noise.next().value })),
        );
        return next?.shardId !== move.shardId;
      },
    ),
    { numRuns: 300 },
  );
});

t.test("planMove() moves no shard that is alone or may not move", async (t) => {
  t.equal(planMove([0, 1], shards([0, 0.9])), undefined);
  t.equal(planMove([], shards([0, 0.9])), undefined);
  const heavy = shards([0, 0.5], [0, 0.4], [1, 0.1]);
  t.same(planMove([0, 1], heavy), { shardId: "s1", from: 0, to: 1 });
  const fixed = heavy.map((one) => ({ ...one, movable: false }));
  t.equal(planMove([0, 1], fixed), undefined);
});

t.test("planMove() fills a worker that has just come", async (t) => {
  const list = shards(
    ...Array.from({ length: 8 }, (): [number, number] => [0, 0.1]),
  );
  const { shards: settled, moves } = settle([0, 1], list);
  t.equal(moves, 4);
  t.equal(settled.filter(({ worker }) => worker === 1).length, 4);
});
