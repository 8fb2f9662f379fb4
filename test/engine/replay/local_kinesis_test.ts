/**
 * The replay against the local Kinesis, over HTTP and with the real clock:
 * each trip's number arrives once, and every shard ends with the last
 * watermark.
 */
import t from "tap";
import { credentialsSource } from "../../../engine/aws/credentials.ts";
import { AggregatedRecordReader } from "../../../engine/kinesis/kpl_reader.ts";
import { startLocalKinesis } from "../../../engine/local_kinesis/mod.ts";
import { TripGenerator } from "../../../engine/replay/generator.ts";
import { startReplay } from "../../../engine/replay/replay.ts";
import { readAll } from "./read_all.ts";

const SHARDS = 4;
const EVENTS = 12_000;

for (const aggregate of [false, true]) {
  t.test(`each trip arrives once, aggregate ${aggregate}`, async (t) => {
    const kinesis = await startLocalKinesis({
      limits: false,
      streams: [{ name: "taxi", shardCount: SHARDS }],
    });
    t.teardown(() => kinesis.close());
    const region = "us-east-1";
    const endpoint = kinesis.url;
    const connection = {
      region,
      endpoint,
      credentials: credentialsSource({ region, endpoint }),
      caPem: "",
    };
    const replay = await startReplay({
      connection,
      stream: "taxi",
      source: new TripGenerator({ seed: 4 }),
      speedup: Number.POSITIVE_INFINITY,
      pacing: false,
      limit: EVENTS,
      aggregate,
      watermarkIntervalMs: 20,
    });
    const { watermarkMs, put } = await replay.finished;
    t.equal(put.uncertainRequests, 0);
    const ids: number[] = [];
    const shards = await readAll(connection, "taxi");
    t.equal(shards.length, SHARDS);
    const reader = new AggregatedRecordReader();
    for (const records of shards) {
      let watermark = "";
      for (const data of records) {
        const texts = reader.read(data, 0, data.length)
          ? Array.from({ length: reader.count }, (_, i) =>
              data.toString("utf8", reader.data.starts[i], reader.data.ends[i]),
            )
          : [data.toString()];
        for (const text of texts) {
          const event = JSON.parse(text);
          if (event.type === "watermark") watermark = event.watermark;
          else {
            ids.push(event.trip_id);
            if (watermark !== "" && event.dropoff_datetime <= watermark) {
              t.fail(`${event.trip_id} is late`);
            }
          }
        }
      }
      t.equal(Date.parse(watermark), watermarkMs);
    }
    ids.sort((a, b) => a - b);
    t.strictSame(
      ids,
      Array.from({ length: EVENTS }, (_, i) => 300_000_000 + i),
    );
  });
}
