/**
 * Code for times in the form that the layout's first record had.
 *
 * The date is compared with the one seen before, whose start is known; of the
 * rest every byte is compared with the form, digits by their range. Whatever
 * differs goes to the reader.
 *
 * @module
 */
import { DATE_BYTES } from "../calendar_kernel.ts";
import { BYTE } from "../json_bytes.ts";
import {
  digits,
  emitPattern,
  exactly,
  type PatternByte,
  type PatternCode,
  readDouble,
} from "./emit_pattern.ts";
import type { TimeForm } from "./layout.ts";

/** Quote and date: compared as two overlapping doubles. */
const DATED_BYTES = 1 + DATE_BYTES;
const DOUBLE_BYTES = 8;
const FIRST = 0;
const SECOND = DATED_BYTES - DOUBLE_BYTES;

/** A date that is valid before any has been seen. */
const FIRST_DATE: Buffer = Buffer.from('"1970-01-01');

/** Where the parts of a clock stand in its pattern: `Thh:mm:ss.fff`. */
const HOUR_AT = 1;
const MINUTE_AT = 4;
const SECOND_AT = 7;
const FRACTION_AT = 10;
/** What each digit of the fraction is worth; those behind are cut off. */
const FRACTION_MS = [100, 10, 1] as const;

/**
 * Declares what a value keeps from one record to the next: the two doubles of
 * the date seen last, and where it starts, epoch ms.
 *
 * @param index Of the value in the layout.
 */
export function emitTimeState(index: number): string {
  const first = FIRST_DATE.readDoubleLE(FIRST);
  const second = FIRST_DATE.readDoubleLE(SECOND);
  return `const seen${index} = Float64Array.of(${first}, ${second}, 0);`;
}

/** Takes the date for the one seen last when it is a valid one. */
function emitDate(seen: string): string {
  return `
const date0 = ${readDouble(FIRST)};
const date1 = ${readDouble(SECOND)};
if ((date0 !== ${seen}[0] || date1 !== ${seen}[1]) && bytes[p] === ${BYTE.quote}) {
  const ms = dateMs(bytes, p + 1);
  if (ms === ms) {
    ${seen}[0] = date0;
    ${seen}[1] = date1;
    ${seen}[2] = ms;
  }
}`;
}

/** Everything behind the date, the closing quote included. */
function clockPattern(form: TimeForm): PatternByte[] {
  const { separator, fractionDigits, zone } = form;
  return [
    ...exactly(separator),
    ...digits(2),
    ...exactly(":"),
    ...digits(2),
    ...exactly(":"),
    ...digits(2),
    ...exactly(fractionDigits > 0 ? "." : ""),
    ...digits(fractionDigits),
    ...exactly(`${zone}"`),
  ];
}

/** Milliseconds of the fraction as an expression. */
function fractionMs(form: TimeForm, { digit }: PatternCode): string {
  const terms = FRACTION_MS.slice(0, form.fractionDigits).map(
    (ms, i) => `${digit(FRACTION_AT + i)} * ${ms}`,
  );
  return ["0", ...terms].join(" + ");
}

/** Reads a time through the reader, whatever its form. */
export function emitAnyTime(slot: number): string {
  return `
p = reader.time(bytes, from, end);
if (p < 0) return false;
column${slot}[row] = reader.value;`;
}

/**
 * Reads a time into a column.
 *
 * @param slot The column.
 * @param form The form that is read at sight.
 * @param index Of the value in the layout.
 */
export function emitTime(slot: number, form: TimeForm, index: number): string {
  const pattern = clockPattern(form);
  const clock = emitPattern(pattern, DATED_BYTES);
  const two = (at: number) =>
    `${clock.digit(at)} * 10 + ${clock.digit(at + 1)}`;
  const seen = `seen${index}`;
  return `
${emitDate(seen)}
${clock.reads}
const hour = ${two(HOUR_AT)};
const minute = ${two(MINUTE_AT)};
const second = ${two(SECOND_AT)};
if (date0 === ${seen}[0] && date1 === ${seen}[1] &&
    (${clock.difference}) === 0 &&
    hour <= 23 && minute <= 59 && second <= 59) {
  const ms = ((hour * 60 + minute) * 60 + second) * 1000 +
    ${fractionMs(form, clock)};
  column${slot}[row] = ${seen}[2] + (ms - ${form.offsetMs});
  p = (p + ${DATED_BYTES + pattern.length}) | 0;
} else {${emitAnyTime(slot)}
}`;
}
