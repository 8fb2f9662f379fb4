/**
 * Which windows late events have changed, for the map and the scrubber.
 *
 * @module
 */
import type { CorrectionStatus } from "../../status/status.ts";
import type { MapQueries } from "../map_queries.ts";

/** Ends less one ms of corrected windows, ascending. */
export type CorrectedTimes = readonly number[];

/** The windows of what the city view shows that the run has corrected. */
export function correctedTimes(
  corrections: readonly CorrectionStatus[] = [],
  { map, routes }: MapQueries,
): CorrectedTimes {
  const shown = [map?.name, routes?.name];
  const times = corrections
    .filter(({ query }) => shown.includes(query))
    .map(({ timestampMs }) => timestampMs);
  return [...new Set(times)].sort((a, b) => a - b);
}

/** What the map says of the windows that it shows; empty for nothing. */
export function correctedText(
  times: CorrectedTimes,
  range: { readonly fromMs: number; readonly toMs: number } | undefined,
): string {
  if (range === undefined) return "";
  const count = times.filter(
    (ms) => ms >= range.fromMs && ms < range.toMs,
  ).length;
  if (count === 0) return "";
  return count === 1
    ? "1 window shown was corrected by late events"
    : `${count} windows shown were corrected by late events`;
}
