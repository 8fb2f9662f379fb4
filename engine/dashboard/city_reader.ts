/**
 * Reads the live city view from the results and the open windows.
 *
 * @module
 */

import type { JobPlan } from "../job/plan.ts";
import { byCell } from "../results/cell_number.ts";
import { type QuerySchema, resultSchema } from "../results/result_schema.ts";
import type {
  EventTimeRange,
  Results,
  SeriesLine,
} from "../results/results.ts";
import type { FiredWindow } from "../sink/sink.ts";
import { chartSpan } from "./chart_span.ts";
import {
  averageOf,
  type CityChoice,
  type CityLines,
  type CityPoint,
  type CityState,
  EMPTY_CITY,
  WHOLE_STEP_MS,
  ZONE_STEPS,
} from "./city_state.ts";
import { BARS_MAX, OPEN_SHARE } from "./limits.ts";
import { type MapQueries, mapQueries } from "./map_queries.ts";
import { openCells, shown } from "./open_cells.ts";

/** Which open windows are wanted: the earliest of one query. */
export interface OpenChoice {
  readonly query: string;
  readonly windowsMax: number;
}

/** Options for {@linkcode CityReader}. */
export interface CityReaderOptions {
  readonly plan: JobPlan;
  readonly results: Results | undefined;
  /** Windows that have not fired, as they would now. */
  readonly openWindows: (choice: OpenChoice) => readonly FiredWindow[];
}

function pointsOf(line: SeriesLine): Record<string, CityPoint> {
  return Object.fromEntries(
    line.timesMs.map((ms, i) => [
      String(ms),
      [line.counts[i] ?? 0, line.values[i] ?? 0] as const,
    ]),
  );
}

/** Reads states; what the store said is kept until it has changed. */
export class CityReader {
  readonly #options: CityReaderOptions;
  readonly queries: MapQueries;

  constructor(options: CityReaderOptions) {
    this.#options = options;
    this.queries = mapQueries(resultSchema(options.plan).queries);
  }

  /**
   * The part of a state that comes from the store.
   *
   * @param choice What is shown.
   * @param before A state whose lines are still good enough.
   */
  async stored(choice: CityChoice, before?: CityState): Promise<CityState> {
    const { results } = this.#options;
    const { map, routes, measure } = this.queries;
    const extent = await results?.extent();
    if (results === undefined || map === undefined || extent === undefined) {
      return EMPTY_CITY;
    }
    const { toMs } = extent;
    const range = { fromMs: toMs - choice.windows * map.windowMs, toMs };
    const found = await this.#cells(results, map, { range, ...choice });
    const whole =
      routes === undefined
        ? []
        : await results.series({
            query: routes.name,
            measure,
            range,
            stepMs: WHOLE_STEP_MS,
          });
    const { stepMs, events, barStepMs, bars, zones } =
      before ?? (await this.#lines(results, choice, extent));
    return {
      ...EMPTY_CITY,
      extent,
      range,
      ...found,
      averages: Object.fromEntries(
        whole.map(({ zone, counts, values }) => [
          zone,
          averageOf(counts, values),
        ]),
      ),
      stepMs,
      events,
      barStepMs,
      bars,
      zones,
    };
  }

  /** The lines up to the end of what is kept. */
  async #lines(
    results: Results,
    { windows }: CityChoice,
    extent: EventTimeRange,
  ): Promise<CityLines> {
    const { map, routes, measure } = this.queries;
    if (map === undefined) return EMPTY_CITY;
    const { toMs } = extent;
    const { spanMs, stepMs } = chartSpan(windows, map.windowMs);
    const fromMs = Math.floor((toMs - spanMs) / stepMs) * stepMs;
    const range: EventTimeRange = { fromMs, toMs };
    const { stepMs: barStepMs, ...all } = barsOf(extent, map.windowMs);
    const bars = await results.series({
      query: map.name,
      range: all,
      stepMs: barStepMs,
    });
    const events = await results.series({ query: map.name, range, stepMs });
    const lines =
      routes === undefined
        ? []
        : await results.series({
            query: routes.name,
            measure,
            range,
            stepMs: stepMs * ZONE_STEPS,
          });
    return {
      stepMs,
      barStepMs,
      bars: totals(bars),
      events: totals(events),
      zones: Object.fromEntries(
        lines.map((line) => [line.zone, pointsOf(line)]),
      ),
    };
  }

  async #cells(
    results: Results,
    map: QuerySchema,
    choice: CityChoice & { readonly range: EventTimeRange },
  ): Promise<Pick<CityState, "cells" | "cellAverages">> {
    const precision = Math.min(choice.precision, map.precision);
    const { range, average } = choice;
    const { cells, counts, averages } = await results.cells({
      query: map.name,
      range,
      precision,
      average: this.#averageOf(average)?.as,
    });
    return {
      cells: byCell(cells.map((cell, i) => [cell, counts[i] ?? 0] as const)),
      cellAverages: byCell(
        averages?.map((one, i) => [cells[i] ?? "", shown(one)] as const) ?? [],
      ),
    };
  }

  /** An average that there is; others count as none. */
  #averageOf(name: string | undefined) {
    return this.queries.averages.find(({ as }) => as === name);
  }

  /** A state with the open windows of this moment. */
  withOpen(state: CityState, choice: CityChoice): CityState {
    const { map } = this.queries;
    if (map === undefined) return state;
    const windows = this.#options.openWindows({
      query: map.name,
      // Only a little more than the time shown: not an hour of a fast replay.
      windowsMax: Math.max(1, Math.floor(choice.windows * OPEN_SHARE)),
    });
    if (windows.length === 0) return state;
    const precision = Math.min(choice.precision, map.precision);
    const average = this.#averageOf(choice.average)?.as;
    const found = openCells(windows, precision, average);
    return {
      ...state,
      open: found.cells,
      openAverages: found.averages,
      openWindows: found.windows,
    };
  }
}

/** What the scrubber's bars span, in whole steps. */
function barsOf({ fromMs, toMs }: EventTimeRange, windowMs: number) {
  const perBar = Math.ceil((toMs - fromMs) / BARS_MAX / windowMs);
  const stepMs = Math.max(1, perBar) * windowMs;
  return { fromMs: Math.floor(fromMs / stepMs) * stepMs, toMs, stepMs };
}

/** Events of all zones together, by time. */
function totals(lines: readonly SeriesLine[]): Record<string, number> {
  const sums = new Map<number, number>();
  for (const { timesMs, counts } of lines) {
    for (const [i, ms] of timesMs.entries()) {
      sums.set(ms, (sums.get(ms) ?? 0) + (counts[i] ?? 0));
    }
  }
  return Object.fromEntries([...sums].map(([ms, n]) => [String(ms), n]));
}
