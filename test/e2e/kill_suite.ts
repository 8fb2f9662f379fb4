/**
 * Goal: a run may be killed at any moment and loses nothing, doubles nothing
 * and changes nothing. Method: `flagdrop run` with very many checkpoints is
 * killed with SIGKILL at seeded moments and started again; what it leaves in
 * the end is compared with what an undisturbed run leaves: twenty times, on a
 * file, and on a stream while workers come and go.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { request } from "undici";
import { damagedEvents, orderedTrips } from "../judge/damaged_events.ts";
import { type Documents, documentDifferences } from "../judge/document.ts";
import { Random } from "../judge/random.ts";
import { SEED } from "../judge/scale.ts";
import { flagdrop, freePort, RunningCommand, until } from "./flagdrop.ts";
import { LocalKinesis } from "./local_kinesis.ts";
import {
  ndjsonDocuments,
  storedDocuments,
  summary,
  unaccounted,
} from "./run_output.ts";

t.setTimeout(1_800_000);

const WORKERS = "2";
const KILLS = 20;
/** Moments after the first flush at which a run is killed, at most, ms. */
const LIFE_MS_MAX = 250;
/** Bytes added to a line of the file. */
const LINE_PADDING = 3_000;
/**
 * Most that a killed run may take from its new start to its first new flush,
 * ms, beyond the start of a process. The start of a process is what `flagdrop
 * --version` takes: Node, our entry and the program, without any command. Both
 * are medians over all kills, each start measured beside its run. Time is by
 * the clock; or, where that is less, the whole CPU time of the process: on a
 * machine that is busy with other things the clock tells of those.
 */
const RECOVERY_MS_MAX = 2_000;
/**
 * What the start of a process takes on an idle machine of the kind that the
 * goal was set on, ms, rounded up. Where it takes longer just then, all of a
 * run does: its neighbours slow CPU time down too, by up to twice.
 */
const PROCESS_START_MS = 120;

