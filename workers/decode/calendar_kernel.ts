// Hot path: once a time whose day isn't the one just seen.
// Cost avoided: a regular expression and a `Date` (about 0.5 µs).
// Trick: days from year, month and day by integer arithmetic.
// Gives up: nothing. Breaks: `!` on byte reads.
// Shown by `perf/decode_bench.ts`. Plain twin: `parseTimeMs` in
//   `engine/job/time.ts`.
/**
 * Dates of the proleptic Gregorian calendar, from their bytes.
 *
 * @module
 */
import { BYTE } from "./json_bytes.ts";

// Constants of this module are folded into the code; imported ones are loaded.
const { minus: MINUS, zero: ZERO } = BYTE;

/** Bytes of `YYYY-MM-DD`. */
export const DATE_BYTES = 10;

const DAY_MS = 86_400_000;
/** Days of the years 0000 to 1969, counted from 1 March. */
const EPOCH_DAYS = 719_468;
const ERA_YEARS = 400;
const ERA_DAYS = 146_097;

/** Two digits as a number; NaN when one is no digit. */
export function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9
    ? tens * 10 + ones
    : Number.NaN;
}

function daysIn(year: number, month: number): number {
  if (month === 2) {
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    return leap ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Start of the day written at `at` as `YYYY-MM-DD`.
 *
 * @returns Epoch ms, or NaN when there is no such day.
 */
export function dateMs(bytes: Buffer, at: number): number {
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5);
  const day = twoDigits(bytes, at + 8);
  if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) {
    return Number.NaN;
  }
  // Comparisons with NaN are false: what is no number ends here too.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (day > daysIn(year, month)) return Number.NaN;
  // Years begin in March, so that the leap day is the last.
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / ERA_YEARS);
  const yearOfEra = marchYear - era * ERA_YEARS;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear;
  return (era * ERA_DAYS + dayOfEra - EPOCH_DAYS) * DAY_MS;
}
