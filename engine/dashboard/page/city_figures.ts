/**
 * What the city view says in figures.
 *
 * @module
 */
import type { CityState } from "../city_state.ts";

/** Figures of the time that the map shows. */
export interface CityFigures {
  /** In windows that have fired. */
  readonly events: number;
  /** In open windows so far. */
  readonly open: number;
  readonly cells: number;
  readonly zones: readonly {
    readonly zone: string;
    readonly events: number;
    /** Average of the measure; undefined without events. */
    readonly average: number | undefined;
  }[];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** Adds up a state. */
export function cityFigures(state: CityState): CityFigures {
  const { cells, open, averages } = state;
  return {
    events: sum(cells),
    open: sum(open),
    cells: Object.keys(cells).length,
    zones: Object.entries(averages).map(([zone, [events, average]]) => ({
      zone,
      events,
      average: events === 0 ? undefined : average,
    })),
  };
}

/** The busiest cells, the busiest first. */
export function topCells(
  { cells, open }: CityState,
  count: number,
): (readonly [cell: string, events: number])[] {
  const totals = new Map(Object.entries(cells));
  for (const [cell, more] of Object.entries(open)) {
    totals.set(cell, (totals.get(cell) ?? 0) + more);
  }
  return [...totals]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, count);
}

/** Points of a line by their time. */
export function linePoints(
  points: Readonly<Record<string, number>>,
): Map<number, number> {
  return new Map(Object.entries(points).map(([ms, n]) => [Number(ms), n]));
}

/** Averages of a zone by their time. */
export function zonePoints(
  points: CityState["zones"][string] | undefined,
): Map<number, number> {
  return new Map(
    Object.entries(points ?? {}).map(([ms, [, value]]) => [Number(ms), value]),
  );
}
