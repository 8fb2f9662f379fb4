/**
 * Goal: a form is what most records have, and there is none where that would
 * not pay. Method: layouts learnt from texts, and what they become.
 */
import t from "tap";
import {
  type RunPart,
  runForm,
} from "../../../../workers/decode/runs/run_form.ts";
import { valueTexts } from "../../../../workers/decode/scanner/layout.ts";
import { LayoutLearner } from "../../../../workers/decode/scanner/layout_learner.ts";
import { TAXI } from "../test_plans.ts";

const TIMES =
  '"pickup_datetime":"2016-01-01T00:00:00Z","dropoff_datetime":"2016-01-01T00:00:00Z"';

const trip = (latitude: string, extra = "1") =>
  `{"pickup_lat":${latitude},"pickup_lon":-73.5,"dropoff_lat":40.5,"dropoff_lon":-73.5,${TIMES},"extra":${extra},"type":"trip"}`;

/** The form of some records, of which the first gives the layout. */
function formOf(texts: readonly string[]): RunPart[] | undefined {
  const records = texts.map((text) => Buffer.from(text));
  const [first = Buffer.alloc(0)] = records;
  const layout = new LayoutLearner(TAXI).learn(first, 0, first.length);
  if (layout === undefined) return undefined;
  const samples = records.map((bytes) =>
    valueTexts(layout, { bytes, start: 0, end: bytes.length }),
  );
  return runForm(layout, samples);
}

const types = (parts: readonly RunPart[] | undefined) =>
  parts?.map(({ type }) => type);

t.test("values that are always as long are one part", async (t) => {
  const parts = formOf([trip("40.12"), trip("40.34")]);
  t.strictSame(types(parts), ["fixed"]);
  const [only] = parts ?? [];
  const cells = only?.type === "fixed" ? only.cells.length : 0;
  t.equal(cells, trip("40.12").length);
});

t.test("the most frequent shape is tried first", async (t) => {
  const parts = formOf([trip("40.1"), trip("40.12"), trip("40.34")]);
  t.strictSame(types(parts), ["fixed", "choice", "fixed"]);
  const choice = parts?.[1];
  const shapes =
    choice?.type === "choice"
      ? choice.choices.map(({ readings: [reading] }) =>
          reading?.type === "number" ? reading.shape.fractionDigits : undefined,
        )
      : [];
  t.strictSame(shapes, [2, 1]);
});

t.test("strings may have any length, other values none", async (t) => {
  t.strictSame(types(formOf([trip("40.1", '"a"'), trip("40.1", '"bc"')])), [
    "fixed",
    "string",
    "fixed",
  ]);
  t.strictSame(types(formOf([trip("40.1", "null"), trip("40.1", "null")])), [
    "fixed",
  ]);
  t.equal(formOf([trip("40.1", "null"), trip("40.1", "true")]), undefined);
});

t.test(
  "there is no form for numbers that can't be read at sight",
  async (t) => {
    t.equal(formOf([trip("40.123456789012345")]), undefined, "too long");
    t.equal(formOf([trip("4.01e1")]), undefined, "exponents");
    t.equal(formOf([trip('"40.1"')]), undefined, "strings");
    const many = Array.from({ length: 12 }, (_, i) =>
      trip(`40.${"1".repeat(i + 1)}`),
    );
    t.equal(formOf(many), undefined, "too many shapes");
  },
);
