/**
 * Events out of rows of a table. Numbers keep their digits, so that coordinates
 * keep their value; times become UTC.
 *
 * @module
 */
import type { EventReader, ReadEvent } from "./event_reader.ts";
import type {
  PlaceColumns,
  RowColumns,
  RowField,
  TripColumns,
} from "./row_columns.ts";
import type { Timestamps } from "./timestamps.ts";
import type { ZoneTable } from "./zone_table.ts";

/** JSON's numbers. */
const NUMBER_REGEXP = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A row's values; null where the file has none. */
export type Row = readonly (string | null | undefined)[];

/** Options for {@linkcode RowEventReader}. */
export interface RowEventReaderOptions {
  readonly columns: RowColumns;
  readonly timestamps: Timestamps;
  /** Needed where places are numbers of zones. */
  readonly zones: ZoneTable | undefined;
}

function unparsable(reason: string, detail: string): ReadEvent {
  return { kind: "unparsable", reason, detail };
}

/** The member of a field, with a comma before it; empty without a value. */
function member(row: Row, { field, column }: RowField): string {
  const value = row[column] ?? "";
  if (value === "") return "";
  const json = NUMBER_REGEXP.test(value) ? value : JSON.stringify(value);
  return `,${JSON.stringify(field)}:${json}`;
}

/** The reader. */
export class RowEventReader implements EventReader<Row> {
  readonly #options: RowEventReaderOptions;

  constructor(options: RowEventReaderOptions) {
    this.#options = options;
  }

  read(row: Row, id: number): ReadEvent {
    const { columns, timestamps } = this.#options;
    if (columns.kind === "trip") return this.#trip(row, id, columns);
    const { time, times, others, constants } = columns;
    const timeMs = timestamps.readMs(row[time.column]);
    if (Number.isNaN(timeMs)) return unparsable("no_time", time.field);
    const members = [
      ...times.map((field) => this.#time(row, field)),
      ...others.map((field) => member(row, field)),
    ].join("");
    const when = new Date(timeMs).toISOString();
    const line = `{${JSON.stringify(time.field)}:"${when}"${constants}${members}}\n`;
    return { kind: "event", timeMs, line };
  }

  /** A time in UTC; as it is when it is none, for the job to refuse. */
  #time(row: Row, { field, column }: RowField): string {
    const ms = this.#options.timestamps.readMs(row[column]);
    return Number.isNaN(ms)
      ? member(row, { field, column })
      : `,${JSON.stringify(field)}:"${new Date(ms).toISOString()}"`;
  }

  #trip(row: Row, id: number, columns: TripColumns): ReadEvent {
    const { timestamps } = this.#options;
    const [pickup, dropoff] = columns.ends;
    const pickupMs = timestamps.readMs(row[pickup.time]);
    if (Number.isNaN(pickupMs)) return unparsable("no_time", "pickup_datetime");
    let timeMs = pickupMs;
    let members = `,"pickup_datetime":"${new Date(pickupMs).toISOString()}"`;
    if (dropoff !== undefined) {
      const read = timestamps.read(row[dropoff.time]);
      if (Number.isNaN(read.firstMs)) {
        return unparsable("no_time", "dropoff_datetime");
      }
      // In autumn's doubled hour a trip doesn't end before it begins.
      const endMs = read.firstMs < pickupMs ? read.secondMs : read.firstMs;
      members += `,"dropoff_datetime":"${new Date(endMs).toISOString()}"`;
      if (columns.timeOf === "dropoff") timeMs = endMs;
    }
    for (const end of columns.ends) {
      if (end?.place === undefined) continue;
      const place = this.#place(row, end.place);
      if (place === undefined) {
        return unparsable("no_place", `no place of the ${end.name}`);
      }
      const [lon, lat] = place;
      members += `,"${end.name}_lon":${lon},"${end.name}_lat":${lat}`;
    }
    for (const { field, column } of columns.numbers) {
      const value = row[column] ?? "";
      if (NUMBER_REGEXP.test(value)) members += `,"${field}":${value}`;
    }
    for (const field of columns.others) members += member(row, field);
    const line = `{"type":"trip","trip_id":${id}${members}}\n`;
    return { kind: "event", timeMs, line };
  }

  #place(
    row: Row,
    place: PlaceColumns,
  ): readonly [lon: string, lat: string] | undefined {
    if ("zone" in place) {
      return this.#options.zones?.pointOf(row[place.zone] ?? "");
    }
    const [lon, lat] = [row[place.lon] ?? "", row[place.lat] ?? ""];
    const isPlace = NUMBER_REGEXP.test(lon) && NUMBER_REGEXP.test(lat);
    return isPlace ? [lon, lat] : undefined;
  }
}
