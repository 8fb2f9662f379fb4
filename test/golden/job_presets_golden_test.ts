/**
 * The jobs that have nothing to do with taxis, against SQL written from their
 * description alone: every document, every count, from files and from a stream.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { JOB_PRESETS } from "../../engine/job/presets/presets.ts";
import { flagdrop } from "../e2e/flagdrop.ts";
import { LocalKinesis } from "../e2e/local_kinesis.ts";
import { deadLetters, summary, unaccounted } from "../e2e/run_output.ts";
import { documentDifferences, parseNdjson } from "../judge/document.ts";
import { JOB_INPUTS } from "./job_inputs.ts";
import { judgeJob } from "./judge_job.ts";

// A bound for busy machines; it takes seconds.
t.setTimeout(600_000);

/** Glued together by the dozen, packed: what Firehose and producers write. */
function packedRecords(lines: readonly string[]): Buffer[] {
  const records: Buffer[] = [];
  for (let i = 0; i < lines.length; i += 40) {
    records.push(gzipSync(lines.slice(i, i + 40).join("")));
  }
  return records;
}

t.test("a stream of packed records gives the same", async (t) => {
  const [, input] = JOB_INPUTS;
  assert.ok(input !== undefined);
  const folder = t.testdir();
  const path = (name: string) => join(folder, name);
  const payload = { framing: "glued", compression: "gzip" } as const;
  const job = { ...JOB_PRESETS[input.preset]?.job(), payload };
  writeFileSync(path("job.json"), JSON.stringify(job));
  writeFileSync(path("events.jsonl"), `${input.lines.join("\n")}\n`);
  const kinesis = await LocalKinesis.start([
    "--stream",
    "buses",
    "--shards",
    "1",
  ]);
  t.teardown(() => kinesis.stop());
  const damaged = Buffer.from("not packed at all");
  const records = [...packedRecords(input.lines), damaged];
  await kinesis.put(
    "buses",
    records.map((data) => ({ shardIndex: 0, data })),
  );
  const finished = await flagdrop([
    ...["run", "--job", path("job.json"), "--stream", "buses"],
    ...["--endpoint", kinesis.endpoint, "--until-end", "--workers", "1"],
    ...["--sink", `ndjson:${path("out.ndjson")}`],
    ...["--summary", path("summary.json")],
    ...["--dead-letters", path("dead.ndjson")],
  ]);
  t.equal(finished.code, 0, finished.stderr);
  const expected = await judgeJob(input, path("events.jsonl"));
  const found = parseNdjson(readFileSync(path("out.ndjson"), "utf8"));
  t.same(documentDifferences(found, expected.documents), []);
  const { counts } = summary(path("summary.json"));
  t.equal(unaccounted(counts), "");
  const { read = 0, dead = 0, ...others } = expected.counts;
  t.match(
    { ...counts, ...counts.filtered },
    { ...others, read: read + 1, dead: dead + 1 },
  );
  const letter = deadLetters(path("dead.ndjson")).at(-1);
  t.match(letter, { reason: "not_compressed", subSequence: 0 });
  t.equal(letter?.bytes, damaged.toString("base64"));
});

for (const input of JOB_INPUTS) {
  t.test(`${input.preset} gives what SQL gives`, async (t) => {
    const folder = t.testdir();
    const events = join(folder, "events.jsonl");
    writeFileSync(events, `${input.lines.join("\n")}\n`);
    const output = join(folder, "out.ndjson");
    const report = join(folder, "summary.json");
    const finished = await flagdrop([
      ...["run", "--job", input.preset, "--source", `file:${events}`],
      ...["--sink", `ndjson:${output}`, "--summary", report],
      ...["--dead-letters", join(folder, "dead.ndjson"), "--workers", "2"],
    ]);
    t.equal(finished.code, 0, finished.stderr);
    const expected = await judgeJob(input, events);
    t.ok(expected.documents.size > 100, `${expected.documents.size} documents`);
    const found = parseNdjson(readFileSync(output, "utf8"));
    t.same(documentDifferences(found, expected.documents), []);
    const { counts } = summary(report);
    t.equal(unaccounted(counts), "");
    t.match({ ...counts, ...counts.filtered }, expected.counts);
  });
}
