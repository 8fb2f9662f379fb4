/** The job that is simulated, and events of it. */
import {
  type JobSpec,
  parseJobSpec,
  type WatermarkStrategy,
} from "../../engine/job/spec.ts";

/** Where rides begin; the cells are written down, not computed. */
export const PLACES = [
  { lat: 40.7128, lon: -74.006, cell6: "dr5reg" },
  { lat: 40.758, lon: -73.9855, cell6: "dr5ru7" },
  { lat: 40.6413, lon: -73.7781, cell6: "dr5x1n" },
  { lat: 40.8501, lon: -73.8662, cell6: "dr72rh" },
  { lat: 41.0534, lon: -73.5387, cell6: "dr79w9" },
] as const;

/** How ids of rides are remembered. */
export interface DedupeChoice {
  readonly withinMs: number;
  readonly idsMax: number;
}

/** What a seed chooses of the job. */
export interface JobChoice {
  readonly strategy: WatermarkStrategy;
  /** With `bounded`. */
  readonly boundMs: number;
  readonly allowedLatenessMs: number;
  /** Between two early writings; undefined for none. */
  readonly emitEarlyMs: number | undefined;
  /** What is remembered of ids; null for nothing. */
  readonly dedupe: DedupeChoice | null;
}

/** Whether documents are written more than once, growing. */
export function isCorrecting(choice: JobChoice): boolean {
  return choice.allowedLatenessMs > 0 || choice.emitEarlyMs !== undefined;
}

/** The job of a choice. */
export function jobOf(choice: JobChoice): JobSpec {
  const { strategy, boundMs, allowedLatenessMs, dedupe } = choice;
  return parseJobSpec({
    version: 1,
    name: "simulated",
    watermark: strategy === "bounded" ? { strategy, boundMs } : { strategy },
    allowedLatenessMs,
    dedupe: dedupe && { field: "id", ...dedupe },
    events: {
      ride: {
        eventTime: "at",
        fields: {
          lat: { type: "number", from: ["lat"] },
          lon: { type: "number", from: ["lon"] },
          amount: { type: "number", from: ["amount"] },
          at: { type: "time", from: ["at"] },
        },
        points: { place: { latitude: "lat", longitude: "lon" } },
        filters: [{ name: "amount_range", field: "amount", min: 0, max: 100 }],
      },
    },
    queries: [
      {
        name: "rides",
        event: "ride",
        key: [{ as: "place", geohash: "place", precision: 6 }],
        windowMs: 10_000,
        measures: [{ as: "rides", count: true }],
        leastCount: 2,
      },
      {
        name: "takings",
        event: "ride",
        key: [{ as: "place", geohash: "place", precision: 4 }],
        windowMs: 30_000,
        measures: [
          { as: "sum", sum: { field: "amount" } },
          { as: "mean", avg: { field: "amount" } },
          { as: "most", max: { field: "amount" } },
        ],
      },
    ],
  });
}

export interface Ride {
  readonly place: (typeof PLACES)[number];
  readonly amount: number;
  readonly atMs: number;
  readonly id: number;
}

export function rideBytes({ place, amount, atMs, id }: Ride): Buffer {
  const { lat, lon } = place;
  const at = new Date(atMs).toISOString();
  return Buffer.from(
    JSON.stringify({ type: "ride", id, lat, lon, amount, at }),
  );
}

export function watermarkBytes(epochMs: number): Buffer {
  const watermark = new Date(epochMs).toISOString();
  return Buffer.from(JSON.stringify({ type: "watermark", watermark }));
}
