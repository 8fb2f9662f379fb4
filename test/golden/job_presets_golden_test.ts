/**
 * The jobs that have nothing to do with taxis, against SQL written from their
 * description alone: every document, every count, from files and from a stream.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { flagdrop } from "../e2e/flagdrop.ts";
import { summary, unaccounted } from "../e2e/run_output.ts";
import { documentDifferences, parseNdjson } from "../judge/document.ts";
import { JOB_INPUTS, type JobInput } from "./job_inputs.ts";

// A bound for busy machines; it takes seconds.
t.setTimeout(600_000);

/** Answers of the judge: lines of documents, and the counts. */
async function judged({ sql }: JobInput, path: string) {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const [setup, documents, counts] = sql(path);
  await connection.run(setup);
  const lines = await connection.runAndReadAll(documents);
  const count = await connection.runAndReadAll(counts);
  connection.closeSync();
  instance.closeSync();
  return {
    documents: parseNdjson(
      lines
        .getRows()
        .map(([line]) => `${String(line)}\n`)
        .join(""),
    ),
    counts: Object.fromEntries(
      count.getRows().map(([name, n]) => [String(name), Number(n)]),
    ),
  };
}

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
    const expected = await judged(input, events);
    t.ok(expected.documents.size > 100, `${expected.documents.size} documents`);
    const found = parseNdjson(readFileSync(output, "utf8"));
    t.same(documentDifferences(found, expected.documents), []);
    const { counts } = summary(report);
    t.equal(unaccounted(counts), "");
    t.match({ ...counts, ...counts.filtered }, expected.counts);
  });
}
