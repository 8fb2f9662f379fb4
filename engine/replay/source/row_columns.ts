/**
 * Which columns of a table become which fields of an event: those of the TLC's
 * files of all years, and any others by the user's mapping.
 *
 * @module
 */

import { type JobForm, onlyKind, TAXI_FORM } from "../job_form.ts";

/** Where a field's value stands. */
export interface RowField {
  /** Name in the event. */
  readonly field: string;
  /** Index of the column. */
  readonly column: number;
}

/** Where a place stands: as coordinates, or as the number of a taxi zone. */
export type PlaceColumns =
  | { readonly lon: number; readonly lat: number }
  | { readonly zone: number };

/** Time and place of one end of a trip. */
export interface TripEnd {
  /** `pickup` or `dropoff`. */
  readonly name: "pickup" | "dropoff";
  readonly time: number;
  /** Undefined where the file has none. */
  readonly place: PlaceColumns | undefined;
}

/** Columns of a file of trips. */
export interface TripColumns {
  readonly kind: "trip";
  /** With a drop-off only where the file has one. */
  readonly ends: readonly [pickup: TripEnd, dropoff?: TripEnd];
  /** The end whose time is the event time. */
  readonly timeOf: "pickup" | "dropoff";
  /** Written where they are numbers. */
  readonly numbers: readonly RowField[];
  /** What the user's mapping has besides; written where they aren't empty. */
  readonly others: readonly RowField[];
}

/** Columns of any other file. */
export interface PlainColumns {
  readonly kind: "plain";
  readonly time: RowField;
  /** Other times of the job; written in UTC. */
  readonly times: readonly RowField[];
  readonly others: readonly RowField[];
  /** Members that all events have, as JSON with a comma before each. */
  readonly constants: string;
}

/** The columns of one file. */
export type RowColumns = TripColumns | PlainColumns;

/** What the user says about columns. */
export interface ColumnOptions {
  /** Column names by field, as `pickup_lat` → `Start_Lat`. */
  readonly mapping: ReadonlyMap<string, string>;
  /** The event time's field; undefined for the form's. */
  readonly timestampField: string | undefined;
  readonly form: JobForm;
  /** Whether numbers of zones can be made points. */
  readonly hasZones: boolean;
}

/** Names of columns by field, all years of all files together. */
const NAMES = {
  pickup_datetime: [
    "pickup_datetime",
    "tpep_pickup_datetime",
    "lpep_pickup_datetime",
    "trip_pickup_datetime",
    "pickup_date",
  ],
  dropoff_datetime: [
    "dropoff_datetime",
    "tpep_dropoff_datetime",
    "lpep_dropoff_datetime",
    "trip_dropoff_datetime",
  ],
  pickup_lon: ["pickup_lon", "pickup_longitude", "start_lon"],
  pickup_lat: ["pickup_lat", "pickup_latitude", "start_lat"],
  dropoff_lon: ["dropoff_lon", "dropoff_longitude", "end_lon"],
  dropoff_lat: ["dropoff_lat", "dropoff_latitude", "end_lat"],
  pickup_zone: ["pickup_zone", "pulocationid", "locationid"],
  dropoff_zone: ["dropoff_zone", "dolocationid"],
} as const;

const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  passenger_count: ["passenger_count"],
  trip_distance: ["trip_distance", "trip_miles"],
  fare_amount: ["fare_amount", "fare_amt", "base_passenger_fare"],
  tip_amount: ["tip_amount", "tip_amt", "tips"],
  total_amount: ["total_amount", "total_amt"],
};

function plainName(name: string): string {
  return name
    .replace(/^\ufeff/, "")
    .trim()
    .toLowerCase();
}

/** Finds columns of one header. */
class Header {
  readonly names: readonly string[];
  readonly #plain: readonly string[];
  readonly #mapping: ReadonlyMap<string, string>;

  constructor(header: readonly string[], mapping: ReadonlyMap<string, string>) {
    this.names = header.map((name) => name.replace(/^\ufeff/, "").trim());
    this.#plain = header.map(plainName);
    this.#mapping = mapping;
    for (const column of mapping.values()) {
      if (this.columnNamed(column) < 0) {
        throw new Error(
          `it has no column "${column}", which --columns names: its columns are ${this.names.join(", ")}`,
        );
      }
    }
  }

  columnNamed(name: string): number {
    return this.#plain.indexOf(plainName(name));
  }

  /** The column of a field: the user's, or one with a known name; else -1. */
  columnOf(field: string, known: readonly string[]): number {
    const mapped = this.#mapping.get(field);
    return mapped === undefined
      ? this.#plain.findIndex((name) => known.includes(name))
      : this.columnNamed(mapped);
  }

