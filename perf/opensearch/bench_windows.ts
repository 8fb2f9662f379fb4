/**
 * Fired windows as a city has them, and the settings that their sink has.
 *
 * @module
 */
import { planJob } from "../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../engine/job/spec.ts";
import type { OpensearchSettings } from "../../engine/sink/opensearch/opensearch_settings.ts";
import type { FiredWindow } from "../../engine/sink/sink.ts";

/** Pickups in a window, about as many as New York has. */
export const WINDOW_ROWS = 1_300;
const WINDOW_MS = 600_000;
const START_MS = 1_451_606_400_000;

/** The taxi job. */
export const PLAN = planJob(parseJobSpec(taxiJob(taxiZones("nyc"))));

/**
 * Windows of pickups, whole ones: at least so many documents.
 *
 * @param first Number of the first window since the year's beginning.
 */
export function windowsFrom(first: number, documents: number): FiredWindow[] {
  const [query] = PLAN.queries;
  if (query === undefined) throw new RangeError("no query");
  const count = Math.ceil(documents / WINDOW_ROWS);
  return Array.from({ length: count }, (_, i) => {
    const windowStartMs = START_MS + (first + i) * WINDOW_MS;
    const word0 = Uint32Array.from(
      { length: WINDOW_ROWS },
      (_, row) => 0x1900_0000 + row * 769,
    );
    return {
      query,
      windowStartMs,
      timestampMs: windowStartMs + WINDOW_MS - 1,
      rowCount: WINDOW_ROWS,
      word0,
      word1: new Uint32Array(WINDOW_ROWS),
      counts: Float64Array.from(word0, (word) => 2 + (word % 97)),
      accumulators: [],
    };
  });
}

/** Settings of a sink without credentials. */
export function settingsFor(
  origin: string,
  indexPrefix: string,
): OpensearchSettings {
  return {
    origins: [origin],
    auth: { type: "none" },
    caPem: "",
    indexPrefix,
    indexTime: "none",
    emitsEarly: false,
    hasIds: true,
    replacesTemplates: false,
    gzip: false,
  };
}
