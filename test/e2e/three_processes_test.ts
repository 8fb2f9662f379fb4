/**
 * The local Kinesis, the replay and the engine as three processes: the same
 * documents as the judge finds in the file, whatever the shards, the workers
 * and the packing.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { orderedTrips } from "../judge/damaged_events.ts";
import { type Documents, documentDifferences } from "../judge/document.ts";
import { Judge, ZONES, type Zones } from "../judge/judge.ts";
import { REAL_TRIPS, skipWithout } from "../judge/real_trips.ts";
import { byScale, SEED } from "../judge/scale.ts";
import { flagdrop, RunningCommand, until } from "./flagdrop.ts";
import { LocalKinesis } from "./local_kinesis.ts";
import {
  ndjsonDocuments,
  storedDocuments,
  summary,
  unaccounted,
} from "./run_output.ts";

t.setTimeout(byScale(600_000, 3_600_000));

interface Packing {
  readonly shards: number;
  readonly aggregate: boolean;
  /** Zones and workers of each run over the stream. */
  readonly runs: readonly (readonly [Zones, number])[];
}

const WORKERS = [1, 2, 4] as const;

/** Every preset once; over three turns, each with every number of workers. */
function runsOfTurn(turn: number): Packing["runs"] {
  return ZONES.map((zones, i) => [
    zones,
    WORKERS[(i + turn) % WORKERS.length] ?? 1,
  ]);
}

const PACKINGS: readonly Packing[] = byScale<readonly Packing[]>(
  [
    // One shard, and the zones of New York, are below and in the file's runs.
    { shards: 4, aggregate: true, runs: [["refarch", 1]] },
    { shards: 16, aggregate: false, runs: [["boxes", 2]] },
  ],
  [1, 2, 3, 4, 7, 8, 12, 16].flatMap((shards, turn) =>
    [false, true].map((aggregate) => ({
      shards,
      aggregate,
      runs: runsOfTurn(turn),
    })),
  ),
);

async function replay(
  kinesis: LocalKinesis,
  stream: string,
  [input, ...more]: readonly string[],
): Promise<void> {
  const finished = await flagdrop([
    ...["replay", "--source", `file:${input}`, "--speedup", "max"],
    ...["--stream", stream, "--endpoint", kinesis.endpoint, ...more],
  ]);
  if (finished.code !== 0) {
    throw new Error(`replay ended with ${finished.code}: ${finished.stderr}`);
  }
}

/** Arguments of a run that reads a stream to its end. */
function runArguments(
  kinesis: LocalKinesis,
  stream: string,
  more: readonly string[],
): string[] {
  return [
    ...["run", "--stream", stream, "--endpoint", kinesis.endpoint],
    ...["--from", "earliest", "--until-end", ...more],
  ];
}

interface Expected {
  readonly zones: Zones;
  readonly workers: number;
  readonly judge: Judge;
}

/** Runs over a stream and compares documents and counts with the judge's. */
async function compareRun(
  t: Test,
  [kinesis, stream]: readonly [LocalKinesis, string],
  { zones, workers, judge }: Expected,
): Promise<void> {
  await t.test(`${stream}, ${zones}, ${workers} workers`, async (t) => {
    const folder = t.testdir();
    const output = join(folder, "out.ndjson");
    const finished = await flagdrop(
      runArguments(kinesis, stream, [
        ...["--zones", zones, "--workers", String(workers)],
        ...["--sink", `ndjson:${output}`],
        ...["--summary", join(folder, "summary.json")],
      ]),
    );
    t.equal(finished.code, 0, finished.stderr);
    const documents = await judge.documents(zones);
    t.ok(documents.size > 100, `${documents.size} documents`);
    const actual = ndjsonDocuments(output);
    t.strictSame(documentDifferences(actual, documents), []);

    const { counts } = summary(join(folder, "summary.json"));
    t.equal(unaccounted(counts), "");
    t.equal(counts.tallied, (await judge.counts(zones)).tallied);
    t.equal(counts.late, 0);
    t.ok(counts.watermarksTaken > 0, "replay made watermarks");
  });
}

