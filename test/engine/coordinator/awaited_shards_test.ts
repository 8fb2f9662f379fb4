import t from "tap";
import { awaitedShards } from "../../../engine/coordinator/awaited_shards.ts";
import { ShardTable } from "../../../engine/coordinator/shard_table.ts";
import { SkewLimit } from "../../../engine/coordinator/skew_limit.ts";
import { shardProgress } from "../../helpers/shard_progress.ts";

const START = { type: "trim_horizon" } as const;

/** Makes a table of shards, each with its range of keys and its parents. */
function tableOf(
  shards: Record<string, readonly [number, number, ...string[]]>,
): ShardTable {
  const table = new ShardTable();
  for (const [shardId, [from, to, ...parentShardIds]] of Object.entries(
    shards,
  )) {
    const range = { startingHashKey: `${from}`, endingHashKey: `${to}` };
    table.add({ shardId, parentShardIds, ...range }, START);
  }
  for (const entry of table.takeReady()) entry.worker = 0;
  return table;
}

const named = (table: ShardTable, ...ids: string[]) =>
  [...table.entries].filter(({ shardId }) => ids.includes(shardId));

const ids = (entries: Iterable<{ shardId: string }>) =>
  [...entries].map(({ shardId }) => shardId);

t.test(
  "the other parent of a merge is read on, however far it is ahead",
  async (t) => {
    const table = tableOf({
      a: [0, 3],
      b: [4, 6],
      c: [7, 9],
      ab: [0, 6, "a", "b"],
    });
    table.apply(0, shardProgress("a", { watermarkMs: 10, ended: true }));
    table.apply(0, shardProgress("b", { watermarkMs: 900 }));
    table.apply(0, shardProgress("c", { watermarkMs: 800 }));
    table.retire();
    const skew = new SkewLimit({ openKeysMax: 5, windowMs: 100 });
    const paused = skew.paused(6, table.live, (ended) =>
      awaitedShards(table.entries, ended),
    );
    t.same(paused, ["c"], "without b its child would never hold less back");
  },
);

t.test("awaitedShards() follows what the awaited wait for", async (t) => {
  const table = tableOf({
    a: [0, 3],
    b: [4, 9],
    b1: [4, 6, "b"],
    b2: [7, 9, "b"],
    ab: [0, 6, "a", "b1"],
  });
  t.same(ids(awaitedShards(table.entries, named(table, "a"))), [], "not ended");
  table.apply(0, shardProgress("a", { ended: true }));
  const awaited = awaitedShards(table.entries, named(table, "a", "b2"));
  t.same(ids(awaited), ["b1", "b"]);
});
