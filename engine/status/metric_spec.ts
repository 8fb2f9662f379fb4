/**
 * How a metric is described: a table row instead of code.
 *
 * @module
 */
import type { EngineStatus } from "./status.ts";

/** One value with its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric and how its samples are found in a status. */
export interface MetricSpec {
  readonly type: "counter" | "gauge";
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly samples: (status: EngineStatus) => readonly Sample[];
}

/** The only sample of a metric without labels. */
export function one(value: number): Sample[] {
  return [{ value }];
}

/** Milliseconds as seconds; no sample while there is no value. */
export function secondsOf(
  ms: number | null,
  labels: Readonly<Record<string, string>> = {},
): Sample[] {
  return ms === null ? [] : [{ labels, value: ms / 1_000 }];
}
