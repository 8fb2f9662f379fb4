/** Memory for records is bounded: the oldest go first, in whichever stream. */
import t from "tap";
import { testService } from "../test_service.ts";

const MIB = 1024 ** 2;

function put(stream: string, bytes: number, label: number) {
  return {
    StreamName: stream,
    Data: Buffer.alloc(bytes, label),
    PartitionKey: "k",
  };
}

t.test(
  "StreamStore drops the oldest records when memory is full",
  async (t) => {
    const { call, service, clock, trims } = testService({
      memoryBytes: 64 * MIB,
    });
    const { store } = service;
    for (const name of ["old", "new"]) {
      store.create({ name, shardCount: 2, mode: "PROVISIONED" });
    }
    const fill = (stream: string, count: number) => {
      for (let index = 0; index < count; index++) {
        clock.advance(1);
        call("PutRecord", put(stream, 100_000, index));
        if (store.memoryBytes > 64 * MIB) t.fail("memory is exceeded");
      }
    };
    fill("old", 300);
    t.equal(store.trimmedCount, 0);
    fill("new", 300);
    t.equal(store.trimmedCount, 0);
    fill("new", 200);
    const { trimmedCount } = store;
    t.ok(trimmedCount > 0);
    // All of them are from the stream that was filled first.
    const kept = (name: string) =>
      store.get(name)?.shards.reduce((count, { log }) => {
        return count + log.nextOrdinal - log.firstOrdinal;
      }, 0);
    t.equal(kept("old"), 300 - trimmedCount);
    t.equal(kept("new"), 500);
    fill("new", 1_000);
    t.equal(kept("old"), 0);
    t.equal(trims(), 1);
  },
);

t.test("reading goes on after what was dropped", async (t) => {
  const { call, service } = testService({ memoryBytes: 64 * MIB });
  service.store.create({ name: "taxi", shardCount: 1, mode: "PROVISIONED" });
  const { ShardIterator } = call("GetShardIterator", {
    StreamName: "taxi",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "TRIM_HORIZON",
  });
  const numbers: string[] = [];
  for (let index = 0; index < 100; index++) {
    const answer = call("PutRecord", put("taxi", 1_000_000, index));
    numbers.push(answer["SequenceNumber"]);
  }
  const dropped = service.store.trimmedCount;
  t.ok(dropped > 30 && dropped < 50);
  const { Records } = call("GetRecords", { ShardIterator, Limit: 1 });
  t.equal(Records[0].SequenceNumber, numbers[dropped]);
  const again = call("GetShardIterator", {
    StreamName: "taxi",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
    StartingSequenceNumber: numbers[0],
  });
  const answer = call("GetRecords", { ...again, Limit: 1 });
  t.equal(answer["Records"][0].SequenceNumber, numbers[dropped]);
});

t.test("records of every size find room, and a record alone", async (t) => {
  const { call, service } = testService({
    memoryBytes: 64 * MIB,
    recordBytesMax: 10 * MIB,
  });
  service.store.create({ name: "taxi", shardCount: 1, mode: "PROVISIONED" });
  for (let index = 0; index < 20; index++) {
    call("PutRecord", put("taxi", 10 * MIB - 1, index));
    t.ok(service.store.memoryBytes <= 64 * MIB);
  }
});

t.test("expired records free their memory at the next put", async (t) => {
  const { call, service, clock } = testService();
  service.store.create({ name: "taxi", shardCount: 1, mode: "PROVISIONED" });
  for (let index = 0; index < 50; index++) {
    call("PutRecord", put("taxi", 100_000, index));
  }
  const before = service.store.memoryBytes;
  clock.advance(25 * 3_600_000);
  for (let index = 0; index < 12; index++) {
    call("PutRecord", put("taxi", 100_000, index));
  }
  t.ok(service.store.memoryBytes < before / 2);
  t.equal(service.store.trimmedCount, 0);
});

t.test("StreamStore.delete() frees a stream's memory", async (t) => {
  const { call, service } = testService();
  service.store.create({ name: "taxi", shardCount: 1, mode: "PROVISIONED" });
  call("PutRecord", put("taxi", 1_000, 0));
  call("DeleteStream", { StreamName: "taxi" });
  t.equal(service.store.memoryBytes, 0);
  t.equal(service.store.openShardCount, 0);
});
