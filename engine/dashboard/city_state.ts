/**
 * What the city view shows while it is live: the newest event time on a map,
 * and what came before as lines.
 *
 * @module
 */
import type { EventTimeRange } from "../results/results.ts";

/** How much is shown; pages that ask for the same share the work. */
export interface CityChoice {
  /** Length of the time on the map, in windows. */
  readonly windows: number;
  /** Characters of the map's cells. */
  readonly precision: number;
  /** The average that the map shows, by its output name. @default {events} */
  readonly average?: string | undefined;
}

/** One point of a line: events, and the average of the measure. */
export type CityPoint = readonly [count: number, value: number];

/** The state that pages hold and are sent the changes of. */
export interface CityState {
  /** All that is kept; null while there is nothing. */
  readonly extent: EventTimeRange | null;
  /** What the map shows. */
  readonly range: EventTimeRange | null;
  /** Length of the lines' points, ms. */
  readonly stepMs: number;
  /** Events by cell, of windows that have fired. */
  readonly cells: Readonly<Record<string, number>>;
  /** Events by cell so far, of windows that are still open. */
  readonly open: Readonly<Record<string, number>>;
  /** Averages by cell, where one is shown: of fired windows, and of open ones. */
  readonly cellAverages: Readonly<Record<string, number>>;
  readonly openAverages: Readonly<Record<string, number>>;
  /** Starts of the open windows, epoch ms. */
  readonly openWindows: readonly number[];
  /** Events over time, by start of the point in epoch ms. */
  readonly events: Readonly<Record<string, number>>;
  /** Length of the scrubber's bars, ms. */
  readonly barStepMs: number;
  /** Events over all that is kept, by start of the bar in epoch ms. */
  readonly bars: Readonly<Record<string, number>>;
  /** Averages over time, by zone; points of three steps, which are calmer. */
  readonly zones: Readonly<Record<string, Readonly<Record<string, CityPoint>>>>;
  /** The averages of what the map shows, by zone. */
  readonly averages: Readonly<Record<string, CityPoint>>;
}

/** The parts of a state that change little, and are read less often. */
export type CityLines = Pick<
  CityState,
  "stepMs" | "events" | "barStepMs" | "bars" | "zones"
>;

/** Points of the zones' lines are so many steps long. */
export const ZONE_STEPS = 3;

/** Longer than any range: one point for all of it. */
export const WHOLE_STEP_MS = 400 * 86_400_000;

/** The average of several points. */
export function averageOf(
  counts: readonly number[],
  values: readonly number[],
): CityPoint {
  let count = 0;
  let sum = 0;
  for (const [i, n] of counts.entries()) {
    count += n;
    sum += n * (values[i] ?? 0);
  }
  return [count, count === 0 ? 0 : sum / count];
}

/** A state with nothing in it. */
export const EMPTY_CITY: CityState = {
  extent: null,
  range: null,
  stepMs: 0,
  cells: {},
  open: {},
  cellAverages: {},
  openAverages: {},
  openWindows: [],
  events: {},
  barStepMs: 0,
  bars: {},
  zones: {},
  averages: {},
};
