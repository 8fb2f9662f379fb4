/**
 * A stream is scaled, split and merged while a replay fills it and an engine
 * reads it, killed or not: the same documents as the judge finds in the file.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { request } from "undici";
import type { EngineStatus } from "../../engine/status/status.ts";
import { orderedTrips } from "../judge/damaged_events.ts";
import { documentDifferences } from "../judge/document.ts";
import { Judge } from "../judge/judge.ts";
import { Random } from "../judge/random.ts";
import { byScale, SEED } from "../judge/scale.ts";
import { freePort, RunningCommand, until } from "./flagdrop.ts";
import { LocalKinesis } from "./local_kinesis.ts";
import { Resharding } from "./resharding.ts";
import { ndjsonDocuments, summary, unaccounted } from "./run_output.ts";

t.setTimeout(byScale(300_000, 1_800_000));

const LINE_COUNT = byScale(4_000, 200_000);
/** What the trips' event time takes: some 6 s, or a minute. */
const SPEEDUP = 300;
/** Between two changes. */
const STEP_MS = byScale(500, 6_000);

/**
 * Whatever can go wrong with reading. (A cut or garbled answer to a put makes
 * the producer put twice, which are two events.)
 */
const READ_FAULTS = {
  seed: SEED,
  rules: [
    ...[
      { fault: "throttle", probability: 0.05 },
      { fault: "500", probability: 0.03 },
      { fault: "cut", probability: 0.03 },
      { fault: "garbled", probability: 0.03 },
      { fault: "slow", probability: 0.03, delayMs: 300 },
      { fault: "empty", probability: 0.1 },
      { fault: "lag", probability: 0.05, delayMs: 60_000 },
      { fault: "expired", probability: 0.03 },
      // Half a minute each, until it is noticed.
      ...byScale([], [{ fault: "hang", probability: 0.005, countMax: 2 }]),
    ].map((rule) => ({ ...rule, operations: ["GetRecords"] })),
    ...["throttle", "500", "cut"].map((fault) => ({
      fault,
      probability: 0.1,
      operations: ["GetShardIterator", "ListShards", "SubscribeToShard"],
    })),
    ...["500", "cut", "garbled", "slow"].map((fault) => ({
      fault,
      probability: 0.01,
      delayMs: 300,
      operations: ["SubscribeToShardEvent"],
    })),
  ],
};

/** One way to scale a stream under load. */
interface Variant {
  readonly name: string;
  /** Of the replay. */
  readonly replay: readonly string[];
  /** Of the run. */
  readonly run: readonly string[];
  readonly faults: object;
}

const NO_FAULTS = { rules: [] };
const FAULTY: Variant = {
  name: "aggregated-faulty",
  replay: ["--aggregate"],
  run: [],
  faults: READ_FAULTS,
};
const VARIANTS: readonly Variant[] = byScale(
  [FAULTY],
  [
    FAULTY,
    { name: "plain", replay: [], run: [], faults: NO_FAULTS },
    {
      name: "fan-out",
      replay: ["--aggregate"],
      run: ["--consumer", "flagdrop"],
      faults: NO_FAULTS,
    },
    {
      name: "fan-out-faulty",
      replay: [],
      run: ["--consumer", "flagdrop"],
      faults: READ_FAULTS,
    },
  ],
);

/** Everything of one stream: its trips, what must come of them, its files. */
class Scene {
  readonly stream: string;
  readonly judge: Judge;
  readonly output: string;
  readonly resharding: Resharding;
  readonly #kinesis: LocalKinesis;
  readonly #folder: string;

