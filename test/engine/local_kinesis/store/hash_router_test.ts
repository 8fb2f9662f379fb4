/** Every hash key must belong to exactly the shard whose range holds it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import {
  evenHashRanges,
  hashOfDecimal,
  hashOfPartitionKey,
  hexOfHashKey,
} from "../../../../engine/local_kinesis/store/hash_range.ts";
import { HashRouter } from "../../../../engine/local_kinesis/store/hash_router.ts";

const LAST = 2n ** 128n - 1n;

t.test("evenHashRanges() covers all keys without overlap", async (t) => {
  for (const count of [1, 2, 3, 7, 8, 100, 500]) {
    const ranges = evenHashRanges(count);
    t.equal(ranges.length, count);
    t.equal(ranges[0]?.start, 0n);
    t.equal(ranges.at(-1)?.end, LAST);
    for (const [index, { start }] of ranges.entries()) {
      if (index > 0) t.equal(start, (ranges[index - 1]?.end ?? 0n) + 1n);
    }
  }
});

t.test("HashRouter.route() finds the range that holds the key", async (t) => {
  const edges = fc.array(fc.bigInt({ min: 1n, max: LAST }), { maxLength: 20 });
  fc.assert(
    fc.property(edges, fc.bigInt({ min: 0n, max: LAST }), (cuts, any) => {
      const starts = [...new Set([0n, ...cuts])].sort((a, b) =>
        a < b ? -1 : 1,
      );
      const shards = starts.map((start, index) => ({
        hashRange: { start, end: (starts[index + 1] ?? LAST + 1n) - 1n },
      }));
      const router = new HashRouter(shards.toReversed());
      for (const key of [
        any,
        0n,
        LAST,
        ...starts,
        ...cuts.map((x) => x - 1n),
      ]) {
        const { start, end } = router.route(hexOfHashKey(key)).hashRange;
        assert(start <= key && key <= end);
      }
    }),
    { numRuns: 200 },
  );
  t.pass();
});

t.test("hashOfPartitionKey() is the MD5 of the key", async (t) => {
  for (const key of ["a", "clé", "x".repeat(256)]) {
    const expected = createHash("md5").update(key).digest("hex");
    t.equal(hashOfPartitionKey(Buffer.from(key)), expected);
  }
});

t.test("hashOfDecimal() refuses what is no hash key", async (t) => {
  t.equal(hashOfDecimal("0"), "0".repeat(32));
  t.equal(hashOfDecimal(String(LAST)), "f".repeat(32));
  for (const text of [String(LAST + 1n), "01", "-1", "1.5", "", "0x1"]) {
    t.equal(hashOfDecimal(text), undefined, text);
  }
});
