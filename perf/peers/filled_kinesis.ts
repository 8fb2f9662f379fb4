/**
 * A local Kinesis in a process of its own, with a stream that is full of trips
 * from the start: whoever reads it reads as fast as it can.
 *
 * @module
 */
import { credentialsSource } from "../../engine/aws/credentials.ts";
import { withKinesisClient } from "../../engine/kinesis/kinesis_client.ts";
import { startLocalKinesis } from "../../engine/local_kinesis/mod.ts";
import { evenHashRanges } from "../../engine/local_kinesis/store/hash_range.ts";
import { type MemoryShard, TripStream } from "../memory/trip_stream.ts";

/** What the stream is, as JSON. */
export interface FillSpec {
  readonly stream: string;
  readonly trips: number;
  readonly shardCount: number;
}

/** What the process says when the stream is full. */
export interface FilledMessage {
  readonly endpoint: string;
  readonly recordCount: number;
  /** Timestamp of the documents of the last window that the stream closes. */
  readonly closedMs: number;
}

const REGION = "us-east-1";
const RECORDS_PER_PUT = 500;

const spec = JSON.parse(process.argv[2] ?? "{}") as FillSpec;
const trips = new TripStream(spec);
const kinesis = await startLocalKinesis({
  region: REGION,
  limits: false,
  streams: [{ name: spec.stream, shardCount: spec.shardCount }],
});
const endpoint = kinesis.url;
const connection = {
  region: REGION,
  endpoint,
  credentials: credentialsSource({ region: REGION, endpoint }),
  caPem: "",
};
const ranges = evenHashRanges(spec.shardCount);

async function put(
  { bytes, starts, ends, recordCount }: MemoryShard,
  hashKey: string,
): Promise<void> {
  await withKinesisClient(connection, async (client, sdk) => {
    for (let from = 0; from < recordCount; from += RECORDS_PER_PUT) {
      const to = Math.min(from + RECORDS_PER_PUT, recordCount);
      const answer = await client.send(
        new sdk.PutRecordsCommand({
          StreamName: spec.stream,
          Records: Array.from({ length: to - from }, (_, i) => ({
            PartitionKey: "trip",
            ExplicitHashKey: hashKey,
            Data: Buffer.from(bytes.subarray(starts[from + i], ends[from + i])),
          })),
        }),
      );
      if (answer.FailedRecordCount) throw new Error("a record was refused");
    }
  });
}

process.on("disconnect", () => process.exit(0));
await Promise.all(
  trips.shared.shards.map((shard, i) => put(shard, String(ranges[i]?.start))),
);
process.send?.({
  endpoint,
  recordCount: trips.recordCount,
  closedMs: trips.closedMs,
} satisfies FilledMessage);
