/**
 * Jobs that are no taxi's, and events for them: bike-share trips from station
 * to zone in windows of five minutes, and speeds of vehicles by cells of seven
 * characters. The presets of the same subjects read the events too.
 */
import type { JobSpecInput } from "../../engine/job/spec.ts";
import { Random } from "../judge/random.ts";

const START_MS = Date.UTC(2024, 1, 29, 22);
const STEP_MS = 700;

/** Rides that end at a station, by the zone of the station they began at. */
export const BIKE_JOB: JobSpecInput = {
  version: 1,
  name: "bike-share",
  kindField: "event",
  events: {
    ride_ended: {
      eventTime: "ended",
      fields: {
        startLat: { type: "number", from: ["start_lat"] },
        startLng: { type: "number", from: ["start_lng"] },
        endLat: { type: "number", from: ["end_lat"] },
        endLng: { type: "number", from: ["end_lng"] },
        metres: { type: "number", from: ["distance_m", "distance"] },
        started: { type: "time", from: ["started_at"] },
        ended: { type: "time", from: ["ended_at"] },
      },
      points: {
        start: { latitude: "startLat", longitude: "startLng" },
        end: { latitude: "endLat", longitude: "endLng" },
      },
      filters: [{ name: "too_far", field: "metres", min: 0, max: 30_000 }],
    },
  },
  watermark: { strategy: "bounded", boundMs: 90_000 },
  zones: {
    Harbour: { cells: ["dr5ru7", "dr5ruk", "dr5rus"] },
    Centre: {
      boxes: [
        { southDeg: 40.73, northDeg: 40.76, westDeg: -74, eastDeg: -73.97 },
      ],
    },
  },
  queries: [
    {
      name: "rides",
      event: "ride_ended",
      key: [
        { as: "from", zoneOf: "start", inZones: ["Harbour", "Centre"] },
        { as: "cell", geohash: "end", precision: 5 },
      ],
      windowMs: 300_000,
      measures: [
        { as: "rides", count: true },
        { as: "shortest", min: { minutesFrom: "started", minutesTo: "ended" } },
        { as: "metres", sum: { field: "metres" } },
        { as: "mean_metres", avg: { field: "metres" } },
      ],
    },
  ],
};

/** Average and greatest speed by cell. */
export const VEHICLE_JOB: JobSpecInput = {
  version: 1,
  name: "vehicles",
  kindField: "kind",
  events: {
    position: {
      eventTime: "at",
      fields: {
        lat: { type: "number", from: ["lat"] },
        lon: { type: "number", from: ["lon"] },
        speed: { type: "number", from: ["speed_kmh"] },
        at: { type: "time", from: ["reported_at"] },
      },
      points: { here: { latitude: "lat", longitude: "lon" } },
      filters: [{ name: "range", field: "lat", min: -90, max: 90 }],
    },
  },
  watermark: { strategy: "bounded", boundMs: 1_500 },
  queries: [
    {
      name: "speed",
      event: "position",
      key: [{ as: "cell", geohash: "here", precision: 7 }],
      windowMs: 90_500,
      measures: [
        { as: "mean", avg: { field: "speed" } },
        { as: "top", max: { field: "speed" } },
        { as: "least", min: { field: "speed" } },
      ],
      leastCount: 3,
    },
  ],
};

function lines(count: number, line: (at: number, i: number) => object): string {
  const texts = Array.from({ length: count }, (_, i) =>
    JSON.stringify(line(START_MS + i * STEP_MS, i)),
  );
  return `${texts.join("\n")}\n`;
}

/** Rides, some behind those before them but within the bound. */
export function bikeLines(count: number): string {
  const random = new Random(11);
  const near = (base: number) => base + random.next() * 0.05 - 0.025;
  return lines(count, (at) => {
    const endMs = at - random.whole(0, 80_000);
    return {
      event: random.chance(0.02) ? "ride_begun" : "ride_ended",
      start_lat: near(40.75),
      start_lng: near(-73.98),
      end_lat: near(40.75),
      end_lng: near(-73.98),
      distance_m: random.chance(0.02) ? 1e6 : random.next() * 5_000,
      // Some end before they begin: minutes are cut towards zero.
      started_at: new Date(endMs - random.whole(-90_000, 3e6)).toISOString(),
      ended_at: new Date(endMs).toISOString().replace("Z", "+00:00"),
    };
  });
}

/** Positions in few cells, so that windows have keys with many. */
export function vehicleLines(count: number): string {
  const random = new Random(12);
  return lines(count, (at, i) => ({
    kind: "position",
    id: i % 40,
    lat: (random.next() * 0.006 - 33.86).toFixed(6),
    lon: 151.2 + random.next() * 0.006,
    speed_kmh: random.next() * 90,
    reported_at: new Date(at).toISOString().replace("T", " ").replace("Z", ""),
  }));
}
