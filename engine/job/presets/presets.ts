/**
 * The jobs that come with the package, by the names that `--job` takes.
 *
 * @module
 */
import type { JobSpecInput } from "../spec.ts";
import { bikeShareJob } from "./bike_share.ts";
import { taxiJob, taxiZones } from "./taxi.ts";
import { vehiclePositionsJob } from "./vehicle_positions.ts";

/** A job that comes with the package. */
export interface JobPreset {
  /** What it tallies, in a few words. */
  readonly summary: string;
  /** Its spec, for `parseJobSpec`. */
  readonly job: () => JobSpecInput;
}

/** Jobs by name. */
export const JOB_PRESETS: Readonly<Record<string, JobPreset>> = {
  taxi: {
    summary: "taxi trips: pickups per cell, minutes to the airports",
    job: () => taxiJob(taxiZones("nyc")),
  },
  "bike-share": {
    summary: "bike-share rides: per cell of their start, and from zone to zone",
    job: bikeShareJob,
  },
  "vehicle-positions": {
    summary: "vehicle positions: average and greatest speed per cell",
    job: vehiclePositionsJob,
  },
};

/** The preset of a name, if there is one. */
export function jobPreset(name: string): JobPreset | undefined {
  return Object.hasOwn(JOB_PRESETS, name) ? JOB_PRESETS[name] : undefined;
}
