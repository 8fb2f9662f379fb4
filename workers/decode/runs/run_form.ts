/**
 * The form that records of a layout have most often: which of their bytes are
 * the same, which are digits, and which values differ in length.
 *
 * @module
 */
import { RUN_SHAPES_MAX, RUN_SHAPES_SHARE_MIN } from "../limits.ts";
import type { Layout, LayoutValue, TimeForm } from "../scanner/layout.ts";

/** Bytes that are compared at once. */
export const CHUNK_BYTES = 16;

/** A byte's least value, and how far it may lie above. */
export type Cell = readonly [least: number, span: number];

const ANY_DIGIT: Cell = [0x30, 9];
/** The first of several digits: JSON has no leading zeros. */
const FIRST_DIGIT: Cell = [0x31, 8];

/** How a number is written. */
export interface NumberShape {
  readonly isNegative: boolean;
  readonly wholeDigits: number;
  readonly fractionDigits: number;
}

/** A value that is read, and where it begins in its part. */
export type RunReading = { readonly offset: number; readonly slot: number } & (
  | { readonly type: "number"; readonly shape: NumberShape }
  | { readonly type: "time"; readonly form: TimeForm }
);

/** Bytes in a row, and what is read from them. */
export interface FixedPart {
  readonly type: "fixed";
  readonly cells: readonly Cell[];
  readonly readings: readonly RunReading[];
}

/** A part of a record. */
export type RunPart =
  | FixedPart
  /** A number in one of these forms, the most frequent first. */
  | { readonly type: "choice"; readonly choices: readonly FixedPart[] }
  /** A string that is skipped. */
  | { readonly type: "string" };

const NUMBER_REGEXP = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;
/** A number and the byte behind it fit into what is compared at once. */
const NUMBER_BYTES_MAX = CHUNK_BYTES - 1;
const DATE_BYTES = 10;

const exactly = (text: Uint8Array | string): Cell[] =>
  Array.from(Buffer.from(text as string), (byte): Cell => [byte, 0]);
const digits = (count: number): Cell[] =>
  new Array<Cell>(count).fill(ANY_DIGIT);

function numberCells(shape: NumberShape): Cell[] {
  const { isNegative, wholeDigits, fractionDigits } = shape;
  const first = wholeDigits > 1 ? FIRST_DIGIT : ANY_DIGIT;
  return [
    ...exactly(isNegative ? "-" : ""),
    ...[first, ...digits(wholeDigits - 1)],
    ...exactly(fractionDigits > 0 ? "." : ""),
    ...digits(fractionDigits),
  ];
}

/** The date is compared by itself. */
function timeCells({ separator, fractionDigits, zone }: TimeForm): Cell[] {
  return [
    ...exactly('"'),
    ...new Array<Cell>(DATE_BYTES).fill([0, 0xff]),
    ...[...exactly(separator), ...digits(2)],
    ...[...exactly(":"), ...digits(2), ...exactly(":"), ...digits(2)],
    ...exactly(fractionDigits > 0 ? "." : ""),
    ...[...digits(fractionDigits), ...exactly(`${zone}"`)],
  ];
}

/** The shapes worth trying; undefined when there are too many. */
function shapesOf(texts: readonly string[]): NumberShape[] | undefined {
  const counts = new Map<string, { shape: NumberShape; count: number }>();
  for (const text of texts) {
    const match = NUMBER_REGEXP.exec(text);
    if (match === null || text.length > NUMBER_BYTES_MAX) continue;
    const [, sign = "", whole = "", fraction = ""] = match;
    const shape = {
      isNegative: sign !== "",
      wholeDigits: whole.length,
      fractionDigits: fraction.length,
    };
    const key = JSON.stringify(shape);
    counts.set(key, { shape, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const tried = [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, RUN_SHAPES_MAX);
  const covered = tried.reduce((sum, { count }) => sum + count, 0);
  return covered < RUN_SHAPES_SHARE_MIN * texts.length
    ? undefined
    : tried.map(({ shape }) => shape);
}

/** What is read of a number in a shape. */
function numberReadings(value: LayoutValue, shape: NumberShape, offset = 0) {
  return value.readings.map(
    ({ slot }): RunReading => ({ type: "number", slot, offset, shape }),
  );
}

/** Puts parts together. */
class FormBuilder {
  readonly parts: RunPart[] = [];
  #cells: Cell[] = [];
  #readings: RunReading[] = [];

  fixed(cells: readonly Cell[], readings: readonly RunReading[] = []): void {
    const offset = this.#cells.length;
    this.#cells.push(...cells);
    this.#readings.push(
      ...readings.map((one) => ({ ...one, offset: one.offset + offset })),
    );
  }

  part(part: RunPart): void {
    this.flush();
    this.parts.push(part);
  }

  flush(): void {
    if (this.#cells.length === 0) return;
    const [cells, readings] = [this.#cells, this.#readings];
    this.parts.push({ type: "fixed", cells, readings });
    this.#cells = [];
    this.#readings = [];
  }

  /** Takes a value; false when it has no form. */
  value(value: LayoutValue, texts: readonly string[]): boolean {
    const [first] = value.readings;
    if (first?.type === "time") return this.#time(value);
    if (value.shape.type === "number") return this.#number(value, texts);
    if (first !== undefined) return false;
    if (value.shape.type === "string") {
      this.part({ type: "string" });
      return true;
    }
    const [text = ""] = texts;
    if (texts.some((one) => one !== text)) return false;
    this.fixed(exactly(Buffer.from(text, "latin1")));
    return true;
  }

  #time({ readings }: LayoutValue): boolean {
    const [first] = readings;
    if (first?.type !== "time" || first.form === undefined) return false;
    const { form } = first;
    if (readings.some(({ type }) => type !== "time")) return false;
    this.fixed(
      timeCells(form),
      readings.map(({ slot }) => ({ type: "time", slot, offset: 0, form })),
    );
    return true;
  }

  #number(value: LayoutValue, texts: readonly string[]): boolean {
    if (value.readings.some(({ type }) => type !== "number")) return false;
    const shapes = shapesOf(texts);
    if (shapes === undefined) return false;
    const choices = shapes.map(
      (shape): FixedPart => ({
        type: "fixed",
        cells: numberCells(shape),
        readings: numberReadings(value, shape),
      }),
    );
    const [only] = choices;
    if (choices.length > 1) this.part({ type: "choice", choices });
    else if (only !== undefined) this.fixed(only.cells, only.readings);
    return true;
  }
}

/**
 * Finds the form.
 *
 * @param layout The layout.
 * @param samples Texts of each of its values in some records.
 * @returns The parts in their order; undefined when there is no such form.
 */
export function runForm(
  layout: Layout,
  samples: readonly (readonly string[])[],
): RunPart[] | undefined {
  const builder = new FormBuilder();
  for (const [i, value] of layout.values.entries()) {
    builder.fixed(exactly(value.literal));
    const texts = samples.map((texts) => texts[i] ?? "");
    if (!builder.value(value, texts)) return undefined;
  }
  builder.fixed(exactly(layout.closing));
  builder.flush();
  return builder.parts;
}