/** What an NDJSON file has, but for a line that is just being written. */
function wholeLines(path: string): string[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

interface Life {
  /** What a process took to start, just before. */
  readonly processStartMs: number;
  /** From the start of the process to the first flush; NaN without one. */
  readonly flushAfterMs: number;
  /** CPU time of the process up to then. */
  readonly flushCpuMs: number;
  readonly hasEnded: boolean;
}

class Rig {
  readonly folder: string;
  readonly #source: readonly string[];
  /** Numbers of workers that a life has, one after the other. */
  readonly #workers: readonly number[];
  readonly #random: Random;

  constructor(
    folder: string,
    source: readonly string[],
    workers: readonly number[] = [],
  ) {
    this.folder = folder;
    this.#source = source;
    this.#workers = workers;
    this.#random = new Random(SEED);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  arguments(name: string, more: readonly string[]): string[] {
    return [
      ...["run", ...this.#source, "--workers", WORKERS],
      ...["--sink", `ndjson:${this.path(`${name}.ndjson`)}`],
      ...["--sink", `duckdb:${this.path(`${name}.duckdb`)}`],
      ...["--dead-letters", this.path(`${name}.dead`)],
      ...["--summary", this.path(`${name}.json`), ...more],
    ];
  }

  /** Runs until the first flush and some time on, then kills. */
  async live(port: number): Promise<Life> {
    const startMs = await processStartMs();
    const startedMs = performance.now();
    const run = new RunningCommand(
      this.arguments("killed", [
        ...["--checkpoint", this.path("checkpoints")],
        ...["--checkpoint-interval", "20ms", "--status-port", String(port)],
      ]),
    );
    let flushAfterMs = Number.NaN;
    let flushCpuMs = Number.NaN;
    while (!run.hasEnded) {
      if (run.output.includes("the first flush is in")) {
        flushAfterMs = performance.now() - startedMs;
        flushCpuMs = cpuMsOf(run.pid);
        break;
      }
      await delay(5);
    }
    const goOn = () =>
      Promise.race([delay(this.#random.next() * LIFE_MS_MAX), run.finished()]);
    await goOn();
    for (const count of this.#workers) {
      await until("the run is served", async () => {
        return run.hasEnded || (await setWorkers(port, count));
      });
      await goOn();
    }
    const hasEnded = run.hasEnded;
    const { code, stderr } = await run.stop("SIGKILL");
    if (hasEnded && code !== 0) throw new Error(stderr);
    return { processStartMs: startMs, flushAfterMs, flushCpuMs, hasEnded };
  }
}

/** CPU time of a process, all its threads, ms. */
function cpuMsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name stands in brackets; user and system time in ticks of 10 ms.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Changes the number of workers, if the run is served already. */
async function setWorkers(port: number, count: number): Promise<boolean> {
  let statusCode: number;
  let answer: string;
  try {
    const response = await request(`http://127.0.0.1:${port}/api/workers`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-flagdrop-action": "1",
      },
      body: JSON.stringify({ count }),
    });
    statusCode = response.statusCode;
    answer = await response.body.text();
  } catch {
    // It does not listen yet, or has just ended.
    return false;
  }
  if (statusCode >= 400) throw new Error(answer);
  return true;
}

/** Time that a process takes which does nothing else than start. */
async function processStartMs(): Promise<number> {
  const startMs = performance.now();
  await flagdrop(["--version"]);
  return performance.now() - startMs;
}

function middleOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[sorted.length >> 1] ?? Number.NaN);
}

/** Checks that no document that was ever written has another content later. */
class Contents {
  readonly #lines = new Map<string, string>();
  readonly changed: string[] = [];

  note(lines: readonly string[]): void {
    for (const line of lines) {
      const { _id: id } = JSON.parse(line) as { _id: string };
      const before = this.#lines.get(id);
      if (before !== undefined && before !== line) this.changed.push(id);
      this.#lines.set(id, line);
    }
  }
}

async function compare(t: Test, rig: Rig): Promise<void> {
  const whole: Documents = ndjsonDocuments(rig.path("whole.ndjson"));
  t.ok(whole.size > 1_000, `${whole.size} documents`);
  // Throws on a torn or doubled line.
  const documents = ndjsonDocuments(rig.path("killed.ndjson"));
  t.strictSame(documentDifferences(documents, whole), [], "NDJSON file");
  const stored = await storedDocuments(rig.path("killed.duckdb"));
  t.strictSame(documentDifferences(stored, whole), [], "embedded store");
  const [before, after] = ["whole", "killed"].map(
    (name) => summary(rig.path(`${name}.json`)).counts,
  );
  t.strictSame(after, before, "counts");
  t.equal(unaccounted(after!), "");
  const [deadBefore, deadAfter] = ["whole", "killed"].map((name) =>
    wholeLines(rig.path(`${name}.dead`)).sort(),
  );
  t.ok(deadBefore!.length > 0);
  t.strictSame(deadAfter, deadBefore, "dead letters");
}

async function killAndCompare(t: Test, rig: Rig): Promise<void> {
  const whole = await flagdrop(rig.arguments("whole", []));
  t.equal(whole.code, 0, whole.stderr);
  const port = await freePort();
  const contents = new Contents();
  const lives: Life[] = [];
  let kills = 0;
  while (kills < KILLS) {
    const life = await rig.live(port);
    contents.note(wholeLines(rig.path("killed.ndjson")));
    if (life.hasEnded) break;
    kills++;
    lives.push(life);
  }
  t.equal(kills, KILLS, `killed ${kills} times before its end`);
  // The first was no recovery.
  const recoveries = lives.slice(1);
  const startMs = middleOf(recoveries.map((life) => life.processStartMs));
  const clockMs = middleOf(recoveries.map((life) => life.flushAfterMs));
  const cpuMs = middleOf(recoveries.map((life) => life.flushCpuMs));
  t.comment(
    `a process starts in ${startMs} ms; a restarted run has its first flush ${clockMs} ms after its start, with ${cpuMs} ms of CPU time (medians)`,
  );
  const recoveryMs = Math.min(clockMs - startMs, cpuMs);
  const slowness = Math.max(1, startMs / PROCESS_START_MS);
  t.ok(
    recoveryMs < RECOVERY_MS_MAX * slowness,
    `recovers in ${recoveryMs} ms on a machine ${slowness.toFixed(1)} times as slow`,
  );
  const last = await flagdrop(
    rig.arguments("killed", ["--checkpoint", rig.path("checkpoints")]),
  );
  t.equal(last.code, 0, last.stderr);
  t.match(last.stderr, /going on from checkpoint/);
  contents.note(wholeLines(rig.path("killed.ndjson")));
  t.strictSame(contents.changed, [], "no document changed its content");
  await compare(t, rig);
}

/** Makes lines longer, so that few of them are a block. */
function padded(bytes: Buffer): Buffer {
  const padding = `{"padding":"${"x".repeat(LINE_PADDING)}",`;
  const lines = bytes.toString("latin1").split("\n");
  const last = lines.pop() ?? "";
  // All of them are more than one text may hold.
  const long = lines.map((line) =>
    Buffer.from(`${line.replace(/^\{/, padding)}\n`, "latin1"),
  );
  return Buffer.concat([...long, Buffer.from(last, "latin1")]);
}

t.test("a run on a file, killed again and again", async (t) => {
  const folder = t.testdir();
  const path = join(folder, "trips.jsonl");
  const lineCount = 200_000;
  writeFileSync(path, padded(damagedEvents({ lineCount, seed: SEED }).bytes));
  await killAndCompare(t, new Rig(folder, ["--source", `file:${path}`]));
});

t.test("a run on a stream, its workers going 1, 4, 2", async (t) => {
  const folder = t.testdir();
  const path = join(folder, "trips.jsonl");
  const lineCount = 300_000;
  writeFileSync(path, orderedTrips({ lineCount, seed: SEED }).bytes);
  const kinesis = await LocalKinesis.start([
    ...["--stream", "taxi", "--shards", "4"],
  ]);
  try {
    const { code, stderr } = await flagdrop([
      ...["replay", "--source", `file:${path}`, "--speedup", "max"],
      ...["--stream", "taxi", "--endpoint", kinesis.endpoint, "--no-pacing"],
      ...["--watermark-interval", "50ms"],
    ]);
    t.equal(code, 0, stderr);
    await killAndCompare(
      t,
      new Rig(
        folder,
        [
          ...["--stream", "taxi", "--endpoint", kinesis.endpoint],
          ...["--from", "earliest", "--until-end", "--workers-max", "4"],
          ...["--reads-per-second", "1"],
        ],
        [1, 4, 2],
      ),
    );
  } finally {
    await kinesis.stop();
  }
});
