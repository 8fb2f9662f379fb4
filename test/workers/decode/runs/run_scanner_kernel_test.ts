/**
 * Goal: batches decoded in runs give the rows that JSON.parse gives, in their
 * order. Method: generated trips with others strewn between them, through both.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import type { TextSizes } from "../../../../engine/kinesis/text_memory_kernel.ts";
import { TripGenerator } from "../../../../engine/replay/generator.ts";
import type { Decoder, Records } from "../../../../workers/decode/decoder.ts";
import { ExactDecoder } from "../../../../workers/decode/exact_decoder_kernel.ts";
import { JsonDecoder } from "../../../../workers/decode/json_decoder.ts";
import { RUN_FORMS_MAX } from "../../../../workers/decode/limits.ts";
import {
  LayoutRuns,
  RunLearner,
} from "../../../../workers/decode/runs/run_learner.ts";
import { RunMemory } from "../../../../workers/decode/runs/run_memory.ts";
import { LayoutLearner } from "../../../../workers/decode/scanner/layout_learner.ts";
import { makeFunction } from "../../../../workers/decode/scanner/scanner_kernel.ts";
import { TAXI } from "../test_plans.ts";

const SAMPLES = 50;

function trips(count: number, seed: number): string[] {
  const { bytes, starts, ends } = new TripGenerator({ seed }).next(count);
  return Array.from({ length: count }, (_, i) =>
    bytes.toString("utf8", starts[i], ends[i]),
  );
}

/** Records with some bytes between them, which are nobody's. */
function recordsOf(texts: readonly string[], gapBytes: number): Records {
  const starts = new Uint32Array(texts.length);
  const ends = new Uint32Array(texts.length);
  let at = 3;
  for (const [i, text] of texts.entries()) {
    starts[i] = at;
    at += Buffer.byteLength(text);
    ends[i] = at;
    at += gapBytes;
  }
  const bytes = Buffer.alloc(at, "9");
  for (const [i, text] of texts.entries()) bytes.write(text, starts[i] ?? 0);
  return { bytes, starts, ends, count: texts.length };
}

/** Outcomes in their order, and the rows of all batches one after the other. */
function decodeAll(decoder: Decoder, records: Records) {
  const outcomes: number[] = [];
  const rows: number[][] = [];
  let runs = 0;
  const take = (kind: number, from: number) => {
    const batch = decoder.events[kind];
    if (batch === undefined) return;
    for (let row = from; row < batch.count; row++) {
      rows.push(batch.columns.map((column) => column[row] ?? Number.NaN));
    }
    if (batch.full) batch.count = 0;
  };
  decoder.begin(records);
  for (let i = 0; i < records.count; ) {
    const taken = decoder.decodeRun(i);
    if (taken > 0) {
      runs += taken;
      outcomes.push(...new Array<number>(taken).fill(decoder.runKind));
      const end = decoder.events[decoder.runKind]?.count ?? 0;
      take(decoder.runKind, end - taken);
      i += taken;
      continue;
    }
    const outcome = decoder.decode(
      records.bytes,
      records.starts[i] ?? 0,
      records.ends[i] ?? 0,
    );
    outcomes.push(outcome);
    const batch = decoder.events[outcome];
    if (batch !== undefined) take(outcome, batch.count++);
    i++;
  }
  return { outcomes, rows, runs };
}

function openRunning(answers?: TextSizes): ExactDecoder {
  const runMemory = RunMemory.open(TAXI, answers);
  const runSamples = SAMPLES;
  return new ExactDecoder({ plan: TAXI, makeFunction, runMemory, runSamples });
}

function agree(decoder: Decoder, records: Records): number {
  const { runs, ...got } = decodeAll(decoder, records);
  const { runs: _, ...expected } = decodeAll(new JsonDecoder(TAXI), records);
  assert.deepEqual(got.outcomes, expected.outcomes);
  assert.deepEqual(got.rows, expected.rows);
  return runs;
}

t.test("trips are decoded in runs, over many full batches", async (t) => {
  const decoder = openRunning();
  const texts = trips(6_000, 7);
  for (const gapBytes of [0, 1, 100]) {
    const runs = agree(decoder, recordsOf(texts, gapBytes));
    t.ok(runs > 5_000, `${runs} of ${texts.length}, ${gapBytes} between`);
  }
});

t.test("records that lie in its memory are decoded there", async (t) => {
  const decoder = openRunning({ length: 4 * 1024 * 1024 });
  const { memory } = decoder;
  assert(memory !== undefined);
  for (const [gapBytes, seed] of [
    [0, 7],
    [3, 11],
    [100, 12],
  ] as const) {
    const texts = trips(5_000, seed);
    const records = recordsOf(texts, gapBytes);
    memory.bytes.fill(0xff);
    memory.begin(records.bytes, records.bytes.length);
    memory.copyTo(records.bytes.length);
    const runs = agree(decoder, { ...records, bytes: memory.bytes });
    t.ok(runs > 4_000, `${runs} of ${texts.length}, ${gapBytes} between`);
  }
});