  mapped(): RowField[] {
    return [...this.#mapping].map(([field, name]) => ({
      field,
      column: this.columnNamed(name),
    }));
  }
}

function tripEnd(
  header: Header,
  name: TripEnd["name"],
  hasZones: boolean,
): TripEnd {
  const column = (what: "datetime" | "lon" | "lat" | "zone") =>
    header.columnOf(`${name}_${what}`, NAMES[`${name}_${what}`]);
  const [time, lon, lat] = [column("datetime"), column("lon"), column("lat")];
  const zone = column("zone");
  const place =
    lon >= 0 && lat >= 0
      ? { lon, lat }
      : zone >= 0 && hasZones
        ? { zone }
        : undefined;
  return { name, time, place };
}

function tripColumns(
  header: Header,
  { timestampField, hasZones }: ColumnOptions,
): TripColumns | undefined {
  const pickup = tripEnd(header, "pickup", hasZones);
  const dropoff = tripEnd(header, "dropoff", hasZones);
  const hasDropoff = dropoff.time >= 0;
  if (pickup.time < 0 || pickup.place === undefined) return undefined;
  if (hasDropoff && dropoff.place === undefined) return undefined;
  const timeOf =
    timestampField === undefined
      ? hasDropoff
        ? "dropoff"
        : "pickup"
      : timestampField === "pickup_datetime"
        ? "pickup"
        : timestampField === "dropoff_datetime" && hasDropoff
          ? "dropoff"
          : undefined;
  if (timeOf === undefined) return undefined;
  const numbers = Object.entries(NUMBERS)
    .map(([field, known]) => ({ field, column: header.columnOf(field, known) }))
    .filter(({ column }) => column >= 0);
  const others = header
    .mapped()
    .filter(({ field }) => !(field in NAMES) && !(field in NUMBERS));
  const ends = hasDropoff ? ([pickup, dropoff] as const) : ([pickup] as const);
  return { kind: "trip", ends, timeOf, numbers, others };
}

function plainColumns(
  header: Header,
  { mapping, timestampField, form }: ColumnOptions,
): PlainColumns | undefined {
  const mapped = header.mapped();
  const names =
    timestampField === undefined ? form.allTimeFields : [timestampField];
  const time = names
    .map((field) => ({
      field,
      column:
        mapped.find((one) => one.field === field)?.column ??
        header.columnNamed(field),
    }))
    .find(({ column }) => column >= 0);
  if (time === undefined) return undefined;
  const all =
    mapping.size > 0
      ? mapped
      : header.names.map((field, column) => ({ field, column }));
  const rest = all.filter(({ column }) => column !== time.column);
  const isTime = ({ field }: RowField) => form.timeMembers.has(field);
  return {
    kind: "plain",
    time,
    times: rest.filter(isTime),
    others: rest.filter((field) => !isTime(field)),
    constants: kindMember(all, form),
  };
}

/** The kind, where the table doesn't say it and the job has only one. */
function kindMember(all: readonly RowField[], form: JobForm): string {
  const kind = onlyKind(form);
  const isThere = all.some(({ field }) => field === form.kindField);
  if (kind === undefined || isThere) return "";
  return `,${JSON.stringify(form.kindField)}:${JSON.stringify(kind)}`;
}

/**
 * The columns that a header names; letters' case and spaces around don't
 * matter.
 *
 * @throws {Error} With a plain reason when no events can be made of its rows.
 */
export function rowColumns(
  names: readonly string[],
  options: ColumnOptions,
): RowColumns {
  const { mapping, timestampField, form, hasZones } = options;
  const header = new Header(names, mapping);
  const isTaxi = form === TAXI_FORM;
  const trip = isTaxi ? tripColumns(header, options) : undefined;
  if (trip !== undefined) return trip;
  const isAsked = !isTaxi || mapping.size > 0 || timestampField !== undefined;
  const plain = isAsked ? plainColumns(header, options) : undefined;
  if (plain !== undefined) return plain;
  if (!isTaxi) {
    const field = timestampField ?? form.allTimeFields.join(" or ");
    throw new Error(
      `it has no column for the event time, ${field}: give --columns or --timestamp-field; its columns are ${header.names.join(", ")}`,
    );
  }
  const withZones = tripColumns(header, { ...options, hasZones: true });
  if (withZones !== undefined && !hasZones) {
    throw new Error(
      "its places are numbers of taxi zones: give --zone-table FILE with a point or an outline for each",
    );
  }
  throw new Error(
    `its header names no trips: it needs pickup_datetime, dropoff_datetime and the four coordinates, or --columns and --timestamp-field for others; its columns are ${header.names.join(", ")}`,
  );
}
