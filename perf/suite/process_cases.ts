/**
 * Cases that run the command itself: a file, and a stream without records.
 *
 * @module
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { LoadMessage, LoadSpec } from "../delay/load_process.ts";
import { writeTrips } from "../memory/trip_file.ts";
import { cpuSecondsOf } from "./other_process.ts";
import { spreadOf } from "./samples.ts";
import type { Measure, SuiteCase } from "./suite_case.ts";

const COMMAND = fileURLToPath(
  new URL("../../scripts/flagdrop.js", import.meta.url),
);
const LOAD = fileURLToPath(
  new URL("../delay/load_process.js", import.meta.url),
);

/** A million trips would end before the code is compiled. */
const FILE_TRIPS_FACTOR = 4;
/** Of them in a shorter file, whose run costs what starting and compiling do. */
const SHORT_FILE_SHARE = 0.5;
/** Their difference is small beside what starting costs, so many pairs. */
const FILE_RUNS = 9;
const FILE_COST_GOAL = 0.6;
const IDLE_SHARDS = 32;
const IDLE_SETTLING_MS = 10_000;
const IDLE_MEASURED_MS = 15_000;
const IDLE_GOAL_PERCENT = 3;
/** What `--summary` tells of a run. */
interface Summary {
  readonly cpuSeconds: number;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly counts: { readonly read: number };
}

function run(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [COMMAND, "run", ...args], {
    stdio: "ignore",
  });
}

/** Runs the command over a file, and gives its summary. */
async function runFile(folder: string, path: string): Promise<Summary> {
  const summary = join(folder, "summary.json");
  const letters = join(folder, "dead.ndjson");
  const child = run([
    ...["--source", `file:${path}`, "--sink", "none", "--workers", "2"],
    ...["--summary", summary, "--dead-letters", letters],
    ...["--status-port", "0", "--log-level", "error"],
  ]);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`Cannot measure: exit code ${code}`);
  return JSON.parse(readFileSync(summary, "utf8")) as Summary;
}

/** CPU seconds for a million events that one run has more than the other. */
function costBetween(long: Summary, short: Summary): number {
  const events = long.counts.read - short.counts.read;
  return ((long.cpuSeconds - short.cpuSeconds) / events) * 1e6;
}

/** The file case: a long run less a short one is what events cost. */
export const FILE_CASE: SuiteCase = {
  name: "file",
  title: "--source file:, in the page cache, --sink none --workers 2",
  async run({ trips }): Promise<Measure[]> {
    const folder = mkdtempSync(join(tmpdir(), "flagdrop-perf-"));
    try {
      const path = join(folder, "trips.jsonl");
      const shortPath = join(folder, "short.jsonl");
      const most = trips * FILE_TRIPS_FACTOR;
      writeTrips(path, most);
      writeTrips(shortPath, most * SHORT_FILE_SHARE);
      const runs: { readonly long: Summary; readonly short: Summary }[] = [];
      for (let i = 0; i < FILE_RUNS; i++) {
        const short = await runFile(folder, shortPath);
        runs.push({ short, long: await runFile(folder, path) });
      }
      return [
        {
          name: "cost",
          unit: "CPU s per million, steady: a long run less a short one",
          spread: spreadOf(
            runs.map(({ long, short }) => costBetween(long, short)),
          ),
          goal: { value: FILE_COST_GOAL, is: "at most" },
        },
        {
          name: "cost with start-up",
          unit: `CPU s per million of ${most / 1e6} million`,
          spread: spreadOf(
            runs.map(({ long }) => (long.cpuSeconds / long.counts.read) * 1e6),
          ),
          goal: undefined,
        },
        {
          name: "rate",
          unit: "events/s",
          spread: spreadOf(
            runs.map(
              ({ long }) =>
                (long.counts.read / (long.nowMs - long.startedAtMs)) * 1_000,
            ),
          ),
          goal: undefined,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** The idle case. */
export const IDLE_CASE: SuiteCase = {
  name: "idle",
  title: `${IDLE_SHARDS} shards without records, 2 workers`,
  async run(): Promise<Measure[]> {
    const spec: LoadSpec = {
      eventsPerSecond: 1,
      shardCount: IDLE_SHARDS,
      windowPassesMs: 1_000,
    };
    const load = fork(LOAD, [JSON.stringify(spec)]);
    const folder = mkdtempSync(join(tmpdir(), "flagdrop-perf-"));
    const [message] = (await once(load, "message")) as [LoadMessage];
    if (message.type !== "listening") throw new Error("the load did not start");
    const child = run([
      ...["--stream", "delay", "--endpoint", message.endpoint],
      ...["--region", "us-east-1", "--sink", "none", "--workers", "2"],
      ...["--dead-letters", join(folder, "dead.ndjson")],
      ...["--status-port", "0", "--log-level", "error"],
    ]);
    const pid = child.pid ?? 0;
    try {
      await sleep(IDLE_SETTLING_MS);
      const before = cpuSecondsOf(pid);
      await sleep(IDLE_MEASURED_MS);
      const seconds = cpuSecondsOf(pid) - before;
      return [
        {
          name: "idle",
          unit: "% of a core",
          spread: spreadOf([(seconds / IDLE_MEASURED_MS) * 1e5]),
          goal: { value: IDLE_GOAL_PERCENT, is: "at most" },
        },
      ];
    } finally {
      child.kill();
      load.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
