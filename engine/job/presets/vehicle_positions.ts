/**
 * A job over the positions of vehicles, such as a bus fleet's: how fast they go
 * on average and at most, in cells of some 150 m, minute by minute.
 *
 * @module
 */
import type { JobSpecInput } from "../spec.ts";

/** The vehicle positions' job, for `parseJobSpec`. */
export function vehiclePositionsJob(): JobSpecInput {
  const speed = { field: "speedKmh" };
  return {
    version: 1,
    name: "vehicle-positions",
    kindField: "kind",
    events: {
      position: {
        eventTime: "reportedAt",
        fields: {
          reportedAt: { type: "time", from: ["reported_at", "timestamp"] },
          lat: { type: "number", from: ["lat", "latitude"] },
          lon: { type: "number", from: ["lon", "lng", "longitude"] },
          speedKmh: { type: "number", from: ["speed_kmh", "speed"] },
        },
        points: { here: { latitude: "lat", longitude: "lon" } },
        filters: [
          { name: "latitude_range", field: "lat", min: -90, max: 90 },
          { name: "longitude_range", field: "lon", min: -180, max: 180 },
          { name: "implausible_speed", field: "speedKmh", min: 0, max: 250 },
        ],
      },
    },
    watermark: { kind: "reported_up_to", field: "time" },
    queries: [
      {
        name: "speeds",
        event: "position",
        key: [{ as: "cell", geohash: "here", precision: 7 }],
        windowMs: 60_000,
        measures: [
          { as: "avg_speed_kmh", avg: speed },
          { as: "max_speed_kmh", max: speed },
          { as: "positions", count: true },
        ],
      },
    ],
  };
}
