/**
 * A stream of trips as one file of JSON lines.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { TripStream } from "./trip_stream.ts";

const STEP_BYTES = 2 ** 26;

/** Writes trips and their watermarks; gives how many records there are. */
export function writeTrips(path: string, trips: number): number {
  const { shared, recordCount } = new TripStream({ trips, shardCount: 1 });
  const [shard] = shared.shards;
  if (shard === undefined) throw new RangeError("a stream has a shard");
  const file = openSync(path, "w");
  for (let from = 0; from < shard.sequencesAt; from += STEP_BYTES) {
    const to = Math.min(from + STEP_BYTES, shard.sequencesAt);
    writeSync(file, shard.bytes.subarray(from, to));
  }
  closeSync(file);
  return recordCount;
}
