/**
 * Names of the tables, views and columns that a translation makes.
 *
 * @module
 */
import type { JobSpec } from "../../job/spec.ts";

/** The table of raw events. */
export const SOURCE_TABLE = "flagdrop_events";
/** Time that stands for "none": Flink wants one in every row. */
export const NO_TIME = "TIMESTAMP '0001-01-01 00:00:00.000'";

/** Name of the column of the event time. */
export const TIME_COLUMN = "flagdrop_time";
/** Name of the column of the arrival time. */
export const ARRIVAL_COLUMN = "flagdrop_arrival";

/** Columns that windows and the translation add to those of a job. */
export const RESERVED_COLUMNS: readonly string[] = [
  TIME_COLUMN,
  ARRIVAL_COLUMN,
  "window_start",
  "window_end",
  "window_time",
];

/** The view of one kind of event. */
export function eventView(kind: string): string {
  return `event_${kind}`;
}

/** The view of a query's events with key parts and values. */
export function keyedView(query: string): string {
  return `${query}_keyed`;
}

/** The view of a query's windows. */
export function windowView(query: string): string {
  return `${query}_windows`;
}

/** The table that a query's documents go to. */
export function sinkTable(query: string): string {
  return `${query}_sink`;
}

/** Members of events that a job reads. */
export function membersOf(spec: JobSpec): Set<string> {
  const { strategy, field } = spec.watermark;
  const fields = Object.values(spec.events).flatMap((event) =>
    Object.values(event.fields),
  );
  return new Set([
    spec.kindField,
    ...fields.flatMap(({ from }) => from),
    ...(strategy === "punctuated" ? [field] : []),
  ]);
}
