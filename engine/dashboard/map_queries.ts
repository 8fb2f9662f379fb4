/**
 * Which of a job's queries the city view shows: the first with cells alone on
 * the map, the first with zones and an average as lines.
 *
 * @module
 */
import type { QuerySchema } from "../results/result_schema.ts";

/** What the city view shows of a job. */
export interface MapQueries {
  /** Drawn on the map; undefined for a job without cells. */
  readonly map: QuerySchema | undefined;
  /** What the map can be coloured by besides events. */
  readonly averages: QuerySchema["measures"];
  /** What it is coloured by at first: an average that is the first measure. */
  readonly firstAverage: string | undefined;
  /** Drawn as lines, one for each zone. */
  readonly routes: QuerySchema | undefined;
  /** The routes' measure, by its output name. */
  readonly measure: string | undefined;
  /** Whether that is in minutes. */
  readonly isMinutes: boolean;
}

/** What a query's events are called, by its count: `pickups` for `pickup_count`. */
export function eventNoun(
  measures: readonly Pick<QuerySchema["measures"][number], "as" | "type">[],
): string {
  const count = measures.find(({ type }) => type === "count");
  const name = (count?.as ?? "events").replaceAll(/[_-]+/g, " ");
  return / count$/.test(name) ? name.replace(/ count$/, "s") : name;
}

/** Finds them. */
export function mapQueries(queries: readonly QuerySchema[]): MapQueries {
  const withCells = queries.filter(({ precision }) => precision > 0);
  const map = withCells.find(({ zones }) => zones.length === 0) ?? withCells[0];
  const averageOf = ({ measures }: QuerySchema) =>
    measures.find(({ type }) => type === "avg");
  const routes = queries.find(
    (one) => one.zones.length > 0 && averageOf(one) !== undefined,
  );
  const average = routes && averageOf(routes);
  const [first] = map?.measures ?? [];
  return {
    map,
    averages: map?.measures.filter(({ type }) => type === "avg") ?? [],
    firstAverage: first?.type === "avg" ? first.as : undefined,
    routes,
    measure: average?.as,
    isMinutes: average?.isMinutes ?? false,
  };
}
