/** Hash keys: md5 as the service takes it, ranges found by bisection. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import {
  HASH_KEY_MAX,
  HashKeyIndex,
  hashKeyOf,
} from "../../../engine/kinesis/hash_key.ts";
import { putShards } from "../../../engine/kinesis/put_shard.ts";
import { evenShards } from "./memory_stream.ts";

t.test("hashKeyOf() is the md5 as a big-endian number", async (t) => {
  t.equal(hashKeyOf("a"), 0x0cc175b9c0f1b6a831c399e269772661n);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const hex = createHash("md5").update(text).digest("hex");
      t.equal(hashKeyOf(text).toString(16).padStart(32, "0"), hex);
    }),
    { numRuns: 20 },
  );
});

t.test("HashKeyIndex.indexOf() finds the range, edges included", async (t) => {
  const shards = evenShards(7).reverse();
  const index = new HashKeyIndex(shards);
  shards.forEach(({ startingHashKey, endingHashKey }, i) => {
    t.equal(index.indexOf(BigInt(startingHashKey)), i);
    t.equal(index.indexOf(BigInt(endingHashKey)), i);
  });
  t.equal(index.indexOf(HASH_KEY_MAX), 0);
  const gap = new HashKeyIndex([{ startingHashKey: "5", endingHashKey: "9" }]);
  t.equal(gap.indexOf(4n), -1);
  t.equal(gap.indexOf(10n), -1);
  t.equal(new HashKeyIndex([]).indexOf(0n), -1);
});

t.test("putShards() gives each shard keys that lead into it", async (t) => {
  const [wide, ...others] = evenShards(3);
  const tiny = { ...wide, shardId: "tiny", endingHashKey: "3" };
  const rest = { ...wide, shardId: "rest", startingHashKey: "4" };
  const shards = [...others, tiny, rest] as typeof others;
  const index = new HashKeyIndex(shards);
  putShards(shards, false).forEach((shard, i) => {
    t.equal(shard.takesRecords, shard.shardId !== "tiny", shard.shardId);
    if (!shard.takesRecords) return;
    const keys = Array.from({ length: 64 }, () => shard.nextKey());
    t.equal(new Set(keys).size, 64);
    t.ok(keys.every((key) => index.indexOf(hashKeyOf(key)) === i));
  });
});
