/**
 * Turns a row of a trip CSV into an event.
 *
 * Times are New York's local ones without a zone; they are taken as UTC.
 * Numbers keep their digits, so that coordinates keep their value.
 *
 * @module
 */
import { parseTimeMs } from "../job/time.ts";
import type { CsvColumns } from "./csv_columns.ts";

/** JSON's numbers. */
const NUMBER_REGEXP = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const TIME_REGEXP = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d$/;

/** An event and its time. */
export interface CsvEvent {
  /** One JSON object and a line feed; ASCII. */
  readonly line: string;
  readonly timeMs: number;
}

/** The time as events have it; undefined when it is none. */
function eventTime(text: string | undefined): string | undefined {
  if (text === undefined || !TIME_REGEXP.test(text)) return undefined;
  return `${text.slice(0, 10)}T${text.slice(11)}.000Z`;
}

/**
 * Makes an event.
 *
 * @param row The row's values.
 * @param columns Where they stand.
 * @param tripId Its number.
 * @returns Undefined when a time or a coordinate is missing or malformed.
 */
export function csvEvent(
  row: readonly string[],
  columns: CsvColumns,
  tripId: number,
): CsvEvent | undefined {
  const pickup = eventTime(row[columns.pickupTime]);
  const dropoff = eventTime(row[columns.dropoffTime]);
  if (pickup === undefined || dropoff === undefined) return undefined;
  const timeMs = parseTimeMs(dropoff);
  if (Number.isNaN(timeMs) || Number.isNaN(parseTimeMs(pickup))) {
    return undefined;
  }
  let members = "";
  for (const { field, column } of columns.numbers) {
    const value = row[column] ?? "";
    if (!NUMBER_REGEXP.test(value)) return undefined;
    members += `,"${field}":${value}`;
  }
  for (const { field, column } of columns.optionalNumbers) {
    const value = row[column] ?? "";
    if (NUMBER_REGEXP.test(value)) members += `,"${field}":${value}`;
  }
  const line = `{"type":"trip","trip_id":${tripId},"pickup_datetime":"${pickup}","dropoff_datetime":"${dropoff}"${members}}\n`;
  return { line, timeMs };
}