t.test("other records between trips end a run and are not lost", async (t) => {
  const texts = trips(400, 8);
  const decoder = openRunning();
  agree(decoder, recordsOf(trips(600, 9), 0));
  let runs = 0;
  const other = fc.constantFrom<(text: string) => string>(
    () => '{"type":"watermark","watermark":"2016-01-01T00:00:00.000Z"}\n',
    () => '{"type":"bus"}',
    () => "",
    (text) => text.replace("}", "} \n"),
    (text) => text.replace("}\n", "}"),
    (text) => text.replace("}", "}}"),
    (text) => text.replace('"N"', '"a\\"b"'),
    (text) => text.replace('"N"', `"${"n".repeat(40)}"`),
    (text) => text.replace('"N"', `"${"n".repeat(40_000)}"`),
    (text) => text.replace('"N"', '"n'),
    (text) => text.replace(/"tip_amount":[^,]*/, '"tip_amount":01'),
    (text) => text.replace(/"tip_amount":[^,]*/, '"tip_amount":-0'),
    (text) => text.replace(/"pickup_lat":[^,]*/, '"pickup_lat":-0.0'),
    (text) => text.replace(/"pickup_lat":[^,]*/, '"pickup_lat":1e1'),
    (text) => text.replace(/T..:/g, "T24:"),
    (text) => text.replace(/T(..):../g, "T$1:60"),
    (text) => text.replaceAll("2016-", "2017-"),
    (text) => text.replaceAll("2016-01", "2016-02"),
    (text) => text.replaceAll("2016-01", "2016-13"),
    (text) => text.slice(0, -20),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(texts.length - 1), other), { maxLength: 40 }),
      fc.nat(9),
      (changes, gapBytes) => {
        const changed = [...texts];
        for (const [i, change] of changes) {
          changed[i] = change(texts[i] ?? "");
        }
        runs += agree(decoder, recordsOf(changed, gapBytes));
      },
    ),
    { numRuns: 25 },
  );
  t.ok(runs > 25 * 150, `${runs} in runs`);
});

t.test("a stream of other numbers has a form of its own in time", async (t) => {
  const decoder = openRunning();
  const texts = trips(3_000, 10);
  agree(decoder, recordsOf(texts, 0));
  const longer = texts.map((text, i) =>
    text.replace(/"passenger_count":\d/, `"passenger_count":${10 + (i % 90)}`),
  );
  let runs = 0;
  for (let round = 0; round < 7; round++) {
    runs = agree(decoder, recordsOf(longer, 0));
  }
  t.ok(runs > 2_500, `${runs} of ${longer.length}`);
});

/** The same trips as another producer writes them: other members first. */
function turned(texts: readonly string[], by: number): string[] {
  return texts.map((text) => {
    const members = text.match(/"\w+":(?:"[^"]*"|[^,}]*)/g) ?? [];
    return `{${[...members.slice(by), ...members.slice(0, by)]}}\n`;
  });
}

t.test("a form that is learnt anew takes no other's place", async (t) => {
  const decoder = openRunning();
  const texts = trips(600, 13);
  for (let by = 0; by < RUN_FORMS_MAX; by++) {
    agree(decoder, recordsOf(turned(texts, by), 0));
  }
  const busy = turned(trips(3_000, 14), 2).map((text, i) =>
    text.replace(/"passenger_count":\d/, `"passenger_count":${10 + (i % 90)}`),
  );
  let runs = 0;
  for (let round = 0; round < 7; round++) {
    runs = agree(decoder, recordsOf(busy, 0));
  }
  t.ok(runs > 2_500, `${runs} of ${busy.length}`);
  for (let by = 0; by < RUN_FORMS_MAX; by++) {
    const other = by === 2 ? busy.slice(0, 600) : turned(texts, by);
    const runs = agree(decoder, recordsOf(other, 0));
    t.ok(runs > 500, `${runs} of the ${other.length} turned by ${by}`);
  }
});

t.test("long records are not kept to learn from", async (t) => {
  const [text = ""] = trips(1, 15);
  const memory = RunMemory.open(TAXI);
  assert(memory !== undefined);
  const learner = new RunLearner(memory, SAMPLES);
  const samplesOf = (record: string) => {
    const bytes = Buffer.from(record);
    const place = { bytes, start: 0, end: bytes.length };
    const layout = new LayoutLearner(TAXI).learn(bytes, 0, bytes.length);
    assert(layout !== undefined);
    const runs = new LayoutRuns(layout);
    learner.note(runs, 0, place);
    return runs.samples.length;
  };
  t.equal(samplesOf(text), 1);
  const long = text.replace("{", `{"note":"${"n".repeat(9_000)}",`);
  t.equal(samplesOf(long), 0);
});

t.test("numbers of up to fifteen digits are those of JSON.parse", async (t) => {
  const [text = ""] = trips(1, 11);
  let runs = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 13 }),
      fc.integer({ min: 0, max: 13 }),
      fc.infiniteStream(fc.nat(9)),
      (whole, fraction, stream) => {
        const some = (count: number) =>
          Array.from({ length: count }, () => stream.next().value).join("");
        const texts = Array.from({ length: 60 }, (_, i) => {
          const first = whole > 1 ? String(1 + (i % 9)) : "";
          const point = fraction > 0 ? "." : "";
          const digits = first + some(whole - first.length);
          const number = `${digits}${point}${some(fraction)}`.slice(0, 15);
          return text.replace(
            /"pickup_lat":[^,]*/,
            `"pickup_lat":${number.endsWith(".") ? "1.5" : number}`,
          );
        });
        const decoder = openRunning();
        runs += agree(decoder, recordsOf([...texts, ...texts], 0));
      },
    ),
    { numRuns: 30 },
  );
  t.ok(runs > 500, `${runs} in runs`);
});

t.test("nothing is decoded in runs where there are no vectors", async (t) => {
  const decoder = new ExactDecoder({
    plan: TAXI,
    makeFunction,
    runMemory: undefined,
  });
  t.equal(agree(decoder, recordsOf(trips(500, 12), 0)), 0);
});
