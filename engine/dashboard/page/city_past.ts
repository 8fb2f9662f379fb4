/**
 * Reads the city view of some other time than now.
 *
 * @module
 */
import type { EventTimeRange } from "../../results/results.ts";
import {
  averageOf,
  type CityState,
  EMPTY_CITY,
  WHOLE_STEP_MS,
  ZONE_STEPS,
} from "../city_state.ts";
import type { MapQueries } from "../map_queries.ts";
import { getCells, getSeries } from "./api.ts";

/** What is asked for. */
export interface PastChoice {
  readonly queries: MapQueries;
  readonly precision: number;
  /** The average that the map shows; undefined for events. */
  readonly average: string | undefined;
  readonly range: EventTimeRange;
  /** What the lines span, and the length of their points. */
  readonly chart: EventTimeRange;
  readonly stepMs: number;
}

/** Reads it; rejects when the signal is aborted. */
export async function readPast(
  choice: PastChoice,
  signal: AbortSignal,
): Promise<CityState> {
  const { queries, precision, average, range, chart, stepMs } = choice;
  const { map, routes, measure } = queries;
  if (map === undefined) return EMPTY_CITY;
  const route = { query: routes?.name ?? "", measure };
  const [cells, events, lines, whole] = await Promise.all([
    getCells({ query: map.name, range, precision, average }, signal),
    getSeries({ query: map.name, range: chart, stepMs }, signal),
    routes === undefined
      ? []
      : getSeries(
          { ...route, range: chart, stepMs: stepMs * ZONE_STEPS },
          signal,
        ),
    routes === undefined
      ? []
      : getSeries({ ...route, range, stepMs: WHOLE_STEP_MS }, signal),
  ]);
  const totals = new Map<number, number>();
  for (const { timesMs, counts } of events) {
    for (const [i, ms] of timesMs.entries()) {
      totals.set(ms, (totals.get(ms) ?? 0) + (counts[i] ?? 0));
    }
  }
  return {
    ...EMPTY_CITY,
    range,
    stepMs,
    cells: Object.fromEntries(
      cells.cells.map((cell, i) => [cell, cells.counts[i] ?? 0]),
    ),
    cellAverages: Object.fromEntries(
      cells.averages?.map((one, i) => [cells.cells[i] ?? "", one]) ?? [],
    ),
    events: Object.fromEntries([...totals].map(([ms, n]) => [ms, n])),
    zones: Object.fromEntries(
      lines.map(({ zone, timesMs, counts, values }) => [
        zone,
        Object.fromEntries(
          timesMs.map((ms, i) => [ms, [counts[i] ?? 0, values[i] ?? 0]]),
        ),
      ]),
    ) as CityState["zones"],
    averages: Object.fromEntries(
      whole.map(({ zone, counts, values }) => [
        zone,
        averageOf(counts, values),
      ]),
    ),
  };
}
