/**
 * Puts a scanner's source together.
 *
 * The source holds numbers only: no text of a record or of the job gets into
 * it, so nothing that comes in can become code.
 *
 * @module
 */
import { BYTE } from "../json_bytes.ts";
import { emitNumber, emitNumberSkip } from "./emit_number.ts";
import { emitLiteral } from "./emit_pattern.ts";
import { emitStringSkip, emitValueSkip } from "./emit_skip.ts";
import { emitAnyTime, emitTime, emitTimeState } from "./emit_time.ts";
import type { Layout, LayoutValue, Reading } from "./layout.ts";

/** Names of what the source is given, in the order of its parameters. */
export const SCANNER_PARAMETERS = [
  "columns",
  "reader",
  "powers",
  "stopsString",
  "dateMs",
  "decimalOf",
  "skipSpace",
  "skipValue",
] as const;

/** Where a value stands in its layout. */
interface Place {
  readonly index: number;
  /** The byte that follows it. */
  readonly next: number;
}

function emitReading(reading: Reading, { index, next }: Place): string {
  const { slot } = reading;
  if (reading.type === "number") {
    return emitNumber({ slot, form: reading.form, next });
  }
  return reading.form === undefined
    ? emitAnyTime(slot)
    : emitTime(slot, reading.form, index);
}

function emitSkip({ shape }: LayoutValue, { next }: Place): string {
  if (shape.type === "number") return emitNumberSkip(shape.form, next);
  return shape.type === "string" ? emitStringSkip() : emitValueSkip();
}

/** Verifies what comes before a value, then reads or skips it. */
function emitValue(value: LayoutValue, place: Place): string {
  const [reading, ...more] = value.readings;
  const steps =
    reading === undefined
      ? [emitSkip(value, place)]
      : [
          emitReading(reading, place),
          // The same value for another field: read it again.
          ...more.map((one) => `p = from;\n{${emitReading(one, place)}\n}`),
        ];
  return `${emitLiteral(value.literal)}
{
const from = p;
{${steps[0]}
}
${steps.slice(1).join("\n")}
}`;
}

/** Slots that a layout's values are put in. */
function slotsOf(layout: Layout): number[] {
  const slots = layout.values.flatMap(({ readings }) =>
    readings.map(({ slot }) => slot),
  );
  return [...new Set(slots)];
}

/**
 * The body of a function that takes {@linkcode SCANNER_PARAMETERS} and returns
 * a scanner: `(bytes, view, start, end, row) => boolean`. A scanner returns
 * true when the record has exactly this layout and all its values are JSON and
 * read; else the row holds rubbish.
 */
export function scannerSource(layout: Layout): string {
  const { values, closing } = layout;
  const nextOf = (i: number) =>
    (values[i + 1]?.literal ?? closing)[0] ?? BYTE.closeBrace;
  const timed = values.flatMap(({ readings }, i) =>
    readings.some(({ type }) => type === "time") ? [emitTimeState(i)] : [],
  );
  return `"use strict";
${slotsOf(layout)
  .map((slot) => `const column${slot} = columns[${slot}];`)
  .join("\n")}
${timed.join("\n")}
return function scan(bytes, view, start, end, row) {
let p = start, c = 0;
${values.map((value, i) => emitValue(value, { index: i, next: nextOf(i) })).join("\n")}
${emitLiteral(closing)}
if (p + 1 === end && bytes[p] === ${BYTE.lineFeed}) return true;
return skipSpace(bytes, p, end) === end;
};`;
}
