/**
 * Bounded watermarks, allowed lateness, late dead letters and dedupe against
 * the independent judge: every document, every count, every late record.
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
import { damagedEvents } from "../judge/damaged_events.ts";
import {
  type Document,
  type Documents,
  documentDifferences,
} from "../judge/document.ts";
import { Judge, type JudgeOptions } from "../judge/judge.ts";
import { Random } from "../judge/random.ts";
import { lineBounds } from "../judge/read_line.ts";
import { byScale, SEED } from "../judge/scale.ts";

// A bound for busy machines; it takes seconds.
t.setTimeout(byScale(600_000, 3_600_000));

const MINUTE_MS = 60_000;
const LINE_COUNT = byScale(6_000, 200_000);
/**
 * White space behind each line. In the short form it makes several blocks; in
 * the long one it keeps blocks and windows from going in step: without it each
 * block would end eight minutes behind a window's end, where no window that has
 * fired may still be corrected.
 */
const PADDING = Buffer.from(" ".repeat(byScale(1_500, 40)));
const FEED = Buffer.from("\n");

function linesOf(input: Buffer): Buffer[] {
  return lineBounds(input).map(([start, end]) => input.subarray(start, end));
}

const events = damagedEvents({
  lineCount: LINE_COUNT,
  seed: SEED,
  outliers: false,
  disorderMs: 6 * MINUTE_MS,
});
const bytes = Buffer.concat(
  linesOf(events.bytes).flatMap((line) => [line, PADDING, FEED]),
);

/** The last line of each document counts; corrections come later. */
function lastDocuments(path: string): { all: number; last: Documents } {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  const documents = lines.map((line) => JSON.parse(line) as Document);
  return {
    all: documents.length,
    last: new Map(documents.map((one) => [one._id, one])),
  };
}

async function run(folder: string, input: Buffer, more: readonly string[]) {
  const path = join(folder, "events.jsonl");
  writeFileSync(path, input);
  const finished = await flagdrop([
    ...["run", "--source", `file:${path}`],
    ...["--sink", `ndjson:${join(folder, "out.ndjson")}`],
    ...["--dead-letters", join(folder, "dead.ndjson")],
    ...["--summary", join(folder, "summary.json")],
    ...more,
  ]);
  t.equal(finished.code, 0, finished.stderr);
  const status = summary(join(folder, "summary.json"));
  t.equal(unaccounted(status.counts), "");
  return { ...lastDocuments(join(folder, "out.ndjson")), status };
}

interface Case {
  readonly name: string;
  readonly judged: JudgeOptions;
  readonly options: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "bounded, corrected for 3 minutes",
    judged: { boundMs: MINUTE_MS, allowedLatenessMs: 3 * MINUTE_MS },
    options: [
      ...["--watermarks", "bounded", "--watermark-bound", "1m"],
      ...["--allowed-lateness", "3m", "--workers", "3"],
    ],
  },
  {
    name: "punctuated, corrected for 10 minutes",
    judged: { allowedLatenessMs: 10 * MINUTE_MS },
    options: ["--allowed-lateness", "10m", "--workers", "2"],
  },
];

for (const { name, judged, options } of CASES) {
  t.test(`${name}: equals the judge`, async (t) => {
    const judge = await Judge.ofLines(bytes, judged);
    const expected = await judge.documents("nyc");
    const counts = await judge.counts("nyc");
    const verdicts = await judge.verdicts("nyc");
    judge.close();
    t.ok(counts.late > 0, `${counts.late} records are late`);
    const folder = t.testdir();
    const more = [...options, "--late", "dead-letter"];
    const { all, last, status } = await run(folder, bytes, more);
    t.strictSame(documentDifferences(last, expected), []);
    t.strictSame(comparableCounts(status.counts), counts);
    t.equal(status.documentsFired, expected.size);
    t.equal(status.documentsFired + status.documentsCorrected, all);
    t.ok(status.documentsCorrected > 0, `${status.documentsCorrected} of them`);
    const letters = deadLetters(join(folder, "dead.ndjson"));
    t.strictSame(
      letters.map((one) => `${one.sequence} ${one.bytes}`),
      lineBounds(bytes).flatMap(([start, end], i) =>
        verdicts[i] === "dead" || verdicts[i] === "late"
          ? [`${start} ${bytes.toString("base64", start, end)}`]
          : [],
      ),
    );
  });
}

t.test("dedupe: a stream with copies equals one without", async (t) => {
  const judge = await Judge.ofLines(bytes);
  const expected = await judge.documents("nyc");
  const counts = await judge.counts("nyc");
  const verdicts = await judge.verdicts("nyc");
  judge.close();
  const random = new Random(SEED);
  const lines: Buffer[] = [];
  const due: { at: number; line: Buffer }[] = [];
  let copies = 0;
  for (const [i, line] of linesOf(bytes).entries()) {
    lines.push(line);
    const isTrip = /tallied|late|city|range/.test(verdicts[i] ?? "");
    if (isTrip && /"trip_id"\s*:/.test(line.toString()) && random.chance(0.1)) {
      due.push({ at: i + random.whole(0, 2_000), line });
    }
    for (const one of due.filter(({ at }) => at === i)) {
      lines.push(one.line);
      copies++;
    }
  }
  t.ok(copies > 100, `${copies} copies`);
  const input = Buffer.concat(lines.flatMap((line) => [line, FEED]));
  const more = ["--dedupe", "trip_id:10m", "--workers", "2"];
  const { last, status } = await run(t.testdir(), input, more);
  t.strictSame(documentDifferences(last, expected), []);
  const got = comparableCounts(status.counts);
  t.strictSame(got, {
    ...counts,
    read: counts.read + copies,
    filtered: { ...counts.filtered, duplicate: copies },
  });
  t.equal(status.dedupe?.idsForgotten, 0);
});
