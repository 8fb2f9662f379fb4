/**
 * Goal: a run that is restarted where it can't simply go on says so in one
 * line, and goes on when it is told how: past records that the stream has
 * dropped, and with a changed job. Method: `flagdrop run` on a local Kinesis is
 * stopped after the first of its reads. Then the stream drops what was not
 * read, by its own retention; or the job is another. The trips are such that
 * every document is known beforehand.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import aws4 from "aws4";
import t, { type Test } from "tap";
import { request } from "undici";
import { type Clock, systemClock } from "../../engine/clock.ts";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { startLocalKinesis } from "../../engine/local_kinesis/mod.ts";
import type { EngineStatus } from "../../engine/status/status.ts";
import {
  type Finished,
  flagdrop,
  freePort,
  RunningCommand,
} from "./flagdrop.ts";
import { ndjsonDocuments, summary } from "./run_output.ts";

t.setTimeout(120_000);

const HOUR_MS = 3_600_000;
const WINDOW_MS = 600_000;
const START_MS = Date.UTC(2016, 0, 1);
/** More than one read of a shard brings. */
const TRIPS = 6_000;
/** How long ago old records have arrived. */
const OLD_MS = 30 * HOUR_MS;
/** Minutes that each trip takes. */
const MINUTES = 20;

/** A clock that can be set back. */
class ShiftedClock implements Clock {
  shiftMs = 0;
  readonly monotonicMs = () => systemClock.monotonicMs();
  readonly sleep: Clock["sleep"] = (...args) => systemClock.sleep(...args);
  readonly after: Clock["after"] = (...args) => systemClock.after(...args);
  readonly soon: Clock["soon"] = (...args) => systemClock.soon(...args);
  readonly every: Clock["every"] = (...args) => systemClock.every(...args);
  readonly nowMs = () => systemClock.nowMs() + this.shiftMs;
}

/** A trip to JFK that ends so many seconds after the start. */
function trip(second: number): string {
  const dropoffMs = START_MS + second * 1_000;
  return JSON.stringify({
    type: "trip",
    pickup_lat: 40.75,
    pickup_lon: -73.98,
    dropoff_lat: 40.6467,
    dropoff_lon: -73.7898,
    pickup_datetime: new Date(dropoffMs - MINUTES * 60_000).toISOString(),
    dropoff_datetime: new Date(dropoffMs).toISOString(),
  });
}

function watermark(second: number): string {
  const at = new Date(START_MS + second * 1_000 - 1).toISOString();
  return JSON.stringify({ type: "watermark", watermark: at });
}

/** A trip a second, and a watermark every hundred. */
function trips(from: number, to: number): string[] {
  const list: string[] = [];
  for (let second = from; second < to; second++) {
    list.push(trip(second));
    if (second % 100 === 99) list.push(watermark(second + 1));
  }
  return list;
}