t.test("Kinesis runs equal the judge on the file", async (t) => {
  const { bytes } = orderedTrips({
    lineCount: byScale(6_000, 200_000),
    seed: SEED,
  });
  // Not to be forwarded: were they, every trip would be late.
  const watermark = Buffer.from(
    '{"type":"watermark","watermark":"2030-01-01T00:00:00Z"}\n',
  );
  const folder = t.testdir();
  const input = join(folder, "trips.jsonl");
  writeFileSync(input, Buffer.concat([watermark, bytes, watermark]));
  const judge = await Judge.ofLines(bytes);
  const kinesis = await LocalKinesis.start();
  try {
    for (const { shards, aggregate, runs } of PACKINGS) {
      const stream = `taxi-${shards}${aggregate ? "-aggregated" : ""}`;
      await kinesis.createStream(stream, shards);
      // Paced as for the real service where there are shards enough.
      const more = aggregate ? ["--aggregate"] : [];
      if (shards < 16) more.push("--no-pacing");
      await replay(kinesis, stream, [input, ...more]);
      for (const [zones, workers] of runs) {
        await compareRun(t, [kinesis, stream], { zones, workers, judge });
      }
    }
  } finally {
    await kinesis.stop();
    judge.close();
  }
});

for (const file of REAL_TRIPS.slice(0, byScale(0, 2))) {
  const skip = skipWithout(file);
  t.test(`real trips equal the judge: ${file.name}`, { skip }, async (t) => {
    const judge = await Judge.ofCsv(file.path);
    const kinesis = await LocalKinesis.start();
    const runs = byScale<readonly Zones[]>(["nyc"], ZONES);
    try {
      for (const aggregate of byScale([true], [true, false])) {
        const stream = aggregate ? "aggregated" : "plain";
        await kinesis.createStream(stream, 4);
        const more = aggregate ? ["--aggregate"] : [];
        await replay(kinesis, stream, [file.path, "--no-pacing", ...more]);
        for (const zones of runs) {
          await compareRun(t, [kinesis, stream], {
            zones,
            workers: 2,
            judge,
          });
        }
      }
    } finally {
      await kinesis.stop();
      judge.close();
    }
  });
}

t.test("an endless run stops on SIGTERM with all it has", async (t) => {
  const { bytes } = orderedTrips({ lineCount: 2_000, seed: SEED + 2 });
  const folder = t.testdir();
  const input = join(folder, "trips.jsonl");
  const store = join(folder, "store.duckdb");
  const output = join(folder, "out.ndjson");
  writeFileSync(input, bytes);
  const judge = await Judge.ofLines(bytes);
  const expected: Documents = await judge.documents("nyc");
  judge.close();
  const kinesis = await LocalKinesis.start([
    "--stream",
    "taxi",
    "--shards",
    "1",
  ]);
  try {
    const run = new RunningCommand([
      ...["run", "--stream", "taxi", "--endpoint", kinesis.endpoint],
      ...["--from", "earliest", "--sink", `ndjson:${output}`],
      ...["--sink", `duckdb:${store}`],
    ]);
    await replay(kinesis, "taxi", [input, "--no-pacing"]);
    // Replay's last watermark closes the windows before the last one.
    const timestampOf = (id: string) => Number(expected.get(id)?.["timestamp"]);
    const last = Math.max(...[...expected.keys()].map(timestampOf));
    const isClosed = (id: string) => timestampOf(id) < last;
    const closedCount = [...expected.keys()].filter(isClosed).length;
    t.ok(closedCount > 50, `${closedCount} documents of closed windows`);
    await until("all closed windows are written", () => {
      if (run.hasEnded) throw new Error(`run ended: ${run.output}`);
      try {
        return ndjsonDocuments(output).size >= closedCount;
      } catch {
        // Not there yet, or a line is being written.
        return false;
      }
    });
    const finished = await run.stop();
    t.equal(finished.code, 0, finished.stderr);
    const documents = ndjsonDocuments(output);
    // Every closed window, and nothing that the judge doesn't have.
    const known = new Map(
      [...expected].filter(([id]) => documents.has(id) || isClosed(id)),
    );
    t.strictSame(documentDifferences(documents, known), []);
    const stored = await storedDocuments(store);
    t.strictSame(documentDifferences(stored, documents), [], "embedded store");
  } finally {
    await kinesis.stop();
  }
});
