/**
 * Goal: a run that writes open windows early leaves behind what the judge says,
 * in a file and in a store. Method: the engine with its threads in this
 * process, emitting as often as it can.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import t from "tap";
import { startEngine } from "../../engine/engine.ts";
import { planJob } from "../../engine/job/plan.ts";
import { DuckdbSink } from "../../engine/sink/duckdb_sink.ts";
import { NdjsonSink } from "../../engine/sink/ndjson_sink.ts";
import { MemoryDeadLetters, SPEC } from "../helpers/taxi.ts";
import { damagedEvents } from "../judge/damaged_events.ts";
import { documentDifferences, parseNdjson } from "../judge/document.ts";
import { Judge } from "../judge/judge.ts";
import { SEED } from "../judge/scale.ts";
import { storedDocuments } from "./run_output.ts";

t.test("early documents are replaced by the final ones", async (t) => {
  const { bytes } = damagedEvents({ lineCount: 30_000, seed: SEED });
  const judge = await Judge.ofLines(bytes);
  const folder = t.testdir();
  const input = join(folder, "events.jsonl");
  const lines = join(folder, "out.ndjson");
  const store = join(folder, "out.duckdb");
  writeFileSync(input, bytes);
  const plan = planJob(SPEC);
  const engine = await startEngine({
    spec: SPEC,
    source: { type: "files", paths: [input] },
    workers: 1,
    sinks: [
      new NdjsonSink(plan, { type: "file", path: lines }),
      new DuckdbSink({ file: store, plan }),
    ],
    openDeadLetters: async () => new MemoryDeadLetters(),
    emitEarlyMs: 2,
    log: pino({ level: "silent" }),
  });
  const status = await engine.finished;
  const { early, documentsFired } = status;
  t.comment(JSON.stringify(early));
  t.ok((early?.documents ?? 0) > 0, "some were early");
  t.equal(status.sinks[0]?.documents, documentsFired + (early?.documents ?? 0));

  const all = readFileSync(lines, "utf8").split("\n").slice(0, -1);
  t.ok(all.length > documentsFired);
  const last = new Map(
    all.map((line) => [(JSON.parse(line) as { _id: string })._id, line]),
  );
  t.equal(last.size, documentsFired, "none is left that is not final");
  const expected = await judge.documents("nyc");
  const inFile = parseNdjson(`${[...last.values()].join("\n")}\n`);
  t.strictSame(documentDifferences(inFile, expected), []);
  const inStore = await storedDocuments(store);
  t.strictSame(documentDifferences(inStore, expected), []);
});