/** A local Kinesis in this process, on a clock of its own. */
async function startStream(t: Test, shardCount: number) {
  const clock = new ShiftedClock();
  // Nothing arrives before its stream is made.
  clock.shiftMs = -OLD_MS;
  const kinesis = await startLocalKinesis({
    streams: [{ name: "taxi", shardCount }],
    limits: false,
    clock,
  });
  t.teardown(() => kinesis.close());
  clock.shiftMs = 0;
  const { url } = kinesis;
  const call = async (operation: string, input: object): Promise<void> => {
    const date = new Date(clock.nowMs()).toISOString();
    const { headers, body } = aws4.sign(
      {
        service: "kinesis",
        region: "us-east-1",
        host: new URL(url).host,
        method: "POST",
        path: "/",
        headers: {
          "Content-Type": "application/x-amz-json-1.1",
          "X-Amz-Target": `Kinesis_20131202.${operation}`,
          "X-Amz-Date": date.replaceAll(/[:-]|\.\d{3}/g, ""),
        },
        body: JSON.stringify(input),
      },
      { accessKeyId: "AKIDTEST", secretAccessKey: "secret" },
    );
    const answer = await request(url, {
      method: "POST",
      headers: headers as Record<string, string>,
      body: body as string,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${operation}: ${text}`);
  };
  return {
    url,
    call,
    /** Puts records that arrive so long before now. */
    async put(shardIndex: number, lines: readonly string[], agoMs = 0) {
      const hashKey = (2n ** 128n / BigInt(shardCount)) * BigInt(shardIndex);
      clock.shiftMs = -agoMs;
      for (let i = 0; i < lines.length; i += 500) {
        const records = lines.slice(i, i + 500).map((line) => ({
          Data: Buffer.from(line).toString("base64"),
          PartitionKey: "k",
          ExplicitHashKey: String(hashKey),
        }));
        await call("PutRecords", { StreamName: "taxi", Records: records });
      }
      clock.shiftMs = 0;
    },
  };
}

/** Runs on one stream and one place of checkpoints. */
class Runs {
  readonly #folder: string;
  readonly #arguments: readonly string[];

  constructor(t: Test, endpoint: string) {
    this.#folder = t.testdir();
    this.#arguments = [
      ...["run", "--stream", "taxi", "--endpoint", endpoint],
      ...["--from", "earliest", "--until-end", "--workers", "1"],
      ...["--checkpoint", this.path("checkpoints")],
      ...["--sink", `ndjson:${this.path("out.ndjson")}`],
      ...["--dead-letters", this.path("dead.ndjson")],
      ...["--summary", this.path("summary.json")],
    ];
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  again(more: readonly string[]): Promise<Finished> {
    return flagdrop([...this.#arguments, ...more]);
  }

  /** Runs until the first read of each shard is in, then stops it. */
  async firstReads(t: Test, more: readonly string[] = []): Promise<number> {
    const port = await freePort();
    const run = new RunningCommand([
      ...this.#arguments,
      // The next read is 10 s away.
      ...["--reads-per-second", "0.1", "--status-port", String(port), ...more],
    ]);
    const isIn = async () => {
      const answer = await request(`http://127.0.0.1:${port}/api/status`);
      const { shards } = (await answer.body.json()) as EngineStatus;
      return shards.every(({ records }) => records > 0);
    };
    // Until then it does not listen.
    while (!run.hasEnded && !(await isIn().catch(() => false))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { code, stderr } = await run.stop("SIGTERM");
    t.equal(code, 0, stderr);
    return summary(this.path("summary.json")).counts.read;
  }

  documents() {
    return ndjsonDocuments(this.path("out.ndjson"));
  }

  /** Lines on standard error that say what can't be done. */
  static refusals({ stderr }: Finished): string[] {
    return stderr.split("\n").filter((line) => line.includes("Cannot "));
  }
}

t.test("records that were dropped before they were read", async (t) => {
  const stream = await startStream(t, 2);
  const hours = (count: number) => ({
    StreamName: "taxi",
    RetentionPeriodHours: count,
  });
  await stream.call("IncreaseStreamRetentionPeriod", hours(48));
  const oldMs = Date.now() - OLD_MS;
  await stream.put(0, trips(0, TRIPS), OLD_MS);
  // Of the other shard everything is read: it loses nothing.
  await stream.put(1, [watermark(0)], OLD_MS);
  const runs = new Runs(t, stream.url);
  const read = await runs.firstReads(t);
  t.ok(read > 700 && read < TRIPS, `${read} records`);

  await stream.call("DecreaseStreamRetentionPeriod", hours(24));
  await stream.put(0, [...trips(TRIPS, TRIPS + 600), watermark(9_999)]);
  await stream.put(1, [watermark(9_999)]);
  const stopped = await runs.again([]);
  t.equal(stopped.code, 1);
  const [line = "", ...others] = Runs.refusals(stopped);
  t.same(others, []);
  const [, from = "", to = ""] =
    /records that arrived from (\S+) to (\S+) before they were read \(shardId-000000000000\): give --on-trimmed continue/.exec(
      line,
    ) ?? [];
  t.ok(Math.abs(Date.parse(from) - oldMs) < 60_000, `from ${from}`);
  const horizonMs = Date.now() - 24 * HOUR_MS;
  t.ok(Math.abs(Date.parse(to) - horizonMs) < 60_000, `to ${to}`);
  t.match(line, /\(FD_STREAM\)$/);

  const continued = await runs.again(["--on-trimmed", "continue"]);
  t.equal(continued.code, 0, continued.stderr);
  t.match(continued.stderr, /going on without records .*shard/);
  const status = summary(runs.path("summary.json"));
  t.match(status.gaps, [{ shardId: "shardId-000000000000" }]);
  t.equal(status.gaps.length, 1);
  // What it had read, and what the stream still has.
  t.equal(status.counts.read, read + 600 + 6 + 2);
  const counts = [...runs.documents().values()].map(
    (document) => document["pickup_count"] ?? 0,
  );
  const sum = counts.reduce((a, b) => Number(a) + Number(b), 0);
  t.equal(sum, status.counts.tallied, "each trip that was read counts once");
});

t.test("another job than that of the checkpoint", async (t) => {
  const stream = await startStream(t, 1);
  await stream.put(0, [...trips(0, TRIPS), watermark(9_999)]);
  const runs = new Runs(t, stream.url);
  const read = await runs.firstReads(t);
  t.ok(read > 700 && read < TRIPS, `${read} records`);
  const before = readFileSync(runs.path("out.ndjson"));

  const { queries, ...job } = taxiJob(taxiZones("nyc"));
  const [pickups, durations] = queries;
  const changed = { ...pickups, name: "pickups", leastCount: 3 };
  writeFileSync(
    runs.path("job.json"),
    JSON.stringify({ ...job, queries: [durations, changed] }),
  );
  const another = ["--job", runs.path("job.json")];
  const refused = await runs.again(another);
  t.equal(refused.code, 1);
  t.same(Runs.refusals(refused).length, 1);
  t.match(
    refused.stderr,
    /of another job \("nyc-taxi" \w{12}, not \w{12}\): give another --checkpoint, or --on-job-change adapt \(FD_STORE\)/,
  );
  t.strictSame(readFileSync(runs.path("out.ndjson")), before, "not a byte");

  const adapted = await runs.again([...another, "--on-job-change", "adapt"]);
  t.equal(adapted.code, 0, adapted.stderr);
  t.match(adapted.stderr, /going on with a changed job/);
  const { counts } = summary(runs.path("summary.json"));
  t.equal(counts.read, TRIPS + TRIPS / 100 + 1);
  const seen: (readonly [string, number])[] = [];
  for (const { query, timestamp, ...fields } of runs.documents().values()) {
    const window = Math.floor((Number(timestamp) - START_MS) / WINDOW_MS);
    seen.push([String(query), window]);
    const expected = query === "trip_duration" ? 600 * MINUTES : 600;
    const figure = fields["sum_trip_duration"] ?? fields["pickup_count"];
    t.equal(figure, expected, `${query} of window ${window}`);
  }
  const windowsOf = (name: string) =>
    seen.flatMap(([query, window]) => (query === name ? [window] : [])).sort();
  // 600 trips a window; trips and watermarks are read in order.
  const inFirst = Math.floor((read * 100) / 101 / 600);
  const windows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => from + i);
  t.same(windowsOf("trip_duration"), windows(0, 10), "all windows");
  t.same(windowsOf("pickup_count"), windows(0, inFirst), "fired before");
  t.same(windowsOf("pickups"), windows(inFirst + 1, 10), "whole ones only");
});
