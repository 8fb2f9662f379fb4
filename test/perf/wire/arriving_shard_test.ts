/** Records come into a shard at their pace, and none is given twice. */
import t from "tap";
import { ArrivingShard } from "../../../perf/wire/arriving_shard.ts";

function chunk(recordCount: number) {
  return { bytes: Buffer.alloc(0), recordCount };
}

t.test("what has come by then, from where one had come to", (t) => {
  const chunks = [chunk(20), chunk(20), chunk(20), chunk(7)];
  const shard = new ArrivingShard(chunks, { intervalMs: 20, delayMs: 5 });
  t.strictSame(shard.since(0, 24), { chunks: [], next: 0, isLast: false });
  t.strictSame(shard.since(0, 45), {
    chunks: chunks.slice(0, 2),
    next: 2,
    isLast: false,
  });
  t.strictSame(shard.since(2, 65), {
    chunks: chunks.slice(2, 3),
    next: 3,
    isLast: false,
  });
  t.strictSame(shard.since(3, 1_000), {
    chunks: chunks.slice(3),
    next: 4,
    isLast: true,
  });
  t.end();
});

t.test("nothing comes before the round", (t) => {
  const shard = new ArrivingShard([chunk(1)], { intervalMs: 1, delayMs: 0 });
  const nothing = { chunks: [], next: 0, isLast: false };
  t.strictSame(shard.since(0, Number.NEGATIVE_INFINITY), nothing);
  t.end();
});

t.test("an answer has 10,000 records at most", (t) => {
  const chunks = Array.from({ length: 9 }, () => chunk(3_000));
  const shard = new ArrivingShard(chunks, { intervalMs: 1, delayMs: 0 });
  t.equal(shard.since(0, 100).next, 3);
  t.equal(shard.since(8, 100).isLast, true);
  t.end();
});
