/**
 * From a Kinesis stream to a real OpenSearch node: the command beside Flink's
 * own connectors, one after the other on the same stream, into indices made
 * alike. What each costs comes from outside, by /proc.
 *
 * Tuned must write the same documents. If the original's way doesn't, that is a
 * result: how many, and how many records Flink's own counter calls late.
 *
 * @module
 */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  type DocumentDifference,
  type Documents,
  differenceOf,
  differenceText,
  isSame,
} from "../peers/document_difference.ts";
import type { FilledMessage, FillSpec } from "../peers/filled_kinesis.ts";
import { OPENED_PACKAGES } from "../peers/flink.ts";
import {
  buildFlink,
  FLINK_KINESIS_CLASSES,
  FLINK_KINESIS_CLASSPATH_FILE,
  missingForFlink,
} from "../peers/flink_build.ts";
import { IndexWatch } from "../peers/index_watch.ts";
import { OURS } from "./contenders.ts";
import { cpuSecondsOf, peakMemoryMibOf } from "./other_process.ts";
import { spreadOf } from "./samples.ts";
import type { Measure, SuiteCase } from "./suite_case.ts";

const STREAM = "perf";
const SHARDS = 8;
const TASKS = 2;
const HEAP_MAX = "2g";
const LOOK_MS = 200;
/**
 * As long without another document: a contender has written all that it will,
 * where nobody knows how many that are.
 */
const QUIET_MS = 20_000;
/** As long, though some are missing: it is given up. */
const SILENCE_MS_MAX = 180_000;
const RUNS_MAX = 3;

const WAYS = ["tuned", "original"] as const;
type Way = (typeof WAYS)[number];
/** Where Flink tells how many records its windows have dropped. */
const LATE_FILE = "late";

const COMMAND = fileURLToPath(
  new URL("../../scripts/flagdrop.js", import.meta.url),
);
const FILLED = fileURLToPath(
  new URL("../peers/filled_kinesis.js", import.meta.url),
);

/** Where a contender reads and writes. */
interface Place {
  readonly endpoint: string;
  readonly origin: string;
  readonly prefix: string;
  readonly folder: string;
}

/** How far a contender had come at a moment. */
interface Sample {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly written: number;
}

/** What a run came to. */
interface Outcome {
  readonly rate: number;
  readonly cost: number;
  /** Of the second half alone: neither start-up nor most of compiling. */
  readonly steadyRate: number;
  readonly steadyCost: number;
  readonly rssMib: number;
  readonly written: number;
  readonly documents: Documents;
  readonly difference: DocumentDifference | undefined;
  readonly lateRecords: number;
}

