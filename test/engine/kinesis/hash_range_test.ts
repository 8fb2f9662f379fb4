/** Goal: keys are in range as Kinesis routes them. Oracle: BigInt. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import { HashRange } from "../../../engine/kinesis/hash_range.ts";

const MAX = 2n ** 128n - 1n;
const hashKey = fc.bigInt({ min: 0n, max: MAX });

t.test("HashRange agrees with arithmetic", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.tuple(hashKey, hashKey, hashKey),
        fc.string(),
        ([a, b, key], text) => {
          const range = new HashRange(String(a), String(b));
          assert.equal(range.hasHashKey(String(key)), key >= a && key <= b);
          const bytes = Buffer.from(text);
          const digest = createHash("md5").update(bytes).digest("hex");
          const hash = BigInt(`0x${digest}`);
          assert.equal(
            range.hasPartitionKey(bytes, 0, bytes.length),
            hash >= a && hash <= b,
          );
        },
      ),
    ),
  );
});

t.test("HashRange has both of its ends", async (t) => {
  const key = Buffer.from("a");
  const hash = BigInt(`0x${createHash("md5").update(key).digest("hex")}`);
  t.ok(new HashRange(`${hash}`, `${hash}`).hasPartitionKey(key, 0, 1));
  t.ok(new HashRange(`${hash}`, `${hash}`).hasHashKey(`00${hash}`));
  t.notOk(new HashRange("0", `${hash - 1n}`).hasPartitionKey(key, 0, 1));
  t.notOk(new HashRange(`${hash + 1n}`, `${MAX}`).hasPartitionKey(key, 0, 1));
});

t.test("HashRange takes partition keys of any length", async (t) => {
  for (const length of [1, 55, 56, 64, 256, 1_024]) {
    const key = Buffer.alloc(length, 0x61);
    const hash = BigInt(`0x${createHash("md5").update(key).digest("hex")}`);
    const only = new HashRange(`${hash}`, `${hash}`);
    t.ok(only.hasPartitionKey(key, 0, length), `${length} bytes`);
    t.notOk(only.hasPartitionKey(key, 1, length), `not ${length} bytes`);
  }
});

t.test("HashRange.isWhole means that every key lies in it", async (t) => {
  const whole = new HashRange("0", `${MAX}`);
  t.ok(whole.isWhole);
  t.ok(whole.hasHashKey("17"));
  t.ok(whole.hasPartitionKey(Buffer.from("x"), 0, 1));
  t.notOk(new HashRange("0", `${MAX - 1n}`).isWhole);
  t.notOk(new HashRange("1", `${MAX}`).isWhole);
});

t.test("HashRange puts what is no number nowhere", async (t) => {
  const range = new HashRange("0", "100");
  for (const text of ["", "-1", "+1", "1e1", "x", "9".repeat(65)]) {
    t.notOk(range.hasHashKey(text), text);
  }
});

t.test("HashRange refuses ends that are no hash keys", async (t) => {
  t.throws(() => new HashRange("", "1"), RangeError);
  t.throws(() => new HashRange("0", `${MAX + 1n}`), RangeError);
  t.throws(() => new HashRange("-1", "1"), {
    message:
      'Cannot read "-1" as a hash key: it must be a decimal number below 2^128',
  });
});
