/**
 * Which columns of a trip CSV become which fields of an event.
 *
 * @module
 */

/** Where a field's value stands. */
export interface CsvField {
  /** Name in the event. */
  readonly field: string;
  /** Index of the column. */
  readonly column: number;
}

/** Columns of one file. */
export interface CsvColumns {
  readonly pickupTime: number;
  readonly dropoffTime: number;
  /** Needed ones: the coordinates. */
  readonly numbers: readonly CsvField[];
  /** Written where they are numbers. */
  readonly optionalNumbers: readonly CsvField[];
}

const PICKUP_TIMES = [
  "pickup_datetime",
  "tpep_pickup_datetime",
  "lpep_pickup_datetime",
] as const;

const DROPOFF_TIMES = [
  "dropoff_datetime",
  "tpep_dropoff_datetime",
  "lpep_dropoff_datetime",
] as const;

const COORDINATES = {
  pickup_lon: "pickup_longitude",
  pickup_lat: "pickup_latitude",
  dropoff_lon: "dropoff_longitude",
  dropoff_lat: "dropoff_latitude",
} as const;

const OPTIONAL = [
  "passenger_count",
  "trip_distance",
  "fare_amount",
  "tip_amount",
  "total_amount",
] as const;

/**
 * The columns that a header names; letters' case and spaces around don't
 * matter.
 *
 * @returns Undefined when it isn't the header of a file of trips.
 */
export function csvColumns(header: readonly string[]): CsvColumns | undefined {
  const names = header.map((name) =>
    name
      .replace(/^\ufeff/, "")
      .trim()
      .toLowerCase(),
  );
  const first = (candidates: readonly string[]) =>
    names.findIndex((name) => candidates.includes(name));
  const pickupTime = first(PICKUP_TIMES);
  const dropoffTime = first(DROPOFF_TIMES);
  const numbers = Object.entries(COORDINATES).map(([field, name]) => ({
    field,
    column: first([field, name]),
  }));
  const isWhole =
    pickupTime >= 0 &&
    dropoffTime >= 0 &&
    numbers.every(({ column }) => column >= 0);
  if (!isWhole) return undefined;
  const optionalNumbers = OPTIONAL.map((field) => ({
    field,
    column: names.indexOf(field),
  })).filter(({ column }) => column >= 0);
  return { pickupTime, dropoffTime, numbers, optionalNumbers };
}
