/**
 * The taxi job over the input worked by hand: every byte of the output, every
 * dead letter and every count.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { flagdrop } from "../e2e/flagdrop.ts";
import {
  comparableCounts,
  deadLetters,
  summary,
  unaccounted,
} from "../e2e/run_output.ts";
import {
  HAND_WORKED_DOCUMENTS,
  HAND_WORKED_LINES,
  handWorkedInput,
} from "./hand_worked.ts";

// A bound for busy machines; it takes seconds.
t.setTimeout(600_000);

function expectedCounts() {
  const of = (verdict: string) =>
    HAND_WORKED_LINES.filter((one) => one.verdict === verdict).length;
  const filtered: Record<string, number> = {};
  for (const { verdict } of HAND_WORKED_LINES) {
    const [word, reason] = verdict.split(" ");
    if (word !== "filtered" || reason === undefined) continue;
    filtered[reason] = (filtered[reason] ?? 0) + 1;
  }
  return {
    read: HAND_WORKED_LINES.length,
    tallied: of("tallied"),
    filtered,
    watermarksTaken: of("watermark_taken"),
    watermarksRefused: of("watermark_refused"),
    dead: of("dead"),
    late: of("late"),
  };
}

t.test("run gives the documents worked by hand", async (t) => {
  const folder = t.testdir({ "trips.jsonl": handWorkedInput() });
  const input = join(folder, "trips.jsonl");
  const output = join(folder, "out.ndjson");
  const dead = join(folder, "dead.ndjson");
  const finished = await flagdrop([
    ...["run", "--source", `file:${input}`, "--sink", `ndjson:${output}`],
    ...["--dead-letters", dead, "--summary", join(folder, "summary.json")],
  ]);
  t.equal(finished.code, 0, finished.stderr);

  const lines = readFileSync(output, "utf8").split("\n");
  t.equal(lines.pop(), "", "the last line is whole");
  t.strictSame(lines.sort(), [...HAND_WORKED_DOCUMENTS].sort());

  const letters = deadLetters(dead);
  let offset = 0;
  const expected = HAND_WORKED_LINES.flatMap(({ line, verdict }) => {
    const sequence = String(offset);
    offset += Buffer.byteLength(line) + 1;
    return verdict === "dead" ? [{ sequence, line }] : [];
  });
  t.strictSame(
    letters.map(({ sequence, bytes }) => ({
      sequence,
      line: Buffer.from(bytes, "base64").toString(),
    })),
    expected,
  );

  const { counts, state } = summary(join(folder, "summary.json"));
  t.equal(state, "finished");
  t.equal(unaccounted(counts), "");
  t.strictSame(comparableCounts(counts), expectedCounts());
});

t.test("run replaces the output of an earlier run", async (t) => {
  const folder = t.testdir({ "trips.jsonl": handWorkedInput() });
  const output = join(folder, "out.ndjson");
  writeFileSync(output, '{"_id":"old"}\n'.repeat(1_000));
  const input = `file:${join(folder, "trips.jsonl")}`;
  for (let i = 0; i < 2; i++) {
    await flagdrop(["run", "--source", input, "--sink", `ndjson:${output}`]);
    const lines = readFileSync(output, "utf8").trimEnd().split("\n");
    t.strictSame(lines.sort(), [...HAND_WORKED_DOCUMENTS].sort());
  }
});