  constructor(
    t: Test,
    parts: { stream: string; judge: Judge; kinesis: LocalKinesis },
  ) {
    this.stream = parts.stream;
    this.judge = parts.judge;
    this.#kinesis = parts.kinesis;
    this.#folder = t.testdir();
    this.output = join(this.#folder, "out.ndjson");
    this.resharding = new Resharding(parts.kinesis, parts.stream);
  }

  get #address(): string[] {
    return ["--stream", this.stream, "--endpoint", this.#kinesis.endpoint];
  }

  replay(bytes: Buffer, more: readonly string[]): RunningCommand {
    const input = join(this.#folder, "trips.jsonl");
    writeFileSync(input, bytes);
    return new RunningCommand(
      [
        ...["replay", "--source", `file:${input}`, ...this.#address],
        ...["--speedup", String(SPEEDUP), "--watermark-interval", "200ms"],
        ...["--no-pacing", ...more],
      ],
      { timeoutMs: 900_000 },
    );
  }

  /** Starts a run, or goes on with one. */
  run(more: readonly string[]): RunningCommand {
    return new RunningCommand(
      [
        ...["run", ...this.#address, "--from", "earliest"],
        ...["--sink", `ndjson:${this.output}`, "--workers", "2"],
        ...["--checkpoint", join(this.#folder, "checkpoints")],
        ...["--checkpoint-interval", "500ms"],
        ...["--dead-letters", join(this.#folder, "dead.ndjson")],
        ...more,
      ],
      { timeoutMs: 900_000 },
    );
  }

  /** Goes on to the stream's end, and compares with the judge. */
  async finish(t: Test, more: readonly string[] = []): Promise<void> {
    const file = join(this.#folder, "summary.json");
    const finished = await this.run([
      ...["--until-end", "--summary", file, ...more],
    ]).finished();
    t.equal(finished.code, 0, finished.stderr);
    const expected = await this.judge.documents("nyc");
    t.ok(expected.size > 100, `${expected.size} documents`);
    const documents = ndjsonDocuments(this.output);
    t.strictSame(documentDifferences(documents, expected), []);
    const { counts } = summary(file);
    t.equal(unaccounted(counts), "");
    t.match(counts, { late: 0, afterIdle: 0, outOfRange: 0 });
    t.equal(counts.tallied, (await this.judge.counts("nyc")).tallied);
  }
}

async function succeeds(t: Test, command: RunningCommand): Promise<void> {
  const { code, stderr } = await command.finished();
  t.equal(code, 0, stderr);
}

async function rest(durationMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** Records a run has read, earlier lives included; -1 while it starts. */
async function recordsRead(port: number): Promise<number> {
  try {
    const { body } = await request(`http://127.0.0.1:${port}/api/status`);
    const { counts } = (await body.json()) as EngineStatus;
    return counts.read;
  } catch {
    return -1;
  }
}

const skip = byScale<string | false>("with FLAGDROP_LONG=1", false);

t.test(
  "a stream scaled 4, 16, 4 under load is the same",
  { skip },
  async (t) => {
    const { bytes } = orderedTrips({ lineCount: LINE_COUNT, seed: SEED + 7 });
    const judge = await Judge.ofLines(bytes);
    const kinesis = await LocalKinesis.start();
    t.teardown(async () => {
      judge.close();
      await kinesis.stop();
    });
    for (const variant of VARIANTS) {
      const { name: stream, faults } = variant;
      await t.test(stream, async (t) => {
        await kinesis.setFaults(NO_FAULTS);
        await kinesis.createStream(stream, 4);
        const scene = new Scene(t, { stream, judge, kinesis });
        const port = await freePort();
        const run = scene.run([
          ...["--status-port", String(port), ...variant.run],
        ]);
        await until("the run is there", async () => {
          if (run.hasEnded) throw new Error(`run ended: ${run.output}`);
          return (await recordsRead(port)) >= 0;
        });
        const replay = scene.replay(bytes, variant.replay);
        await until("records come", async () => (await recordsRead(port)) > 0);
        await kinesis.setFaults(faults);
        t.notOk(replay.hasEnded, "under load");
        for (const count of [8, 16, 8, 4]) {
          await rest(STEP_MS);
          await scene.resharding.scale(count);
        }
        await succeeds(t, replay);
        const open = await scene.resharding.openShards();
        await until("the run reads the last generation only", async () => {
          if (run.hasEnded) throw new Error(`run ended: ${run.output}`);
          const { body } = await request(`http://127.0.0.1:${port}/api/status`);
          const { shards } = (await body.json()) as EngineStatus;
          return (
            shards.length === open.length &&
            open.every(({ id }) => shards.some((one) => one.shardId === id))
          );
        });
        t.equal((await run.stop()).code, 0);
        await scene.finish(t, variant.run);
      });
    }
  },
);

t.test(
  "killed at any time, while the stream is split and merged ten times",
  { skip },
  async (t) => {
    const random = new Random(SEED + 8);
    const { bytes } = orderedTrips({ lineCount: LINE_COUNT, seed: SEED + 8 });
    const judge = await Judge.ofLines(bytes);
    const kinesis = await LocalKinesis.start();
    t.teardown(async () => {
      judge.close();
      await kinesis.stop();
    });
    await kinesis.createStream("killed", 4);
    const scene = new Scene(t, { stream: "killed", judge, kinesis });
    const replay = scene.replay(bytes, ["--aggregate"]);
    const changes: string[] = [];
    let kills = 0;
    let readBefore = -1;
    while (!replay.hasEnded || changes.length < 10 || kills < 20) {
      const port = await freePort();
      const run = scene.run(["--status-port", String(port)]);
      // Each gets some way beyond the one before, and checkpoints it.
      const isOver = () => replay.hasEnded && changes.length >= 10;
      await until("the run gets on", async () => {
        if (run.hasEnded) throw new Error(`run ended: ${run.output}`);
        return isOver() || (await recordsRead(port)) > readBefore;
      });
      if (changes.length < 10) {
        changes.push(await scene.resharding.change(random));
      }
      // Just after the change, in the midst of it, or some time later.
      await rest(random.whole(0, 2_000));
      readBefore = Math.max(readBefore, await recordsRead(port));
      await run.stop("SIGKILL");
      kills++;
    }
    await succeeds(t, replay);
    t.comment(`${kills} kills, ${readBefore} read; ${changes.join("; ")}`);
    t.ok(readBefore > LINE_COUNT / 2, "the killed ones read most of it");
    await scene.finish(t);
  },
);
