/**
 * Real trips out of a CSV file, weighed so that they stand for the whole feed.
 *
 * @module
 */
import { parse } from "csv-parse/sync";
import { columnOf, rowOf } from "../../engine/geo/geohash.ts";

/** Bits of a fine cell, a geohash of seven characters: some 150 m a side. */
export const CELL_BITS = 35;
const COLUMN_BITS = 18;
const ROW_BITS = 17;

/**
 * Trips of January 2016 by cab, as the TLC counted them: the sample has as many
 * green ones as yellow ones, the city has not.
 */
const MONTH_TRIPS = { yellow: 10_906_858, green: 1_445_285 } as const;

/** Around the city, well beyond its borders. */
const AREA = {
  southDeg: 40.4,
  northDeg: 41.1,
  westDeg: -74.4,
  eastDeg: -73.4,
} as const;

/** A place as the trip has it. */
export interface Place {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
}

/** One trip. */
export interface FitTrip {
  readonly pickup: Place;
  readonly dropoff: Place;
  /** What it stands for; a green trip counts 1. */
  readonly weight: number;
  /** Local time as if it were UTC. */
  readonly dropoffMs: number;
  readonly durationS: number;
  readonly miles: number;
  readonly passengerCount: number;
}

/** Whether a place is at 0, 0, as meters write when they don't know it. */
export function isZero(place: Place): boolean {
  return place.latitudeDeg === 0 && place.longitudeDeg === 0;
}

/** Whether a place is in or around the city. */
export function isInArea({ latitudeDeg, longitudeDeg }: Place): boolean {
  return (
    latitudeDeg > AREA.southDeg &&
    latitudeDeg < AREA.northDeg &&
    longitudeDeg > AREA.westDeg &&
    longitudeDeg < AREA.eastDeg
  );
}

/** Interleaved bits of a place's fine cell, a longitude bit first. */
export function cellBitsOf({ latitudeDeg, longitudeDeg }: Place): number {
  const row = rowOf(latitudeDeg, ROW_BITS);
  const column = columnOf(longitudeDeg, COLUMN_BITS);
  let bits = 0;
  for (let i = 0; i < CELL_BITS; i++) {
    const half = i >> 1;
    const bit =
      i % 2 === 0
        ? column >> (COLUMN_BITS - 1 - half)
        : row >> (ROW_BITS - 1 - half);
    bits = bits * 2 + (bit & 1);
  }
  return bits;
}

/** Day of the week and hour, from Monday 0:00. */
export function hourOfWeek(epochMs: number): number {
  const hour = Math.floor(epochMs / 3_600_000);
  // 1970-01-01 was a Thursday, the fourth day.
  return (hour + 3 * 24) % 168;
}

function timeMs(local: string): number {
  return Date.parse(`${local.replace(" ", "T")}Z`);
}

/**
 * Reads the sample.
 *
 * @param csv With its header line.
 */
export function readTrips(csv: Buffer): FitTrip[] {
  const rows: Record<string, string>[] = parse(csv, { columns: true });
  const counts = { yellow: 0, green: 0 };
  const cabOf = (row: Record<string, string>) =>
    row["cab_type"] === "green" ? "green" : "yellow";
  for (const row of rows) counts[cabOf(row)]++;
  const each = (cab: "yellow" | "green") => MONTH_TRIPS[cab] / counts[cab];
  return rows.map((row) => {
    const at = (end: string): Place => ({
      latitudeDeg: Number(row[`${end}_latitude`]),
      longitudeDeg: Number(row[`${end}_longitude`]),
    });
    const dropoffMs = timeMs(row["dropoff_datetime"] ?? "");
    return {
      pickup: at("pickup"),
      dropoff: at("dropoff"),
      weight: each(cabOf(row)) / each("green"),
      dropoffMs,
      durationS: (dropoffMs - timeMs(row["pickup_datetime"] ?? "")) / 1_000,
      miles: Number(row["trip_distance"]),
      passengerCount: Number(row["passenger_count"]),
    };
  });
}
