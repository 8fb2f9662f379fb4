/**
 * A bike-share job: rides that end, per cell of their start station and from
 * zone to zone, every five minutes. Its zones are parts of New York, so that it
 * runs on what Citi Bike publishes; a city of your own writes its own.
 *
 * @module
 */
import type { JobSpecInput, ZoneSpec } from "../spec.ts";

function box(
  [southDeg, northDeg]: readonly [number, number],
  [westDeg, eastDeg]: readonly [number, number],
): ZoneSpec {
  return { boxes: [{ southDeg, northDeg, westDeg, eastDeg }] };
}

/** Where rides begin and end; where two touch, the first one counts. */
const ZONES: Readonly<Record<string, ZoneSpec>> = {
  Downtown: box([40.7, 40.742], [-74.02, -73.971]),
  Midtown: box([40.742, 40.768], [-74.01, -73.965]),
  "Upper West Side": box([40.768, 40.812], [-73.995, -73.9585]),
  "Upper East Side": box([40.758, 40.8], [-73.9585, -73.93]),
  Brooklyn: box([40.64, 40.739], [-73.971, -73.9]),
  "Long Island City": {
    cells: ["dr5rv0", "dr5rv1", "dr5rv3", "dr5rv6", "dr5rve"],
  },
};

const PARTS = Object.keys(ZONES);

/** The bike-share job's spec, for `parseJobSpec`. */
export function bikeShareJob(): JobSpecInput {
  const minutes = { minutesFrom: "startedAt", minutesTo: "endedAt" };
  return {
    version: 1,
    name: "bike-share",
    kindField: "event",
    events: {
      ride_ended: {
        eventTime: "endedAt",
        fields: {
          startedAt: { type: "time", from: ["started_at", "starttime"] },
          endedAt: { type: "time", from: ["ended_at", "stoptime"] },
          startLat: {
            type: "number",
            from: ["start_lat", "start_station_latitude"],
          },
          startLng: {
            type: "number",
            from: ["start_lng", "start_station_longitude"],
          },
          endLat: { type: "number", from: ["end_lat", "end_station_latitude"] },
          endLng: {
            type: "number",
            from: ["end_lng", "end_station_longitude"],
          },
        },
        points: {
          start: { latitude: "startLat", longitude: "startLng" },
          end: { latitude: "endLat", longitude: "endLng" },
        },
        filters: [
          { name: "no_start", field: "startLat", min: 30, max: 60 },
          { name: "no_start", field: "startLng", min: -90, max: -60 },
          { name: "no_end", field: "endLat", min: 30, max: 60 },
          { name: "no_end", field: "endLng", min: -90, max: -60 },
        ],
      },
    },
    // Docks report late; nobody sends watermarks.
    watermark: { strategy: "bounded", boundMs: 120_000 },
    zones: ZONES,
    queries: [
      {
        name: "rides_started",
        event: "ride_ended",
        key: [{ as: "cell", geohash: "start", precision: 6 }],
        windowMs: 300_000,
        measures: [
          { as: "rides", count: true },
          { as: "avg_minutes", avg: minutes },
        ],
      },
      {
        name: "flows",
        event: "ride_ended",
        key: [
          { as: "from_zone", zoneOf: "start", inZones: PARTS },
          { as: "to_zone", zoneOf: "end", inZones: PARTS },
        ],
        windowMs: 300_000,
        measures: [
          { as: "rides", count: true },
          { as: "avg_minutes", avg: minutes },
          { as: "longest_minutes", max: minutes },
        ],
      },
    ],
  };
}
