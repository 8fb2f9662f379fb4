/**
 * The translated job on a real cluster of Flink, submitted by our command:
 * documents equal those of `flagdrop run`. Not a part of `npm test`, as it
 * installs 330 MB of packages; `.ci/run` calls it.
 *
 * Flink's connectors for Kinesis and OpenSearch can't be had here: the SQL for
 * them is planned with others in their place.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { systemClock } from "../../engine/clock.ts";
import { GatewaySession } from "../../engine/flink/cluster/gateway_session.ts";
import { numberOf } from "../../engine/flink/sql/number.ts";
import { quoteText } from "../../engine/flink/sql/text.ts";
import { epochMsOf, timeOf } from "../../engine/flink/sql/time.ts";
import { flinkSql } from "../../engine/flink/translate.ts";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { type JobSpecInput, parseJobSpec } from "../../engine/job/spec.ts";
import { parseTimeMs } from "../../engine/job/time.ts";
import { TripGenerator } from "../../engine/replay/generator.ts";
import { flagdrop } from "../e2e/flagdrop.ts";
import { orderedTrips } from "../judge/damaged_events.ts";
import { COORDINATES } from "../judge/event_text.ts";
import { MALFORMED_NUMBERS, spellNumber } from "../judge/number_spellings.ts";
import { Random } from "../judge/random.ts";
import { MALFORMED_TIMES, spellTime } from "../judge/time_spellings.ts";
import { startFlinkCluster } from "./flink_cluster.ts";
import {
  BIKE_JOB,
  bikeLines,
  VEHICLE_JOB,
  vehicleLines,
} from "./other_jobs.ts";
import { sortedDocuments } from "./written_documents.ts";

t.setTimeout(900_000);

const COMMAND_MS_MAX = 240_000;
const STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/taxi";

const cluster = await startFlinkCluster(t);
const { folder } = cluster;

async function flink(...args: string[]) {
  return await flagdrop(["flink", ...args, ...cluster.options], {
    timeoutMs: COMMAND_MS_MAX,
    cwd: folder,
  });
}

function file(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Trips in order, a watermark line after each thousand. */
function trips(count: number): Buffer {
  const { bytes, starts, ends } = new TripGenerator({ seed: 5 }).next(count);
  const parts: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const line = bytes.subarray(starts[i], ends[i]);
    parts.push(line);
    if (line.at(-1) !== 10) parts.push(Buffer.from("\n"));
    if (i % 1_000 !== 999) continue;
    const { dropoff_datetime: at } = JSON.parse(line.toString()) as {
      dropoff_datetime: string;
    };
    const watermark = new Date(Date.parse(at) - 1).toISOString();
    parts.push(
      Buffer.from(`${JSON.stringify({ type: "watermark", watermark })}\n`),
    );
  }
  return Buffer.concat(parts);
}

const SPELLINGS = COORDINATES.map(([short, long]) => [short, long] as const);

/** Whether a line, or what it begins with, is an object to a lenient reader. */
function beginsWithObject(line: string): boolean {
  const lenient = line.replaceAll(/\p{Cc}/gu, " ");
  for (
    let at = lenient.indexOf("}");
    at >= 0;
    at = lenient.indexOf("}", at + 1)
  ) {
    try {
      JSON.parse(lenient.slice(0, at + 1));
      return true;
    } catch {
      // Not yet whole.
    }
  }
  return false;
}

/**
 * Whether Flink's JSON reads a line as the engine does. It drops lines that are
 * no UTF-8, a null is like a member that isn't there, and it takes control
 * characters, byte order marks, an array around the event, and text behind it.
 */
function isReadAlike(line: string): boolean {
  if (/[\ufffd\ufeff]/.test(line)) return false;
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event !== "object" || event === null) return true;
    const members = event as Readonly<Record<string, unknown>>;
    const isNullFirst = SPELLINGS.some(
      ([short, long]) => members[short] === null && long in members,
    );
    return !Array.isArray(event) && !isNullFirst;
  } catch {
    return !beginsWithObject(line);
  }
}

/** Trips spelled in every way, and lines with every damage. */
function oddTrips(count: number): string {
  const { bytes } = orderedTrips({ lineCount: count, seed: 3 });
  return bytes.toString("utf8").split("\n").filter(isReadAlike).join("\n");
}

const TRIPS = file("trips.jsonl", trips(12_000));
const ODD = file("odd.jsonl", oddTrips(4_000));
const BIKES = file("bikes.jsonl", bikeLines(8_000));
const VEHICLES = file("vehicles.jsonl", vehicleLines(8_000));
const BIKE_FILE = file("bike_job.json", JSON.stringify(BIKE_JOB));
const VEHICLE_FILE = file("vehicle_job.json", JSON.stringify(VEHICLE_JOB));

