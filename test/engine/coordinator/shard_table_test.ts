import t from "tap";
import { ShardTable } from "../../../engine/coordinator/shard_table.ts";
import { shardProgress } from "../../helpers/shard_progress.ts";

const START = { type: "trim_horizon" } as const;

function shard(
  shardId: string,
  range: readonly [number, number],
  parentShardIds: string[] = [],
) {
  return {
    shardId,
    parentShardIds,
    startingHashKey: String(range[0]),
    endingHashKey: String(range[1]),
  };
}

/** As the dealer does: every shard that is ready goes to worker 0. */
function deal(table: ShardTable) {
  const ready = table.takeReady();
  for (const entry of ready) entry.worker = 0;
  return ready;
}

const ids = (entries: Iterable<{ shardId: string }>) =>
  [...entries].map(({ shardId }) => shardId);

t.test(
  "ShardTable.apply() leaves out children of parents that are to be listed",
  async (t) => {
    const table = new ShardTable();
    table.add(shard("a", [0, 4]), START);
    deal(table);
    const childShards = [shard("ab", [0, 9], ["a", "b"])];
    table.apply(
      0,
      shardProgress("a", { watermarkMs: 70, ended: true, childShards }),
    );
    t.same(deal(table), [], '"b" may be unread');
    t.same(ids(table.retire()), ["a"], "its child is looked up");
    table.add(shard("b", [5, 9]), START);
    table.add(shard("ab", [0, 9], ["a", "b"]), START);
    t.same(ids(deal(table)), ["b"]);
  },
);

t.test(
  "ShardTable.takeReady() holds children until all parents have ended",
  async (t) => {
    const table = new ShardTable();
    table.add(shard("a", [0, 4]), START);
    table.add(shard("b", [5, 9]), START);
    table.add(shard("ab", [0, 9], ["a", "b"]), START);
    t.same(ids(deal(table)), ["a", "b"]);
    table.apply(0, shardProgress("a", { watermarkMs: 70, ended: true }));
    t.same(deal(table), []);
    table.apply(0, shardProgress("b", { watermarkMs: 50, ended: true }));
    const [child] = deal(table);
    t.equal(child?.shardId, "ab");
    t.equal(child?.watermarkMs, 50, "the least of the parents' watermarks");
    t.same(table.retire(), []);
    t.same(ids(table.status(0)), ["ab"], "the parents are retired");
  },
);

t.test(
  "ShardTable keeps an ended shard until its children are known",
  async (t) => {
    const table = new ShardTable();
    table.add(shard("a", [0, 9]), START);
    deal(table);
    table.apply(0, shardProgress("a", { watermarkMs: 70, ended: true }));
    t.same(ids(table.retire()), ["a"], "an orphan is reported");
    t.equal(table.slowest()?.shardId, "a", "and holds the watermark");
    t.notOk(table.allAtTip);
    table.add(shard("a1", [0, 4], ["a"]), START);
    t.same(ids(table.retire()), ["a"], "half of the range is not all");
    table.add(shard("a2", [5, 9], ["a"]), START);
    t.same(table.retire(), [], "known, but its children don't read yet");
    t.same(ids(deal(table)), ["a1", "a2"]);
    table.retire();
    t.equal(table.slowest()?.shardId, "a1");
  },
);

t.test(
  "ShardTable enters the children that a parent's last answer names",
  async (t) => {
    const table = new ShardTable();
    table.add(shard("a", [0, 9]), START);
    deal(table);
    const childShards = [
      shard("a1", [0, 4], ["a"]),
      shard("a2", [5, 9], ["a"]),
    ];
    table.apply(
      0,
      shardProgress("a", { watermarkMs: 70, ended: true, childShards }),
    );
    table.retire();
    t.same(ids(deal(table)), ["a1", "a2"]);
  },
);

t.test(
  "ShardTable.takeReady() starts a child whose parents were trimmed",
  async (t) => {
    const table = new ShardTable();
    table.add(shard("c", [0, 9], ["gone"]), START);
    const [child] = deal(table);
    t.equal(child?.watermarkMs, Number.NEGATIVE_INFINITY);
  },
);

