/**
 * The same job file on the same file of trips: a real cluster of Flink, handed
 * the job by `flagdrop flink submit`, beside `flagdrop run`. Both write JSON
 * lines, which must be the same documents.
 *
 * What each costs comes from outside or from its own end: JobManager and
 * TaskManager by /proc, from the submission to the job's end; the command by
 * its summary, from its start. So Java's start is left out, and as the cluster
 * has run the job once before, most of its compiling; ours are in it.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { writeTrips } from "../memory/trip_file.ts";
import {
  type Documents,
  differenceOf,
  differenceText,
  isSame,
} from "../peers/document_difference.ts";
import { missingForFlink } from "../peers/flink_build.ts";
import {
  type FlinkCluster,
  startFlinkCluster,
} from "../peers/flink_cluster.ts";
import { FLINK_VERSION } from "../peers/flink_home.ts";
import { documentTextsIn } from "../peers/written_documents.ts";
import { OURS } from "./contenders.ts";
import {
  cpuSecondsOf,
  peakMemoryMibOf,
  processesOfGroup,
} from "./other_process.ts";
import { spreadOf } from "./samples.ts";
import type { Measure, SuiteCase } from "./suite_case.ts";

/** Threads of ours, and tasks of a kind of theirs. */
const WORKERS = 2;
const MEMORY = { jobmanager: "1024m", taskmanager: "4096m" };
const LOOK_MS = 100;
const RUNS_MAX = 3;

const MODES = ["batch", "streaming"] as const;
type Mode = (typeof MODES)[number];

const COMMAND = fileURLToPath(
  new URL("../../scripts/flagdrop.js", import.meta.url),
);

/** What a run came to. */
interface Outcome {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly memoryMib: number;
  /** Of the SQL gateway, which plans; apart, as it is no part of the job. */
  readonly gatewayCpuSeconds: number;
  readonly documents: Documents;
}

/** What all contenders are given. */
interface Input {
  readonly folder: string;
  readonly trips: string;
  readonly job: string;
  readonly recordCount: number;
}

/** Runs the command to its end; gives its output and its peak of memory. */
async function command(
  args: readonly string[],
  folder: string,
): Promise<{ output: string; memoryMib: number }> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data;
  });
  const exit = once(child, "close") as Promise<[number | null]>;
  let memoryMib = 0;
  const looking = new AbortController();
  const look = async () => {
    while (!looking.signal.aborted) {
      memoryMib = Math.max(memoryMib, peakMemoryMibOf(child.pid ?? 0) || 0);
      await sleep(LOOK_MS);
    }
  };
  const looks = look();
  const [code] = await exit;
  looking.abort();
  await looks;
  if (code !== 0) {
    throw new Error(`Cannot measure: ${args[0]} ended with ${code}\n${output}`);
  }
  return { output, memoryMib };
}

async function runOurs(input: Input): Promise<Outcome> {
  const { folder, trips, job } = input;
  const summary = join(folder, "summary.json");
  const out = join(folder, "ours.ndjson");
  const startMs = performance.now();
  const { memoryMib } = await command(
    [
      ...["run", "--source", `file:${trips}`, "--job", job],
      ...["--workers", String(WORKERS), "--sink", `ndjson:${out}`],
      ...["--summary", summary, "--dead-letters", join(folder, "dead.ndjson")],
      ...["--status-port", "0", "--log-level", "error"],
    ],
    folder,
  );
  const wallSeconds = (performance.now() - startMs) / 1_000;
  const { cpuSeconds } = JSON.parse(readFileSync(summary, "utf8")) as {
    readonly cpuSeconds: number;
  };
  const documents = documentTextsIn(out);
  return {
    ...{ cpuSeconds, wallSeconds, memoryMib, documents },
    gatewayCpuSeconds: 0,
  };
}

/** Sums a figure over the processes of some groups. */
function sumOver(groups: readonly number[], of: (pid: number) => number) {
  return groups
    .flatMap((group) => processesOfGroup(group))
    .reduce((sum, pid) => sum + of(pid), 0);
}

/** How long a job took, as the JobManager tells it. */
async function jobSeconds(cluster: FlinkCluster, job: string): Promise<number> {
  const answer = await fetch(`${cluster.jobmanager}/jobs/${job}`);
  const { duration } = (await answer.json()) as { readonly duration: number };
  return duration / 1_000;
}

