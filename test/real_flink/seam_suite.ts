/**
 * A run is stopped, and a real cluster of Flink goes on from its savepoint by
 * `flink submit --from-savepoint`: what both wrote is together what a run over
 * everything writes, and nothing is in both. Not a part of `npm test`, as it
 * installs packages; `.ci/run` calls it.
 *
 * The stream is the local Kinesis', the connector Flink's own, under the name that
 * a later version has.
 */

import { join } from "node:path";
import t, { type Test } from "tap";
import { rootCause } from "../../engine/flink/cluster/root_cause.ts";
import { FLINK_1_VERSION, flinkHome } from "../../perf/peers/flink_home.ts";
import { documentsIn } from "../../perf/peers/written_documents.ts";
import { flagdrop, RunningCommand, until } from "../e2e/flagdrop.ts";
import { AgedStream } from "./aged_stream.ts";
import { startFlinkCluster } from "./flink_cluster.ts";
import { kinesisConnectorJars } from "./kinesis_connector.ts";
import { chunks, type TripChunk, watermarkLine } from "./trip_chunks.ts";

t.setTimeout(900_000);

const COMMAND_MS_MAX = 240_000;
/** Longest time until all documents are there. */
const WRITTEN_MS_MAX = 45_000;
const MINUTE_MS = 60_000;
const ZONES = ["--zones", "nyc"];
/** Chunks of trips, some 130 s of event time each. */
const CHUNKS = chunks(40);

const home = await flinkHome(FLINK_1_VERSION);
const cluster = await startFlinkCluster(t, {
  version: FLINK_1_VERSION,
  jars: await kinesisConnectorJars(home),
});
const { folder } = cluster;

async function flink(...args: string[]) {
  return await flagdrop(["flink", ...args, ...cluster.options], {
    timeoutMs: COMMAND_MS_MAX,
    cwd: folder,
  });
}

/** Where one case keeps its things. */
const inFolder = (name: string, what: string) => join(folder, name + what);

/** A run that is stopped by SIGTERM once something holds. */
async function runUntil(
  t: Test,
  args: readonly string[],
  holds: (output: string) => boolean,
): Promise<void> {
  const run = new RunningCommand(["run", "--workers", "2", ...ZONES, ...args], {
    cwd: folder,
    timeoutMs: COMMAND_MS_MAX,
  });
  await until("the run is where it is to be stopped", () => {
    if (run.hasEnded) throw new Error(run.output);
    return holds(run.output);
  });
  const { code, stderr } = await run.stop();
  t.equal(code, 0, stderr);
}

/** Submits, waits until as many documents are there as wanted, and stops. */
async function goOn(
  t: Test,
  name: string,
  { args, count }: { args: readonly string[]; count: () => number },
): Promise<string> {
  const theirs = inFolder(name, "-theirs");
  const submitted = await flink(
    ...["submit", ...args, ...ZONES, "--sink", `file:${theirs}`],
    ...["--from-savepoint", inFolder(name, "-place")],
    ...["--checkpoint-interval", "1s", "--detach"],
  );
  t.equal(submitted.code, 0, submitted.stderr);
  const job = /submitted job (\w+)/.exec(submitted.stdout)?.[1] ?? "";
  try {
    await until(
      "Flink has written",
      () => documentsIn(theirs).size >= count(),
      WRITTEN_MS_MAX,
    );
  } catch {
    t.fail(`Flink has written ${documentsIn(theirs).size} of ${count()}`);
    t.comment((await flink("status", job)).stdout);
    const exceptions = `${cluster.jobmanager}/jobs/${job}/exceptions`;
    t.comment(rootCause(await (await fetch(exceptions)).text()));
  }
  const stopped = await flink("savepoint", job, "--stop");
  t.equal(stopped.code, 0, stopped.stderr);
  return submitted.stderr;
}

/** What both wrote is the whole, and nothing is in both. */
async function compare(
  t: Test,
  name: string,
  whole: ReadonlyMap<string, unknown>,
): Promise<void> {
  const ours = documentsIn(inFolder(name, "-ours.ndjson"));
  const theirs = documentsIn(inFolder(name, "-theirs"));
  const both = [...ours.keys()].filter((id) => theirs.has(id));
  t.strictSame(both, [], "in both");
  const union = new Map([...ours, ...theirs]);
  const lost = [...whole.keys()].filter((id) => !union.has(id));
  t.strictSame(lost, [], "lost");
  t.strictSame(sorted(union), sorted(whole));
  t.comment(`${ours.size} here, ${theirs.size} there`);
  t.ok(ours.size > 50 && theirs.size > 50, "both have a part");
}

