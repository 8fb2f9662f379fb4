/**
 * `flagdrop run --source file:…` against the independent judge: every
 * document, every count, every dead letter, whatever the workers, the zones
 * and the form of the input.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { damagedEvents } from "../judge/damaged_events.ts";
import { documentDifferences, parseNdjson } from "../judge/document.ts";
import { Judge, ZONES, type Zones } from "../judge/judge.ts";
import { lineBounds } from "../judge/read_line.ts";
import { byScale, SEED } from "../judge/scale.ts";
import { type Finished, flagdrop } from "./flagdrop.ts";
import {
  comparableCounts,
  deadLetters,
  ndjsonDocuments,
  storedDocuments,
  summary,
  unaccounted,
} from "./run_output.ts";

t.setTimeout(byScale(600_000, 3_600_000));

const LINE_COUNT = byScale(6_000, 200_000);
const { bytes } = damagedEvents({ lineCount: LINE_COUNT, seed: SEED });

/** Zones and workers to run; each preset at least once. */
const RUNS: readonly (readonly [Zones, number])[] = byScale(
  [
    ["nyc", 4],
    ["refarch", 1],
    ["boxes", 2],
  ],
  ZONES.flatMap((zones) =>
    [1, 2, 4].map((workers): [Zones, number] => [zones, workers]),
  ),
);

interface FileRun {
  readonly folder: string;
  readonly sources: readonly string[];
  readonly zones: Zones;
  readonly workers: number;
  readonly more?: readonly string[];
}

async function runFiles(run: FileRun): Promise<Finished> {
  const { folder, sources, zones, workers, more = [] } = run;
  return await flagdrop([
    "run",
    ...sources.flatMap((one) => ["--source", `file:${one}`]),
    ...["--zones", zones, "--workers", String(workers)],
    ...["--sink", `ndjson:${join(folder, "out.ndjson")}`],
    ...["--dead-letters", join(folder, "dead.ndjson")],
    ...["--summary", join(folder, "summary.json")],
    ...more,
  ]);
}

t.test("file run equals the judge", async (t) => {
  const judge = await Judge.ofLines(bytes);
  const bounds = lineBounds(bytes);
  for (const [zones, workers] of RUNS) {
    await t.test(`${zones}, ${workers} workers`, async (t) => {
      const folder = t.testdir();
      const input = join(folder, "events.jsonl");
      writeFileSync(input, bytes);
      const finished = await runFiles({
        folder,
        sources: [input],
        zones,
        workers,
      });
      t.equal(finished.code, 0, finished.stderr);

      const actual = ndjsonDocuments(join(folder, "out.ndjson"));
      const expected = await judge.documents(zones);
      t.ok(expected.size > 100, `${expected.size} documents`);
      t.strictSame(documentDifferences(actual, expected), []);

      const { counts } = summary(join(folder, "summary.json"));
      t.equal(unaccounted(counts), "");
      t.strictSame(comparableCounts(counts), await judge.counts(zones));

      const verdicts = await judge.verdicts(zones);
      const dead = bounds.flatMap(([start, end], i) =>
        verdicts[i] === "dead"
          ? [`${start} ${bytes.toString("base64", start, end)}`]
          : [],
      );
      const letters = deadLetters(join(folder, "dead.ndjson"));
      t.strictSame(
        letters.map((letter) => `${letter.sequence} ${letter.bytes}`),
        dead,
      );
    });
  }
  judge.close();
});

