/**
 * Jobs that have nothing to do with taxis, through the local Kinesis: replay
 * and run are told the job, and the documents are those of SQL written from its
 * description. None is late: watermarks of the replay are true for events out
 * of order, and a bound gets them in order.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { jobPreset } from "../../engine/job/presets/presets.ts";
import type { JobSpecInput } from "../../engine/job/spec.ts";
import { JOB_INPUTS, type JobInput } from "../golden/job_inputs.ts";
import { type JudgedJob, judgeJob } from "../golden/judge_job.ts";
import { documentDifferences } from "../judge/document.ts";
import { byScale } from "../judge/scale.ts";
import { flagdrop } from "./flagdrop.ts";
import { LocalKinesis } from "./local_kinesis.ts";
import { ndjsonDocuments, summary, unaccounted } from "./run_output.ts";

t.setTimeout(byScale(600_000, 1_800_000));

type Watermark = NonNullable<JobSpecInput["watermark"]>;

interface Way {
  readonly preset: string;
  /** Undefined for the preset's own. */
  readonly watermark?: Watermark;
  readonly aggregate: boolean;
  readonly shards: number;
}

const PUNCTUATED: Watermark = { kind: "docks_seen", field: "up_to" };
const BOUNDED: Watermark = { strategy: "bounded", boundMs: 20_000 };

const WAYS: readonly Way[] = byScale<readonly Way[]>(
  [
    { preset: "bike-share", aggregate: false, shards: 2 },
    { preset: "vehicle-positions", aggregate: true, shards: 2 },
  ],
  [1, 4].flatMap((shards) =>
    [false, true].flatMap((aggregate) => [
      { preset: "bike-share", aggregate, shards },
      { preset: "bike-share", watermark: PUNCTUATED, aggregate, shards },
      { preset: "vehicle-positions", aggregate, shards },
      { preset: "vehicle-positions", watermark: BOUNDED, aggregate, shards },
    ]),
  ),
);

/** Events in the order of time; watermark events in them are not to be sent. */
function inOrder({ lines }: JobInput): string {
  const timeOf = (line: string) => {
    const event = JSON.parse(line) as Record<string, string | undefined>;
    return event["ended_at"] ?? event["reported_at"];
  };
  const timed = lines.flatMap((line) => {
    const time = timeOf(line);
    return time === undefined ? [] : [[time, line] as const];
  });
  timed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return timed.map(([, line]) => `${line}\n`).join("");
}

interface Place {
  readonly kinesis: LocalKinesis;
  readonly stream: string;
  /** The events as the producer has them, and in order. */
  readonly events: string;
  readonly ordered: string;
  readonly expected: JudgedJob;
}

async function runAndCompare(t: Test, way: Way, place: Place): Promise<void> {
  const { kinesis, stream, expected } = place;
  const path = (name: string) => join(folder, name);
  const folder = t.testdir();
  const job = jobPreset(way.preset)?.job();
  assert.ok(job !== undefined);
  const { watermark = job.watermark, aggregate } = way;
  writeFileSync(path("job.json"), JSON.stringify({ ...job, watermark }));
  const target = ["--stream", stream, "--endpoint", kinesis.endpoint];
  const isBounded = watermark?.strategy === "bounded";
  const source = `file:${isBounded ? place.ordered : place.events}`;
  const replayed = await flagdrop([
    ...["replay", "--job", path("job.json"), "--source", source],
    ...["--speedup", "max", "--no-pacing", ...target],
    ...["--dead-letters", path("unsent.ndjson")],
    ...(aggregate ? ["--aggregate"] : []),
  ]);
  t.equal(replayed.code, 0, replayed.stderr);
  t.match(replayed.stdout, /all events with event time before 2024-05-01T/);
  const finished = await flagdrop([
    ...["run", "--job", path("job.json"), ...target, "--until-end"],
    ...["--workers", "2", "--sink", `ndjson:${path("out.ndjson")}`],
    ...["--dead-letters", path("dead.ndjson")],
    ...["--summary", path("summary.json")],
  ]);
  t.equal(finished.code, 0, finished.stderr);
  t.ok(expected.documents.size > 100, `${expected.documents.size} documents`);
  const found = ndjsonDocuments(path("out.ndjson"));
  t.strictSame(documentDifferences(found, expected.documents), []);
  const { counts } = summary(path("summary.json"));
  t.equal(unaccounted(counts), "");
  t.equal(counts.tallied, expected.counts["tallied"]);
  t.equal(counts.late, 0);
  t.equal(counts.watermarksTaken > 0, !isBounded, "only where they are read");
}

t.test("any job's stream is replayed and run", async (t) => {
  const folder = t.testdir();
  const kinesis = await LocalKinesis.start();
  t.teardown(() => kinesis.stop());
  for (const input of JOB_INPUTS) {
    const events = join(folder, `${input.preset}.jsonl`);
    const ordered = join(folder, `${input.preset}-ordered.jsonl`);
    writeFileSync(events, `${input.lines.join("\n")}\n`);
    writeFileSync(ordered, inOrder(input));
    const expected = await judgeJob(input, ordered);
    const ways = WAYS.filter(({ preset }) => preset === input.preset);
    for (const [i, way] of ways.entries()) {
      const { shards, aggregate, watermark } = way;
      const stream = `${input.preset}-${i}`;
      const name = `${input.preset}, ${shards} shards, ${aggregate ? "aggregated" : "plain"}, ${watermark?.strategy ?? (watermark ? "own watermarks" : "as it is")}`;
      await kinesis.createStream(stream, shards);
      await t.test(name, async (t) => {
        const place = { kinesis, stream, events, ordered, expected };
        await runAndCompare(t, way, place);
      });
    }
  }
});

// Made events of each preset: none is dead, filtered out or late.
const GENERATED = byScale<readonly string[]>(
  [],
  ["bike-share", "vehicle-positions"],
);

for (const preset of GENERATED) {
  t.test(`generated events fit ${preset}`, async (t) => {
    const kinesis = await LocalKinesis.start();
    t.teardown(() => kinesis.stop());
    await kinesis.createStream(preset, 2);
    const folder = t.testdir();
    const report = join(folder, "summary.json");
    const target = ["--stream", preset, "--endpoint", kinesis.endpoint];
    const replayed = await flagdrop([
      ...["replay", "--job", preset, "--source", "generator", ...target],
      ...["--limit", "5000", "--speedup", "max", "--no-pacing"],
    ]);
    t.equal(replayed.code, 0, replayed.stderr);
    const finished = await flagdrop([
      ...["run", "--job", preset, ...target, "--until-end", "--sink", "none"],
      ...["--summary", report],
    ]);
    t.equal(finished.code, 0, finished.stderr);
    const { counts } = summary(report);
    t.match(counts, { tallied: 5_000, dead: 0, late: 0 });
  });
}