function sorted(documents: ReadonlyMap<string, unknown>): unknown[] {
  return [...documents].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The documents of a run over all that there is. */
async function wholeOf(t: Test, name: string, source: readonly string[]) {
  const path = inFolder(name, "-whole.ndjson");
  const { code, stderr } = await flagdrop(
    [
      ...["run", ...source, ...ZONES, "--until-end", "--workers", "2"],
      ...["--sink", `ndjson:${path}`],
    ],
    { cwd: folder, timeoutMs: COMMAND_MS_MAX },
  );
  t.equal(code, 0, stderr);
  return documentsIn(path);
}

/** Lines of a chunk by shard, a watermark behind those of each. */
function dealt(
  { trips, watermark }: TripChunk,
  takes: readonly boolean[],
): string[][] {
  const count = takes.length;
  return takes.map((isTaken, shard) =>
    isTaken ? [...trips.filter((_, i) => i % count === shard), watermark] : [],
  );
}

t.test("a stream is gone on with, window by window", async (t) => {
  const stream = await AgedStream.start(t, "taxi", 4);
  const source = [...stream.options];
  // Shards are read up to different chunks, of which the first are hours old.
  const ends = [20, 22, 25, 29];
  let put = 0;
  const putChunks = async (
    agoMs: number,
    isTaken: (chunk: number, end: number) => boolean,
    late?: { readonly chunk: number; readonly shard: number },
  ) => {
    for (const [i, chunk] of CHUNKS.entries()) {
      const takes = ends.map((end) => isTaken(i, end));
      const lines = dealt(chunk, takes);
      // Their window has fired for all shards.
      if (i === late?.chunk) {
        lines[late.shard]?.push(...(CHUNKS[0]?.trips.slice(0, 20) ?? []));
      }
      await stream.put(agoMs, lines);
      put += lines.flat().length;
    }
  };
  const run = (...more: string[]) =>
    runUntil(
      t,
      [
        ...[...source, ...more, "--checkpoint", inFolder("taxi", "-place")],
        ...["--sink", `ndjson:${inFolder("taxi", "-ours.ndjson")}`],
      ],
      () => stream.recordsRead >= put,
    );
  await putChunks(180 * MINUTE_MS, (i) => i < 10);
  const old = put;
  await run("--from", "earliest");
  await putChunks(0, (i, end) => i >= 10 && i < end, { chunk: 15, shard: 1 });
  await run();
  // What fired here would fire again there.
  await putChunks(0, (i, end) => i >= end, { chunk: 30, shard: 2 });
  await stream.put(
    0,
    ends.map(() => [watermarkLine(CHUNKS, 60 * MINUTE_MS)]),
  );
  put += ends.length;
  const whole = await wholeOf(t, "taxi", source);
  const readBefore = stream.recordsRead;
  const ours = documentsIn(inFolder("taxi", "-ours.ndjson"));
  const said = await goOn(t, "taxi", {
    args: [...source, "--connector", "kinesis-legacy"],
    count: () => whole.size - ours.size,
  });
  t.match(said, /20 records were late in their own shard so far/);
  t.match(said, /reading from arrival .* to rebuild \d+ open windows/);
  const read = stream.recordsRead - readBefore;
  t.comment(`Flink read ${read} of ${put} records`);
  t.equal(read, put - old, "Flink reads all but what is hours old");
  await compare(t, "taxi", whole);
});

t.test("a split is refused until no open window reaches back", async (t) => {
  const stream = await AgedStream.start(t, "split", 2);
  const source = [...stream.options];
  let put = 0;
  const putChunks = async (
    [from, to]: readonly [number, number],
    shards: number,
    agoMs = 0,
  ) => {
    for (const chunk of CHUNKS.slice(from, to)) {
      const lines = dealt(chunk, Array<boolean>(shards).fill(true));
      await stream.put(agoMs, lines);
      put += lines.flat().length;
    }
  };
  const run = (more: readonly string[], atLeast: number) =>
    runUntil(
      t,
      [
        ...[...source, ...more, "--checkpoint", inFolder("split", "-place")],
        ...["--sink", `ndjson:${inFolder("split", "-ours.ndjson")}`],
      ],
      () => stream.recordsRead >= atLeast,
    );
  const agoMs = 180 * MINUTE_MS;
  await putChunks([0, 12], 2, agoMs);
  await stream.split(agoMs);
  await putChunks([12, 13], 3);
  await run(["--from", "earliest"], put);
  const refused = await flink(
    ...["submit", ...source, ...ZONES, "--connector", "kinesis-legacy"],
    ...["--from-savepoint", inFolder("split", "-place")],
    ...["--sink", `file:${inFolder("split", "-refused")}`],
  );
  t.equal(refused.code, 1, refused.stderr);
  t.match(
    refused.stderr,
    /^flagdrop flink: Cannot go on from savepoint .* on Flink: open windows may have events of shard shardId-000000000000, which has been split or merged: take a savepoint when the windows of that time have fired \(FD_STORE\)\n$/,
  );
  await putChunks([13, 24], 3);
  await run([], put);
  await putChunks([24, CHUNKS.length], 3);
  await stream.put(
    0,
    [0, 1, 2].map(() => [watermarkLine(CHUNKS, 60 * MINUTE_MS)]),
  );
  const whole = await wholeOf(t, "split", source);
  const ours = documentsIn(inFolder("split", "-ours.ndjson"));
  await goOn(t, "split", {
    args: [...source, "--connector", "kinesis-legacy"],
    count: () => whole.size - ours.size,
  });
  await compare(t, "split", whole);
});
