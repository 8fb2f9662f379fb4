/**
 * The taxi job: pickups per geohash cell, and trip durations from each cell to
 * New York's airports.
 *
 * @module
 */
import { neighbours } from "../../geo/geohash.ts";
import type { JobSpecInput, ZoneSpec } from "../spec.ts";

/** Names of the zone presets of the taxi job. */
export const ZONE_PRESETS = ["nyc", "refarch", "boxes"] as const;
/** One of {@linkcode ZONE_PRESETS}. */
export type ZonePreset = (typeof ZONE_PRESETS)[number];

/** The three zones that the taxi job needs. */
export type TaxiZones = Record<"NYC" | "JFK" | "LGA", ZoneSpec>;

/** Cells around which the original Flink job draws its zones. */
const CENTRES = { NYC: "dr72", JFK: "dr5x0z", LGA: "dr5rzjx" } as const;
/** Further cells of LaGuardia. */
const LGA_CELLS = ["dr5ryy", "dr5rzn"] as const;

function cellZones(centre: "with_centre" | "without_centre"): TaxiZones {
  const around = (cell: string) =>
    centre === "with_centre" ? [cell, ...neighbours(cell)] : neighbours(cell);
  return {
    NYC: { cells: around(CENTRES.NYC) },
    JFK: { cells: around(CENTRES.JFK) },
    LGA: { cells: [...LGA_CELLS, ...around(CENTRES.LGA)] },
  };
}

/**
 * The zones of a preset.
 *
 * - `nyc`: each centre cell and its eight neighbours.
 * - `refarch`: the same without the centres, as the original Flink job has it
 *   (it loses upper Manhattan and the Bronx); for comparing documents.
 * - `boxes`: plain boxes in degrees.
 */
export function taxiZones(preset: ZonePreset): TaxiZones {
  if (preset === "nyc") return cellZones("with_centre");
  if (preset === "refarch") return cellZones("without_centre");
  const box = (
    [southDeg, northDeg]: readonly [number, number],
    [westDeg, eastDeg]: readonly [number, number],
  ): ZoneSpec => ({ boxes: [{ southDeg, northDeg, westDeg, eastDeg }] });
  return {
    NYC: box([40.56, 40.878], [-74.054, -73.722]),
    JFK: box([40.632, 40.654], [-73.8, -73.761]),
    LGA: box([40.766, 40.778], [-73.881, -73.859]),
  };
}

/**
 * The taxi job's spec.
 *
 * @param zones The zones to use, e.g. `taxiZones("nyc")`.
 * @returns A spec for `parseJobSpec`.
 */
export function taxiJob(zones: TaxiZones): JobSpecInput {
  const minutes = { minutesFrom: "pickupTime", minutesTo: "dropoffTime" };
  const location = { as: "location", geohash: "pickup", precision: 6 };
  const degrees = (name: string, field: string, max: number) => ({
    name,
    field,
    min: -max,
    max,
  });
  return {
    version: 1,
    name: "nyc-taxi",
    kindField: "type",
    events: {
      trip: {
        eventTime: "dropoffTime",
        fields: {
          pickupLat: {
            type: "number",
            from: ["pickup_lat", "pickup_latitude"],
          },
          pickupLon: {
            type: "number",
            from: ["pickup_lon", "pickup_longitude"],
          },
          dropoffLat: {
            type: "number",
            from: ["dropoff_lat", "dropoff_latitude"],
          },
          dropoffLon: {
            type: "number",
            from: ["dropoff_lon", "dropoff_longitude"],
          },
          pickupTime: { type: "time", from: ["pickup_datetime"] },
          dropoffTime: { type: "time", from: ["dropoff_datetime"] },
        },
        points: {
          pickup: { latitude: "pickupLat", longitude: "pickupLon" },
          dropoff: { latitude: "dropoffLat", longitude: "dropoffLon" },
        },
        filters: [
          degrees("pickup_latitude_range", "pickupLat", 90),
          degrees("pickup_longitude_range", "pickupLon", 180),
          degrees("dropoff_latitude_range", "dropoffLat", 90),
          degrees("dropoff_longitude_range", "dropoffLon", 180),
          { name: "pickup_outside_city", point: "pickup", inZone: "NYC" },
          { name: "dropoff_outside_city", point: "dropoff", inZone: "NYC" },
        ],
      },
    },
    watermark: { kind: "watermark", field: "watermark" },
    zones,
    queries: [
      {
        name: "pickup_count",
        event: "trip",
        key: [location],
        windowMs: 600_000,
        measures: [{ as: "pickup_count", count: true }],
        leastCount: 2,
      },
      {
        name: "trip_duration",
        event: "trip",
        key: [
          location,
          { as: "airport_code", zoneOf: "dropoff", inZones: ["JFK", "LGA"] },
        ],
        windowMs: 600_000,
        measures: [
          { as: "sum_trip_duration", sum: minutes },
          { as: "avg_trip_duration", avg: minutes },
        ],
        leastCount: 2,
      },
    ],
  };
}