async function runFlink(
  cluster: FlinkCluster,
  mode: Mode,
  { folder, trips, job }: Input,
): Promise<Outcome> {
  const { jobmanager, taskmanager, gateway } = cluster.processes;
  const groups = [jobmanager, taskmanager];
  const out = join(folder, "theirs");
  rmSync(out, { recursive: true, force: true });
  const before = sumOver(groups, cpuSecondsOf);
  const gatewayBefore = sumOver([gateway], cpuSecondsOf);
  const { output } = await command(
    [
      ...["flink", "submit", ...cluster.options, "--job", job],
      ...["--source", `file:${trips}`, "--sink", `file:${out}`],
      ...["--mode", mode, "--parallelism", String(WORKERS)],
    ],
    folder,
  );
  const cpuSeconds = sumOver(groups, cpuSecondsOf) - before;
  const gatewayCpuSeconds = sumOver([gateway], cpuSecondsOf) - gatewayBefore;
  const id = /submitted job ([0-9a-f]{32})/.exec(output)?.[1] ?? "";
  return {
    cpuSeconds,
    gatewayCpuSeconds,
    wallSeconds: await jobSeconds(cluster, id),
    memoryMib: sumOver(groups, peakMemoryMibOf),
    documents: documentTextsIn(out),
  };
}

function outcomeText({ documents, ...figures }: Outcome): string {
  return JSON.stringify({ ...figures, documents: documents.size });
}

function nameOf(mode: Mode): string {
  return `Flink SQL (${mode})`;
}

/** All contenders in turns; what Flink compiles for is done before. */
async function contest(
  cluster: FlinkCluster,
  input: Input,
  runs: number,
): Promise<Map<string, Outcome[]>> {
  const starts = new Map<string, () => Promise<Outcome>>([
    [OURS, () => runOurs(input)],
    ...MODES.map(
      (mode) => [nameOf(mode), () => runFlink(cluster, mode, input)] as const,
    ),
  ]);
  const found = new Map<string, Outcome[]>();
  const wanted = await runOurs(input);
  for (let run = 0; run <= runs; run++) {
    for (const [name, start] of starts) {
      if (run === 0 && name === OURS) continue;
      const outcome = await start();
      console.log(
        `  ${run === 0 ? "before" : `run ${run}`}, ${name}: ${outcomeText(outcome)}`,
      );
      const difference = differenceOf(outcome.documents, wanted.documents);
      if (!isSame(difference)) {
        throw new Error(
          `Cannot compare ${name} with ${OURS}: ${differenceText(difference)}`,
        );
      }
      if (run > 0) found.set(name, [...(found.get(name) ?? []), outcome]);
    }
  }
  return found;
}

/** What one contender's runs came to, in itself and beside ours. */
function measuresOf(
  name: string,
  runs: readonly Outcome[],
  { recordCount, ours }: { recordCount: number; ours: readonly Outcome[] },
): Measure[] {
  const measure = (
    what: string,
    unit: string,
    of: (outcome: Outcome, i: number) => number,
  ): Measure => ({
    name: `${name}${what}`,
    unit,
    spread: spreadOf(runs.map(of)),
    goal: undefined,
  });
  const own = [
    measure(
      ", cost",
      "CPU s per million",
      ({ cpuSeconds }) => (cpuSeconds / recordCount) * 1e6,
    ),
    measure(", time of the job", "s", ({ wallSeconds }) => wallSeconds),
    measure(", memory at most", "MiB", ({ memoryMib }) => memoryMib),
  ];
  if (name === OURS) return own;
  return [
    ...own,
    measure(", gateway", "CPU s", (outcome) => outcome.gatewayCpuSeconds),
    measure(
      " costs",
      "times as much",
      ({ cpuSeconds }, i) => cpuSeconds / (ours[i]?.cpuSeconds ?? Number.NaN),
    ),
    measure(
      " takes",
      "times as long",
      ({ wallSeconds }, i) =>
        wallSeconds / (ours[i]?.wallSeconds ?? Number.NaN),
    ),
  ];
}

/** With a cluster of Flink, which needs Java, Python and Maven. */
export const FLINK_CLUSTER_CASE: SuiteCase = {
  name: "flink-cluster",
  title: `the taxi job's file over one file of trips, same documents as JSON lines: the command (${WORKERS} workers, its start with it), a cluster of Flink ${FLINK_VERSION} (JobManager and TaskManager without their start, warm, parallelism ${WORKERS}) by flagdrop flink submit`,
  async run({ rounds, trips }): Promise<Measure[]> {
    const missing = await missingForFlink();
    if (missing !== "") throw new Error(`Cannot measure Flink: ${missing}`);
    const folder = mkdtempSync(join(tmpdir(), "flagdrop-perf-"));
    try {
      const job = join(folder, "taxi.json");
      writeFileSync(job, JSON.stringify(taxiJob(taxiZones("nyc"))));
      const path = join(folder, "trips.jsonl");
      const recordCount = writeTrips(path, trips);
      const cluster = await startFlinkCluster({ memory: MEMORY });
      try {
        const input = { folder, trips: path, job, recordCount };
        const runs = Math.min(rounds, RUNS_MAX);
        const found = await contest(cluster, input, runs);
        const ours = found.get(OURS) ?? [];
        return [...found].flatMap(([name, list]) =>
          measuresOf(name, list, { recordCount, ours }),
        );
      } finally {
        await cluster.stop();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