function startOurs({ endpoint, origin, prefix, folder }: Place): ChildProcess {
  const args = [
    ...["run", "--stream", STREAM, "--endpoint", endpoint],
    ...["--region", "us-east-1", "--from", "earliest", "--workers", "2"],
    ...["--sink", `opensearch:${origin}`, "--opensearch-index", prefix],
    ...["--dead-letters", join(folder, "dead.ndjson")],
    ...["--status-port", "0", "--log-level", "error"],
  ];
  return spawn(process.execPath, [COMMAND, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function startFlink(
  way: Way,
  { endpoint, origin, prefix, folder }: Place,
): ChildProcess {
  const classpath = readFileSync(FLINK_KINESIS_CLASSPATH_FILE, "utf8").trim();
  const args = [
    ...[`-Xmx${HEAP_MAX}`, `-Djava.io.tmpdir=${folder}`],
    ...OPENED_PACKAGES.map(
      (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
    ),
    ...["-cp", `${FLINK_KINESIS_CLASSES}:${classpath}`],
    ...["flagdrop.peer.KinesisMain", way, String(TASKS), folder],
    ...[endpoint, STREAM, origin, prefix, String(SHARDS)],
  ];
  return spawn("java", args, { stdio: "inherit" });
}

/**
 * Looks until all is written; the last sample is the last change.
 *
 * @param wanted Documents that there must be; 0 when nobody knows yet.
 */
async function watch(
  child: ChildProcess,
  index: IndexWatch,
  wanted: number,
): Promise<{ samples: Sample[]; rssMib: number }> {
  const pid = child.pid ?? 0;
  const startMs = performance.now();
  const samples: Sample[] = [{ atMs: startMs, cpuSeconds: 0, written: 0 }];
  for (;;) {
    await sleep(LOOK_MS);
    if (child.exitCode !== null) throw new Error("a contender has ended");
    const written = await index.written();
    const atMs = performance.now();
    const last = samples.at(-1);
    if (last === undefined || written > last.written) {
      samples.push({ atMs, cpuSeconds: cpuSecondsOf(pid), written });
    } else if (atMs - last.atMs > SILENCE_MS_MAX) {
      throw new Error(`a contender wrote ${written} documents of ${wanted}`);
    }
    const isQuiet = atMs - (samples.at(-1)?.atMs ?? 0) > QUIET_MS;
    if (wanted > 0 ? written >= wanted : written > 0 && isQuiet) {
      return { samples, rssMib: peakMemoryMibOf(pid) };
    }
  }
}

function outcomeOf(samples: readonly Sample[], events: number) {
  const [first] = samples;
  const last = samples.at(-1);
  const half = samples.find(
    ({ written }) => written >= (last?.written ?? 0) / 2,
  );
  if (!(first && last && half)) throw new RangeError("a run has samples");
  const share = (last.written - half.written) / last.written;
  return {
    rate: (events / (last.atMs - first.atMs)) * 1_000,
    cost: (last.cpuSeconds / events) * 1e6,
    steadyRate: ((events * share) / (last.atMs - half.atMs)) * 1_000,
    steadyCost: ((last.cpuSeconds - half.cpuSeconds) / events / share) * 1e6,
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** What a run is given. */
interface RunOptions {
  readonly place: Place;
  readonly filled: FilledMessage;
  /** What the first run came to. */
  readonly wanted: Outcome | undefined;
  /** Whether it may lose documents. */
  readonly mayLose: boolean;
}

/** What Flink's windows have dropped; 0 where nobody counts. */
function lateRecords(folder: string): number {
  const path = join(folder, LATE_FILE);
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
}

/** One run of one contender. */
async function runOne(
  start: (place: Place) => ChildProcess,
  { place, filled, wanted, mayLose }: RunOptions,
): Promise<Outcome> {
  const index = new IndexWatch(place.origin, place.prefix);
  rmSync(join(place.folder, LATE_FILE), { force: true });
  const child = start(place);
  try {
    const expected = mayLose ? 0 : (wanted?.written ?? 0);
    const { samples, rssMib } = await watch(child, index, expected);
    const documents = await index.documents(filled.closedMs);
    const difference = wanted && differenceOf(documents, wanted.documents);
    const late = lateRecords(place.folder);
    if (difference && !isSame(difference) && !mayLose) {
      throw new Error(
        `Cannot compare "${place.prefix}": ${differenceText(difference, late)}`,
      );
    }
    const written = samples.at(-1)?.written ?? 0;
    const outcome = outcomeOf(samples, filled.recordCount);
    return {
      ...outcome,
      ...{ rssMib, documents, difference, written, lateRecords: late },
    };
  } finally {
    await end(child);
  }
}

/** A run's line. */
function outcomeText(outcome: Outcome): string {
  const { documents, difference, ...figures } = outcome;
  const line = JSON.stringify({ ...figures, documents: documents.size });
  return difference && !isSame(difference)
    ? `${line}\n    ${differenceText(difference, outcome.lateRecords)}`
    : line;
}

function measuresOf(name: string, runs: readonly Outcome[]): Measure[] {
  const figure = (
    what: string,
    unit: string,
    of: (outcome: Outcome) => number,
  ) => ({
    name: `${name}, ${what}`,
    unit,
    spread: spreadOf(runs.map(of)),
    goal: undefined,
  });
  return [
    figure("rate with start-up", "events/s", ({ rate }) => rate),
    figure("rate, second half", "events/s", ({ steadyRate }) => steadyRate),
    figure("cost with start-up", "CPU s per million", ({ cost }) => cost),
    figure(
      "cost, second half",
      "CPU s per million",
      ({ steadyCost }) => steadyCost,
    ),
    figure("memory at most", "MiB", ({ rssMib }) => rssMib),
    ...(name === OURS
      ? []
      : [
          figure(
            "documents missing",
            "documents",
            ({ difference }) => difference?.missing ?? 0,
          ),
          figure(
            "documents with other values",
            "documents",
            ({ difference }) => difference?.other ?? 0,
          ),
          figure(
            "dropped as late",
            "records",
            ({ lateRecords }) => lateRecords,
          ),
        ]),
  ];
}

function nameOf(way: Way): string {
  return `Flink (${way})`;
}

/** All contenders in turns. */
async function contest(
  filled: FilledMessage,
  origin: string,
  runs: number,
): Promise<Measure[]> {
  const starts = new Map<string, (place: Place) => ChildProcess>([
    [OURS, startOurs],
    ...WAYS.map(
      (way) => [nameOf(way), (place: Place) => startFlink(way, place)] as const,
    ),
  ]);
  const found = new Map<string, Outcome[]>();
  const folder = mkdtempSync(join(tmpdir(), "flagdrop-perf-"));
  const ourPrefix = `perf-${process.pid}-ours-0`;
  try {
    let wanted: Outcome | undefined;
    for (let run = 0; run < runs; run++) {
      for (const [name, start] of starts) {
        const isOurs = name === OURS;
        const short = isOurs ? "ours" : name.replaceAll(/[^a-z]/g, "");
        const prefix = `perf-${process.pid}-${short}-${run}`;
        if (!isOurs) await new IndexWatch(origin, prefix).makeAs(ourPrefix);
        const place = { endpoint: filled.endpoint, origin, prefix, folder };
        const mayLose = name === nameOf("original");
        const options = { place, filled, wanted, mayLose };
        const outcome = await runOne(start, options);
        wanted ??= outcome;
        console.log(`  run ${run}, ${name}: ${outcomeText(outcome)}`);
        found.set(name, [...(found.get(name) ?? []), outcome]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [...found].flatMap(([name, outcomes]) => measuresOf(name, outcomes));
}

/** With Flink's connectors, which need Java, Maven and an OpenSearch node. */
export const FLINK_KINESIS_CASE: SuiteCase = {
  name: "flink-kinesis",
  title: `a local Kinesis of ${SHARDS} shards to one OpenSearch node, same documents: the command (2 workers), Flink's own connectors (a cluster in one JVM, parallelism ${TASKS}; tuned and original as in "flink")`,
  async run({ rounds, trips, opensearch }): Promise<Measure[]> {
    const missing = await missingForFlink();
    if (missing !== "") throw new Error(`Cannot measure Flink: ${missing}`);
    await buildFlink("kinesis");
    const spec: FillSpec = { stream: STREAM, trips, shardCount: SHARDS };
    const kinesis = fork(FILLED, [JSON.stringify(spec)]);
    try {
      const [filled] = (await once(kinesis, "message")) as [FilledMessage];
      return await contest(filled, opensearch, Math.min(rounds, RUNS_MAX));
    } finally {
      kinesis.kill();
    }
  },
};