t.test("file run reads gzip, several files and globs", async (t) => {
  const judge = await Judge.ofLines(bytes);
  const expected = await judge.documents("nyc");
  judge.close();
  const bounds = lineBounds(bytes);
  const half = bounds[Math.floor(bounds.length / 2)]?.[0] ?? 0;
  const folder = t.testdir();
  writeFileSync(join(folder, "all.jsonl.gz"), gzipSync(bytes));
  // Two members in one file are one text.
  writeFileSync(
    join(folder, "members.jsonl.gz"),
    Buffer.concat([
      gzipSync(bytes.subarray(0, half - 7)),
      gzipSync(bytes.subarray(half - 7)),
    ]),
  );
  writeFileSync(join(folder, "part-1.jsonl"), bytes.subarray(0, half));
  writeFileSync(join(folder, "part-2.jsonl"), bytes.subarray(half));
  writeFileSync(join(folder, "mixed-1.jsonl"), bytes.subarray(0, half));
  writeFileSync(
    join(folder, "mixed-2.jsonl.gz"),
    Buffer.concat([
      gzipSync(bytes.subarray(half, -5_000)),
      gzipSync(bytes.subarray(-5_000)),
    ]),
  );
  const inputs: Record<string, string[]> = byScale<Record<string, string[]>>(
    { "a glob of plain text and gzip of two members": ["mixed-*"] },
    {
      "a glob of plain text and gzip of two members": ["mixed-*"],
      gzip: ["all.jsonl.gz"],
      "gzip of two members": ["members.jsonl.gz"],
      "two files": ["part-1.jsonl", "part-2.jsonl"],
      "a glob": ["part-*.jsonl"],
    },
  );
  for (const [name, files] of Object.entries(inputs)) {
    const sources = files.map((file) => join(folder, file));
    const finished = await runFiles({
      folder,
      sources,
      zones: "nyc",
      workers: 2,
    });
    t.equal(finished.code, 0, `${name}: ${finished.stderr}`);
    const actual = ndjsonDocuments(join(folder, "out.ndjson"));
    t.strictSame(documentDifferences(actual, expected), [], name);
  }
});

t.test("every sink gets the same documents", async (t) => {
  const folder = t.testdir();
  const input = join(folder, "events.jsonl");
  writeFileSync(input, bytes);
  const store = join(folder, "store.duckdb");
  const finished = await runFiles({
    folder,
    sources: [input],
    zones: "nyc",
    workers: byScale(1, 2),
    more: ["--sink", `duckdb:${store}`, "--sink", "ndjson:-", "--sink", "none"],
  });
  t.equal(finished.code, 0, finished.stderr);
  const documents = ndjsonDocuments(join(folder, "out.ndjson"));
  t.ok(documents.size > 100);
  const lines = finished.stdout
    .split("\n")
    .filter((line) => line.startsWith('{"_id"'));
  const printed = parseNdjson(`${lines.join("\n")}\n`);
  t.strictSame(documentDifferences(printed, documents), [], "standard output");
  const stored = await storedDocuments(store);
  t.strictSame(documentDifferences(stored, documents), [], "embedded store");
});

t.test("an empty file and one without an end are no trouble", async (t) => {
  const small = damagedEvents({
    lineCount: 500,
    seed: SEED + 1,
    finalNewline: false,
  });
  const judge = await Judge.ofLines(small.bytes);
  const expected = await judge.documents("nyc");
  const { read } = await judge.counts("nyc");
  judge.close();
  const folder = t.testdir({ "empty.jsonl": "" });
  writeFileSync(join(folder, "small.jsonl"), small.bytes);

  const ended = await runFiles({
    folder,
    sources: [join(folder, "empty.jsonl")],
    zones: "nyc",
    workers: byScale(1, 4),
  });
  t.equal(ended.code, 0, ended.stderr);
  t.equal(ndjsonDocuments(join(folder, "out.ndjson")).size, 0);
  t.equal(summary(join(folder, "summary.json")).counts.read, 0);

  const finished = await runFiles({
    folder,
    sources: [join(folder, "small.jsonl")],
    zones: "nyc",
    workers: byScale(2, 4),
  });
  t.equal(finished.code, 0, finished.stderr);
  t.equal(summary(join(folder, "summary.json")).counts.read, read);
  const actual = ndjsonDocuments(join(folder, "out.ndjson"));
  t.strictSame(documentDifferences(actual, expected), []);
});