const RUNS = [
  { name: "odd spellings", input: ODD, job: ["--zones", "nyc"], more: [] },
  {
    name: "the taxi job, refarch",
    input: TRIPS,
    job: ["--zones", "refarch"],
    more: [],
  },
  {
    name: "the taxi job, boxes, streaming",
    input: TRIPS,
    job: ["--zones", "boxes"],
    more: ["--mode", "streaming", "--checkpoint-interval", "2s"],
  },
  {
    name: "the taxi job, nyc, two tasks",
    input: TRIPS,
    job: ["--zones", "nyc"],
    more: ["--parallelism", "2"],
  },
  { name: "bike-share", input: BIKES, job: ["--job", BIKE_FILE], more: [] },
  { name: "vehicles", input: VEHICLES, job: ["--job", VEHICLE_FILE], more: [] },
];

for (const [name, input] of [
  ["bike-share", BIKES],
  ["vehicle-positions", VEHICLES],
] as const) {
  RUNS.push({ name: `preset ${name}`, input, job: ["--job", name], more: [] });
}

for (const [i, { name, input, job, more }] of RUNS.entries()) {
  t.test(`documents of Flink equal those of run: ${name}`, async (t) => {
    const ours = join(folder, `ours-${i}.ndjson`);
    const theirs = join(folder, `theirs-${i}`);
    const source = ["--source", `file:${input}`];
    const run = await flagdrop(
      ["run", ...source, ...job, "--workers", "1", "--sink", `ndjson:${ours}`],
      { cwd: folder, timeoutMs: COMMAND_MS_MAX },
    );
    t.equal(run.code, 0, run.stderr);
    const submitted = await flink(
      ...["submit", ...source, ...job, ...more],
      ...["--sink", `file:${theirs}`],
    );
    t.equal(submitted.code, 0, submitted.stderr);
    t.match(submitted.stdout, /^submitted job [0-9a-f]{32} to Flink 2\.3\.0\n/);
    t.match(submitted.stdout, /job [0-9a-f]{32} FINISHED/);
    const wanted = sortedDocuments(ours);
    t.ok(wanted.length > 50, `${wanted.length} documents`);
    t.strictSame(sortedDocuments(theirs), wanted);
  });
}

/** Runs some SQL in a session of its own. */
async function inSession<T>(
  mode: string,
  work: (session: GatewaySession) => Promise<T>,
): Promise<T> {
  const session = await GatewaySession.open({
    url: cluster.gateway,
    settings: {
      "execution.runtime-mode": mode,
      "table.local-time-zone": "UTC",
    },
    clock: systemClock,
  });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** What Flink makes of texts, one at a time over a table of them. */
async function valuesOf(
  texts: readonly string[],
  expression: string,
): Promise<unknown[]> {
  const rows = texts.map((text, i) => `(${i}, ${quoteText(text)})`);
  const { rows: found } = await inSession("batch", (session) =>
    session.run(
      `SELECT i, ${expression} FROM (VALUES ${rows.join(", ")}) AS t(i, x)`,
    ),
  );
  const values = new Map(found.map(([i, value]) => [Number(i), value]));
  return texts.map((_, i) => values.get(i) ?? null);
}

function strings(list: readonly string[]): string[] {
  return list
    .map((text): unknown => JSON.parse(text))
    .filter((value) => typeof value === "string");
}

t.test("times are read as the engine reads them", async (t) => {
  const random = new Random(21);
  const spelled = Array.from({ length: 150 }, () =>
    spellTime(1_451_606_400_000 + random.whole(-1e11, 1e11), random),
  );
  // Only a 29th of February in another year is taken, for the 28th.
  const texts = [...strings(MALFORMED_TIMES), ...spelled].filter(
    (text) => !/^(2015|1900|2100)-02-29/.test(text),
  );
  const found = await valuesOf(texts, epochMsOf(`(${timeOf("x")})`));
  const wanted = texts.map((text) => {
    const ms = parseTimeMs(text);
    return Number.isNaN(ms) ? null : ms;
  });
  const wrong = texts.flatMap((text, i) =>
    found[i] === wanted[i] ? [] : [`${text}: ${found[i]}, not ${wanted[i]}`],
  );
  t.strictSame(wrong, []);
});

t.test("numbers are read as the engine reads them", async (t) => {
  const random = new Random(22);
  const values = Array.from({ length: 100 }, () => random.next() * 360 - 180);
  const spelled = values.map((value) => spellNumber(value, random));
  const texts = [
    ...strings(MALFORMED_NUMBERS),
    ...spelled.map((text) => String(JSON.parse(text))),
    ...spelled.filter((text) => !text.startsWith('"')),
  ];
  const found = await valuesOf(texts, numberOf("x"));
  const bad = new Set(strings(MALFORMED_NUMBERS));
  const wanted = texts.map((text) => (bad.has(text) ? null : Number(text)));
  t.strictSame(found, wanted);
});

/** A statement with other options than those of connectors that are missing. */
function swapped(definition: string): string {
  const connector = definition.includes("flagdrop_events (")
    ? "datagen"
    : "blackhole";
  return definition
    .replace(
      "TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL",
      "TIMESTAMP_LTZ(3) NOT NULL",
    )
    .replace(/\) WITH \([\s\S]*\)$/, `) WITH ('connector' = '${connector}')`);
}

