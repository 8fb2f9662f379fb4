/** What a replay has left in a stream, shard by shard, taken apart. */
import { credentialsSource } from "../../engine/aws/credentials.ts";
import { AggregatedRecordReader } from "../../engine/kinesis/kpl_reader.ts";
import { readAll } from "../engine/replay/read_all.ts";

/** Number of the generator's first trip. */
const FIRST_ID = 300_000_000;

export interface SentTrips {
  /** Numbers of the trips from 0 on, each as often as it is there, ascending. */
  readonly numbers: readonly number[];
  /** How many are there more than once, counted without the first. */
  readonly copies: number;
  /** Trips that stand behind a watermark of their shard that covers them. */
  readonly late: number;
  /** The last watermark of each shard that has any. */
  readonly lastWatermarks: readonly string[];
}

function* textsOf(records: readonly Buffer[]): Generator<string> {
  const reader = new AggregatedRecordReader();
  for (const data of records) {
    if (!reader.read(data, 0, data.length)) yield data.toString();
    else {
      for (let i = 0; i < reader.count; i++) {
        yield data.toString("utf8", reader.data.starts[i], reader.data.ends[i]);
      }
    }
  }
}

/** Reads a stream of generated trips. */
export async function sentTrips(
  endpoint: string,
  stream: string,
): Promise<SentTrips> {
  const region = "us-east-1";
  const credentials = credentialsSource({ region, endpoint });
  const connection = { region, endpoint, credentials, caPem: "" };
  const numbers: number[] = [];
  const lastWatermarks: string[] = [];
  let late = 0;
  for (const records of await readAll(connection, stream)) {
    let watermark = "";
    for (const text of textsOf(records)) {
      const event = JSON.parse(text);
      if (event.type === "watermark") {
        if (event.watermark > watermark) watermark = event.watermark;
        continue;
      }
      numbers.push(event.trip_id - FIRST_ID);
      if (event.dropoff_datetime <= watermark) late++;
    }
    if (watermark !== "") lastWatermarks.push(watermark);
  }
  numbers.sort((a, b) => a - b);
  const copies = numbers.length - new Set(numbers).size;
  return { numbers, copies, late, lastWatermarks };
}