t.test(
  "ShardTable.slowest() is the shard with the least watermark",
  async (t) => {
    const table = new ShardTable();
    table.add(shard("a", [0, 4]), START);
    table.add(shard("b", [5, 9]), START);
    t.equal(table.slowest(), undefined);
    deal(table);
    table.apply(0, shardProgress("a", { watermarkMs: 70 }));
    t.equal(
      table.slowest()?.shardId,
      "b",
      "without any watermark it holds all",
    );
    table.apply(0, shardProgress("b", { watermarkMs: 90, atTip: true }));
    t.equal(table.slowest()?.shardId, "a");
    t.notOk(table.allAtTip);
    table.apply(0, shardProgress("a", { watermarkMs: 70, atTip: true }));
    t.ok(table.allAtTip);
  },
);

t.test("ShardTable.apply() refuses a watermark that goes back", async (t) => {
  const table = new ShardTable();
  table.add(shard("a", [0, 9]), START);
  deal(table);
  table.apply(0, shardProgress("a", { watermarkMs: 70 }));
  t.throws(() => table.apply(0, shardProgress("a", { watermarkMs: 69 })));
});

t.test("ShardTable.watermarkMs leaves idle shards out", async (t) => {
  const table = new ShardTable();
  t.equal(table.watermarkMs, Number.NEGATIVE_INFINITY);
  for (const [id, from] of [
    ["a", 0],
    ["b", 4],
  ] as const) {
    table.add(shard(id, [from, from + 3]), START);
  }
  deal(table);
  table.apply(0, shardProgress("a", { watermarkMs: 70 }));
  table.apply(0, shardProgress("b", { watermarkMs: 50 }));
  t.equal(table.watermarkMs, 50);
  table.apply(0, shardProgress("b", { watermarkMs: 50, idle: true }));
  t.equal(table.watermarkMs, 70);
  t.equal(table.slowest()?.shardId, "a");
  table.apply(0, shardProgress("a", { watermarkMs: 80, idle: true }));
  t.equal(table.watermarkMs, 80, "all idle: the greatest stands");
  t.equal(table.slowest(), undefined);
  table.apply(0, shardProgress("b", { watermarkMs: 60 }));
  t.equal(table.watermarkMs, 60, "awake, it counts again");
});

t.test("ShardTable hands ids to children until all have them", async (t) => {
  const plan = { field: "id", withinMs: 1e6, idsMax: 10 };
  const table = new ShardTable(plan);
  table.add(shard("a", [0, 9]), START);
  deal(table);
  const ids = (word: number) => ({
    words: Uint32Array.of(word, 0),
    arrivalMs: Float64Array.of(word),
  });
  const children = [shard("b", [0, 4], ["a"]), shard("c", [5, 9], ["a"])];
  table.apply(0, shardProgress("a", { dedupe: ids(7) }));
  t.same([...(table.dedupe.idsOf("a")?.words ?? [])], [7, 0]);
  const childShards = children;
  table.apply(
    0,
    shardProgress("a", { dedupe: ids(8), ended: true, childShards }),
  );
  deal(table);
  table.retire();
  table.apply(0, shardProgress("b", { dedupe: ids(9) }));
  const restored = new ShardTable(plan);
  restored.restore(table.snapshot());
  restored.dedupe.restore(table.dedupe.snapshot());
  for (const one of [table, restored]) {
    t.same([...(one.dedupe.idsOf("b")?.arrivalMs ?? [])], [7, 8, 9]);
    t.same([...(one.dedupe.idsOf("c")?.arrivalMs ?? [])], [7, 8]);
    t.equal(one.dedupe.count, 5, "the parent's are forgotten");
  }
  t.equal(new ShardTable().dedupe.idsOf("a"), null);
});

t.test(
  "ShardTable.status() tells a lag that grows while nobody reads",
  async (t) => {
    const table = new ShardTable();
    table.add(shard("a", [0, 9]), START);
    const lag = (nowMs: number) => table.status(nowMs)[0]?.behindLatestMs;
    t.equal(lag(1e12), 0, "not read yet");
    deal(table);
    table.apply(
      0,
      shardProgress("a", { behindLatestMs: 70, answered: true }),
      1_000,
    );
    t.equal(lag(10_900), 70, "it may be at the tip of a quiet shard");
    t.equal(lag(31_000), 30_070);
    table.apply(
      0,
      shardProgress("a", { behindLatestMs: 0, answered: true }),
      31_000,
    );
    t.equal(lag(31_000), 0);
    table.apply(0, shardProgress("a", { ended: true }), 32_000);
    t.equal(lag(99_000), 0, "its end was read");
  },
);