const PLANNED: readonly (readonly [string, JobSpecInput])[] = [
  ["taxi", taxiJob(taxiZones("nyc"))],
  ["bike-share", BIKE_JOB],
  ["vehicles", VEHICLE_JOB],
  [
    "taxi by arrival",
    { ...taxiJob(taxiZones("refarch")), watermark: { strategy: "ingestion" } },
  ],
];

for (const [name, job] of PLANNED) {
  t.test(`Flink plans the SQL for a stream: ${name}`, async (t) => {
    const sql = flinkSql(parseJobSpec(job), {
      source: {
        type: "kinesis",
        streamArn: STREAM,
        region: "eu-west-1",
        from: { type: "latest" },
        connector: "kinesis-legacy",
      },
      firedUpToMs: 0,
    });
    const plan = await inSession("streaming", async (session) => {
      for (const one of sql.definitions) await session.run(swapped(one));
      const { rows } = await session.run(
        `EXPLAIN ${sql.statementSet.slice(8)}`,
      );
      return String(rows[0]?.[0]);
    });
    const [, optimized = ""] = plan.split("== Optimized Execution Plan ==");
    t.match(optimized, "WatermarkAssigner(rowtime=[flagdrop_time]");
    t.match(optimized, "GlobalWindowAggregate");
    t.equal(
      optimized.match(/TableSourceScan/g)?.length,
      1,
      "the stream is read once",
    );
    t.equal(
      optimized.match(/Sink\(table=/g)?.length,
      sql.queries.length,
      "a sink for each query",
    );
  });
}

t.test("missing connectors are named with what fits", async (t) => {
  const stream = await flink(
    ...[
      "submit",
      "--stream",
      STREAM,
      "--sink",
      "opensearch:http://127.0.0.1:1",
    ],
  );
  t.equal(stream.code, 1);
  t.match(
    stream.stderr,
    /Flink 2\.3\.0 has no connector "kinesis": put the jar of org\.apache\.flink:flink-sql-connector-aws-kinesis-streams:6\.0\.0-2\.0 into lib/,
  );
  const sink = await flink(
    ...["submit", "--source", `file:${TRIPS}`],
    ...["--sink", "opensearch:http://127.0.0.1:1"],
  );
  t.equal(sink.code, 1);
  t.match(sink.stderr, /has no connector "opensearch-2": none is known/);
});

function jobIn(stdout: string): string {
  return /submitted job ([0-9a-f]{32})/.exec(stdout)?.[1] ?? "";
}

async function watching(t: Test, ...more: string[]): Promise<string> {
  const input = join(folder, "watched");
  mkdirSync(input, { recursive: true });
  writeFileSync(join(input, "trips.jsonl"), trips(1_000));
  const { code, stdout, stderr } = await flink(
    ...["submit", "--source", `file:${input}`, "--watch", "1s", "--detach"],
    ...["--sink", `file:${join(folder, "watched-out")}`, ...more],
  );
  t.equal(code, 0, stderr);
  return jobIn(stdout);
}

t.test(
  "a running job is saved, rescaled, stopped and gone on with",
  async (t) => {
    const job = await watching(t);
    const listed = await flink("status");
    t.match(listed.stdout, new RegExp(`^${job} \\w+ · .* · nyc-taxi$`, "m"));
    const rescaled = await flink("rescale", job, "--parallelism", "2");
    t.equal(rescaled.code, 0, rescaled.stderr);
    t.match(rescaled.stdout, /asked for 2 tasks of each operator/);
    const stopped = await flink("savepoint", job, "--stop");
    t.equal(stopped.code, 0, stopped.stderr);
    const [, place = ""] =
      /^savepoint (file:\S+), and the job has ended/.exec(stopped.stdout) ?? [];
    t.match((await flink("status", job)).stdout, `job ${job} FINISHED`);
    const next = await watching(t, "--flink-savepoint", place);
    const saved = await flink("savepoint", next);
    t.match(saved.stdout, /^savepoint file:\S+\n$/);
    const cancelled = await flink("cancel", next);
    t.match(cancelled.stdout, `job ${next} CANCELED`);
  },
);

t.test("what can't be done is one line", async (t) => {
  const unknown = "0".repeat(32);
  const lines: [string[], RegExp][] = [
    [["cancel", unknown], /Cannot find job 0{32} .*flagdrop flink status/],
    [["savepoint", unknown], /Cannot find job 0{32}/],
    [["rescale", unknown], /Cannot rescale without --parallelism/],
    [["cancel"], /Cannot run cancel without a job/],
  ];
  for (const [args, message] of lines) {
    const { code, stderr } = await flink(...args);
    t.not(code, 0);
    t.match(stderr, message);
    t.equal(stderr.trim().split("\n").length, 1);
  }
});

t.test("the cluster has stopped and its ports are free", async (t) => {
  await cluster.stop();
  for (const port of cluster.ports) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
    socket.destroy();
    t.notOk(isOpen, `port ${port}`);
  }
});
