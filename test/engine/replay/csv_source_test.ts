/** CSV sources: rows of this test's making, with the headers of TLC files. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t, { type Test } from "tap";
import { openSource } from "../../../engine/replay/open_source.ts";
import { fileInputs } from "../../../engine/replay/source/file_part.ts";

async function read(t: Test, name: string, text: string) {
  const path = join(t.testdir(), name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
  const source = openSource(await fileInputs([path]));
  const lines: string[] = [];
  const times: number[] = [];
  for await (const { bytes, count, starts, ends, timesMs } of source.read()) {
    for (let i = 0; i < count; i++) {
      lines.push(bytes.toString("utf8", starts[i], ends[i]));
      times.push(timesMs[i] ?? 0);
    }
  }
  return { source, lines, times };
}

t.test("a row becomes an event, its numbers digit by digit", async (t) => {
  const { lines, times, source } = await read(
    t,
    "a.csv",
    "pickup_datetime,dropoff_datetime,pickup_longitude,pickup_latitude,dropoff_longitude,dropoff_latitude,passenger_count,trip_distance,cab_type\n" +
      "2016-01-01 00:01:48,2016-01-01 00:04:51,-73.95013427734375,40.68046951293945,-73.95535278320312,40.6905632019043,1,0.65,green\n" +
      "2013-01-01 00:01:00,2013-01-01 00:01:00,0.0,0.0,0.0,0.0,1,,yellow\n",
  );
  t.strictSame(lines, [
    '{"type":"trip","trip_id":1,"pickup_datetime":"2016-01-01T00:01:48.000Z","dropoff_datetime":"2016-01-01T00:04:51.000Z","pickup_lon":-73.95013427734375,"pickup_lat":40.68046951293945,"dropoff_lon":-73.95535278320312,"dropoff_lat":40.6905632019043,"passenger_count":1,"trip_distance":0.65}\n',
    '{"type":"trip","trip_id":2,"pickup_datetime":"2013-01-01T00:01:00.000Z","dropoff_datetime":"2013-01-01T00:01:00.000Z","pickup_lon":0.0,"pickup_lat":0.0,"dropoff_lon":0.0,"dropoff_lat":0.0,"passenger_count":1}\n',
  ]);
  t.strictSame(times, [
    Date.parse("2016-01-01T00:04:51Z"),
    Date.parse("2013-01-01T00:01:00Z"),
  ]);
  t.strictSame(source.counts, { unparsable: 0, watermarks: 0 });
});

t.test("TLC's own headers are known, quotes and gzip too", async (t) => {
  const { lines, source } = await read(
    t,
    "yellow.csv.gz",
    '\ufeffVendorID, tpep_pickup_datetime ,tpep_dropoff_datetime,Pickup_longitude,pickup_latitude,"dropoff_longitude",dropoff_latitude,total_amount\r\n' +
      '2,"2015-01-15 19:05:39",2015-01-15 19:23:42,-73.99,40.75,-73.97,40.7e0,17.05\r\n' +
      "\r\n" +
      "2,2015-01-15 19:05:39,2015-01-15 19:23:42,-73.99,,-73.97,40.7,17.05\r\n" +
      "2,2015-02-29 19:05:39,2015-01-15 19:23:42,-73.99,1,-73.97,40.7,17.05\r\n" +
      "2,2015-01-15,2015-01-15 19:23:42,-73.99,1,-73.97,40.7,17.05\r\n" +
      "2,2015-01-15 19:05:39,2015-01-15 19:23:42,-73.99,0x10,-73.97,40.7,17.05\r\n" +
      "2,2015-01-15 19:05:39\r\n",
  );
  t.strictSame(lines, [
    '{"type":"trip","trip_id":1,"pickup_datetime":"2015-01-15T19:05:39.000Z","dropoff_datetime":"2015-01-15T19:23:42.000Z","pickup_lon":-73.99,"pickup_lat":40.75,"dropoff_lon":-73.97,"dropoff_lat":40.7e0,"total_amount":17.05}\n',
  ]);
  t.equal(source.counts.unparsable, 5);
});

t.test("a file of other columns is refused with one line", async (t) => {
  await t.rejects(read(t, "b.csv", "a,b\n1,2\n"), {
    code: "FD_SOURCE",
    message: /b\.csv": its header names no trips: it needs/,
  });
});
