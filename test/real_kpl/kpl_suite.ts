/**
 * Aggregated records, with an implementation that is not ours: Python's
 * aws-kinesis-agg. Not a part of `npm test`, as it installs Python packages;
 * `.ci/run` calls it.
 */
import t from "tap";
import { credentialsSource } from "../../engine/aws/credentials.ts";
import { AggregatedRecordReader } from "../../engine/kinesis/kpl_reader.ts";
import { startLocalKinesis } from "../../engine/local_kinesis/mod.ts";
import { TripGenerator } from "../../engine/replay/generator.ts";
import { Random } from "../../engine/replay/random.ts";
import { startReplay } from "../../engine/replay/replay.ts";
import { readAll } from "../engine/replay/read_all.ts";
import { putTogether, takeApart, type UserRecord } from "./kpl_python.ts";

t.setTimeout(600_000);

const EVENTS = 20_000;

t.test("Python takes apart what replay has put together", async (t) => {
  const kinesis = await startLocalKinesis({
    limits: false,
    streams: [{ name: "taxi", shardCount: 3 }],
  });
  t.teardown(() => kinesis.close());
  const [region, endpoint] = ["us-east-1", kinesis.url];
  const credentials = credentialsSource({ region, endpoint });
  const connection = { region, endpoint, credentials, caPem: "" };
  const replay = await startReplay({
    connection,
    stream: "taxi",
    source: new TripGenerator({ seed: 8 }),
    speedup: Number.POSITIVE_INFINITY,
    pacing: false,
    aggregate: true,
    limit: EVENTS,
  });
  await replay.finished;
  const ids: number[] = [];
  const keys = new Set<string>();
  let watermarks = 0;
  for (const records of await readAll(connection, "taxi")) {
    const hashKeys = new Set<string | null>();
    for (const [data, key, hashKey, isAggregated] of await takeApart(records)) {
      const event = JSON.parse(data);
      if (event.type === "watermark") {
        watermarks++;
        t.notOk(isAggregated);
        continue;
      }
      ids.push(event.trip_id);
      keys.add(key);
      hashKeys.add(hashKey);
    }
    t.equal(hashKeys.size, 1, "one explicit hash key a shard");
  }
  t.ok(watermarks >= 3);
  t.ok(keys.size > 100, `${keys.size} partition keys`);
  ids.sort((a, b) => a - b);
  t.strictSame(
    ids,
    Array.from({ length: EVENTS }, (_, i) => 300_000_000 + i),
  );
});

t.test("our reader takes apart what Python has put together", async (t) => {
  const random = new Random(3);
  const records = Array.from({ length: 5_000 }, (_, i): UserRecord => {
    const text = `${i} ${"é€𝄞x".repeat(Math.floor(random.unit() * 200))}`;
    const hashKey =
      random.unit() < 0.3 ? null : String(2n ** BigInt(i % 128) - 1n);
    return [text, `key ${i % 37}`, hashKey];
  });
  const found: (readonly [data: string, key: string])[] = [];
  const reader = new AggregatedRecordReader();
  const hashKeys = new Set<string>();
  for (const bytes of await putTogether(records)) {
    t.ok(reader.read(bytes, 0, bytes.length));
    const texts = ({ starts, ends, count }: AggregatedRecordReader["data"]) =>
      Array.from({ length: count }, (_, i) =>
        bytes.toString("utf8", starts[i], ends[i]),
      );
    const keys = texts(reader.partitionKeys);
    texts(reader.data).forEach((data, i) => {
      found.push([data, keys[reader.keyIndexes[i] ?? -1] ?? "none"]);
    });
    for (const hashKey of texts(reader.explicitHashKeys)) hashKeys.add(hashKey);
  }
  t.strictSame(
    found,
    records.map(([data, key]) => [data, key]),
  );
  t.ok(hashKeys.size > 100, `${hashKeys.size} hash keys`);
});
