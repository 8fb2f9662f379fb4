/** One second's worth at once, then what flows in; 10 MiB block 5 seconds. */
import t from "tap";
import { ShardThroughput } from "../../../../engine/local_kinesis/store/shard_throughput.ts";

const MIB = 1024 ** 2;

/** How many of a row of calls succeed. */
function passed(count: number, call: () => boolean): number {
  let succeeded = 0;
  for (let index = 0; index < count; index++) if (call()) succeeded++;
  return succeeded;
}

t.test(
  "ShardThroughput.tryWrite() lets 1,000 records a second in",
  async (t) => {
    const shard = new ShardThroughput();
    t.equal(
      passed(1_500, () => shard.tryWrite(10, 0)),
      1_000,
    );
    t.equal(
      passed(1_500, () => shard.tryWrite(10, 100)),
      100,
    );
    t.equal(
      passed(1_500, () => shard.tryWrite(10, 5_000)),
      1_000,
    );
  },
);

t.test("ShardThroughput.tryWrite() lets 1 MiB a second in", async (t) => {
  const shard = new ShardThroughput();
  t.equal(
    passed(20, () => shard.tryWrite(MIB / 10, 0)),
    10,
  );
  t.equal(
    passed(20, () => shard.tryWrite(MIB / 10, 250)),
    2,
  );
  t.notOk(shard.tryWrite(MIB + 1, 100_000));
  t.ok(shard.tryWrite(MIB, 100_000));
});

t.test(
  "ShardThroughput takes one of the largest records at once",
  async (t) => {
    const shard = new ShardThroughput();
    shard.setRecordBytesMax(10 * MIB);
    t.ok(shard.tryWrite(MIB, 0));
    t.ok(shard.tryWrite(10 * MIB, 10_000));
    t.notOk(shard.tryWrite(MIB, 10_500));
    t.ok(shard.tryWrite(MIB, 11_000));
  },
);

t.test("ShardThroughput.tryRead() lets 5 calls a second in", async (t) => {
  const shard = new ShardThroughput();
  t.equal(
    passed(20, () => shard.tryRead(0)),
    5,
  );
  t.equal(
    passed(20, () => shard.tryRead(400)),
    2,
  );
});

t.test("ShardThroughput.tryRead() lets 2 MiB a second out", async (t) => {
  const shard = new ShardThroughput();
  t.ok(shard.tryRead(0));
  shard.countRead(MIB, 0);
  t.ok(shard.tryRead(0));
  shard.countRead(MIB, 0);
  t.notOk(shard.tryRead(0));
  t.ok(shard.tryRead(500));
});

t.test("an answer of 10 MiB blocks its shard for 5 seconds", async (t) => {
  const shard = new ShardThroughput();
  t.ok(shard.tryRead(1_000));
  shard.countRead(10 * MIB, 1_000);
  t.notOk(shard.tryRead(5_999));
  t.ok(shard.tryRead(6_000));
});

t.test("ShardThroughput.tryIterator() lets 5 calls a second in", async (t) => {
  const shard = new ShardThroughput();
  t.equal(
    passed(20, () => shard.tryIterator(0)),
    5,
  );
  t.equal(
    passed(20, () => shard.tryIterator(200)),
    1,
  );
});
