/**
 * Shows a new scanner what it may meet, before it is used.
 *
 * A generated scanner has a branch for each number of digits. A branch that the
 * engine's compiler has never seen taken is left out, and taking it later
 * throws the whole compiled scanner away: some 60 ms of slow decoding each
 * time, ten times in a worker's first seconds.
 *
 * @module
 */
import {
  type Layout,
  type LayoutValue,
  REACH_BYTES_MAX,
  valueTexts,
} from "./layout.ts";
import type { Scanner } from "./scanner_kernel.ts";

/** Made-up records: enough to try every number of digits at every place. */
const RECORDS = 160;
/** Longest record to learn from; longer ones would take too long. */
const RECORD_BYTES_MAX = 4_096;
/**
 * Digits as plain data have them. What is taken at sight beyond them, or by a
 * call, is left untried: code for it would slow down all the rest.
 */
const WHOLE_DIGITS_MAX = 3;
const FRACTION_DIGITS_MAX = 2;

/** What to train with. */
export interface Training {
  readonly layout: Layout;
  /** Holds the record that the layout was learnt from. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Where the scanner puts values; left as they were. */
  readonly columns: readonly Float64Array[];
  readonly row: number;
}

/** Numbers that look random and are always the same. */
function* draws(): Generator<number, never> {
  let state = 1;
  for (;;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield state >>> 16;
  }
}

/** Another value of the same kind; times stay, as they are read at sight. */
function varied(
  { readings, shape }: LayoutValue,
  text: string,
  draw: () => number,
): string {
  if (readings.some(({ type }) => type === "time")) return text;
  if (
    shape.type === "string" &&
    text.startsWith('"') &&
    readings.length === 0
  ) {
    return `"${"N".repeat(draw() % 4)}"`;
  }
  if (shape.type !== "number") return text;
  const whole = draw() % (WHOLE_DIGITS_MAX + 1);
  const limit = Math.max(FRACTION_DIGITS_MAX, shape.form.fractionDigits);
  const fraction = draw() % (limit + 1);
  const sign = text.startsWith("-") ? "-" : "";
  const digits = whole === 0 ? "0" : "1".repeat(whole);
  return `${sign}${digits}${fraction === 0 ? "" : `.${"2".repeat(fraction)}`}`;
}

/** Trains. Nothing is different afterwards, but sooner. */
export function trainScanner(scan: Scanner, training: Training): void {
  const { layout, columns, row, start, end } = training;
  if (end - start > RECORD_BYTES_MAX) return;
  const values = valueTexts(layout, training);
  const random = draws();
  const draw = () => random.next().value;
  const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  const before = columns.map((column) => column[row] ?? 0);
  for (let i = 0; i < RECORDS; i++) {
    const text = layout.values
      .map((value, at) => {
        const made = varied(value, values[at] ?? "", draw);
        return latin1(value.literal) + made;
      })
      .join("");
    const record = Buffer.from(text + latin1(layout.closing), "latin1");
    const bytes = Buffer.alloc(record.length + REACH_BYTES_MAX);
    record.copy(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    scan(bytes, view, 0, record.length, row);
  }
  for (const [slot, column] of columns.entries())
    column[row] = before[slot] ?? 0;
}
