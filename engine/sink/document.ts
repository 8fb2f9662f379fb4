/**
 * A row of a fired window as a document.
 *
 * This is the plain form: what a document is. The sinks that write JSON take
 * `DocumentWriter` of `document_kernel.ts`, which gives the same without an
 * object or a string for each document.
 *
 * @module
 */
import type { MeasurePlan } from "../job/plan.ts";
import { keyTexts } from "./key_text.ts";
import type { FiredWindow } from "./sink.ts";

/** A document with its id and query; names are those of the job's outputs. */
export interface ResultDocument {
  readonly _id: string;
  readonly query: string;
  /** Window end less one, epoch ms. */
  readonly timestamp: number;
  readonly [output: string]: string | number;
}

function wordsAt({ word0, word1 }: FiredWindow, row: number) {
  return { word0: word0[row] ?? 0, word1: word1[row] ?? 0 };
}

/**
 * The id of a row's document: query, timestamp and key, so that writing it
 * again replaces it.
 *
 * @example Usage
 * ```ts
 * documentId(window, 0); // "trip_duration|1451606999999|dr5ru7|JFK"
 * ```
 */
export function documentId(window: FiredWindow, row: number): string {
  const key = keyTexts(window.query, wordsAt(window, row)).join("|");
  return `${window.query.name}|${window.timestampMs}|${key}`;
}

/** The value of one measure of a row. */
function measureValue(
  measure: MeasurePlan,
  window: FiredWindow,
  row: number,
): number {
  const count = window.counts[row] ?? 0;
  if (measure.type === "count") return count;
  const value = window.accumulators[measure.accumulator]?.[row] ?? 0;
  return measure.type === "avg" ? value / count : value;
}

/**
 * The document of a row: `_id`, `query`, `timestamp`, key parts, measures, in
 * this order.
 */
export function documentOf(window: FiredWindow, row: number): ResultDocument {
  const { query } = window;
  const fields: Record<string, string | number> = {};
  const texts = keyTexts(query, wordsAt(window, row));
  for (const [i, part] of query.key.entries()) {
    fields[part.as] = texts[i] ?? "";
  }
  for (const measure of query.measures) {
    fields[measure.as] = measureValue(measure, window, row);
  }
  return {
    _id: documentId(window, row),
    query: query.name,
    timestamp: window.timestampMs,
    ...fields,
  };
}
