/**
 * A stream is read by enhanced fan-out while a replay fills it and it is
 * scaled, with subscriptions that last two seconds and a run that is killed:
 * the same documents as the judge finds in the file.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { request } from "undici";
import type { EngineStatus } from "../../engine/status/status.ts";
import { orderedTrips } from "../judge/damaged_events.ts";
import { documentDifferences } from "../judge/document.ts";
import { Judge } from "../judge/judge.ts";
import { byScale, SEED } from "../judge/scale.ts";
import { freePort, RunningCommand, until } from "./flagdrop.ts";
import { LocalKinesis } from "./local_kinesis.ts";
import { ndjsonDocuments, summary, unaccounted } from "./run_output.ts";

t.setTimeout(byScale(300_000, 1_800_000));

const LINE_COUNT = byScale(4_000, 200_000);
/** What the trips' event time takes: some 6 s, or a minute. */
const SPEEDUP = 300;

async function statusAt(port: number): Promise<EngineStatus | undefined> {
  try {
    const { body } = await request(`http://127.0.0.1:${port}/api/status`);
    return (await body.json()) as EngineStatus;
  } catch {
    // It is still starting.
    return undefined;
  }
}

/** Fills a stream and reads it at the same time. */
async function scene(
  t: Test,
  kinesis: LocalKinesis,
  { aggregate }: { readonly aggregate: boolean },
): Promise<void> {
  const stream = aggregate ? "aggregated" : "plain";
  const { bytes } = orderedTrips({ lineCount: LINE_COUNT, seed: SEED + 11 });
  const judge = await Judge.ofLines(bytes);
  t.teardown(() => judge.close());
  await kinesis.createStream(stream, 2);
  const folder = t.testdir();
  const input = join(folder, "trips.jsonl");
  writeFileSync(input, bytes);
  const output = join(folder, "out.ndjson");
  const address = ["--stream", stream, "--endpoint", kinesis.endpoint];
  const run = (more: readonly string[]) =>
    new RunningCommand([
      ...["run", ...address, "--consumer", "tally", "--from", "earliest"],
      ...["--sink", `ndjson:${output}`, "--workers", "2"],
      ...["--checkpoint", join(folder, "checkpoints")],
      ...["--checkpoint-interval", "500ms"],
      ...["--dead-letters", join(folder, "dead.ndjson"), ...more],
    ]);
  const port = await freePort();
  const first = run(["--status-port", String(port)]);
  t.teardown(() => first.stop("SIGKILL"));
  await until("the run has begun", async () => {
    if (first.hasEnded) throw new Error(`run ended: ${first.output}`);
    return (await statusAt(port))?.state === "running";
  });
  const replay = new RunningCommand([
    ...["replay", "--source", `file:${input}`, ...address],
    ...["--speedup", String(SPEEDUP), "--watermark-interval", "200ms"],
    ...["--no-pacing", ...(aggregate ? ["--aggregate"] : [])],
  ]);
  t.teardown(() => replay.stop("SIGKILL"));
  await until("the run reads by fan-out", async () => {
    const status = await statusAt(port);
    if (first.hasEnded) throw new Error(`run ended: ${first.output}`);
    return (
      (status?.counts.read ?? 0) > 100 &&
      (status?.shards ?? []).some((one) => one.reading === "fan_out")
    );
  });
  t.notOk(replay.hasEnded, "it is scaled under load");
  await kinesis.call("UpdateShardCount", {
    StreamName: stream,
    TargetShardCount: 4,
    ScalingType: "UNIFORM_SCALING",
  });
  await until("children are read", async () => {
    const status = await statusAt(port);
    if (first.hasEnded) throw new Error(`run ended: ${first.output}`);
    return (status?.shards ?? []).some(
      (one) => one.shardId > "shardId-000000000001" && one.records > 0,
    );
  });
  await first.stop("SIGKILL");
  const second = run(["--status-port", "0"]);
  t.teardown(() => second.stop("SIGKILL"));
  t.equal((await replay.finished()).code, 0);
  t.equal((await second.stop()).code, 0, second.output);
  const file = join(folder, "summary.json");
  const finished = await run(["--until-end", "--summary", file]).finished();
  t.equal(finished.code, 0, finished.stderr);

  const documents = await judge.documents("nyc");
  t.ok(documents.size > 100, `${documents.size} documents`);
  t.strictSame(documentDifferences(ndjsonDocuments(output), documents), []);
  const status = summary(file);
  t.equal(unaccounted(status.counts), "");
  t.match(status.counts, { late: 0, outOfRange: 0 });
  t.equal(status.counts.tallied, (await judge.counts("nyc")).tallied);
  t.ok(status.shards.every((one) => one.reading === "fan_out"));
  t.ok(status.shards.every((one) => one.fallbacks === 0));
}

const skip = byScale<string | false>("with FLAGDROP_LONG=1", false);

t.test("fan-out gives what is in the file", { skip }, async (t) => {
  const kinesis = await LocalKinesis.start(["--subscription-life", "2s"]);
  t.teardown(() => kinesis.stop());
  for (const aggregate of byScale([true], [true, false])) {
    await t.test(aggregate ? "aggregated" : "plain", (t) =>
      scene(t, kinesis, { aggregate }),
    );
  }
});
