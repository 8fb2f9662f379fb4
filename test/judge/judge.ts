/**
 * The independent judge: computes the taxi job's documents and counts in
 * DuckDB, from the design's text alone. It shares no code with the engine.
 *
 * @module
 */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Document, Documents } from "./document.ts";
import {
  COUNTS_SQL,
  DOCUMENTS_SQL,
  JUDGED_SQL,
  SETUP_SQL,
  VERDICT_SQL,
} from "./judge_sql.ts";
import { type LineReading, lineBounds, readLine } from "./read_line.ts";

/** The zone presets of the taxi job. */
export const ZONES = ["nyc", "refarch", "boxes"] as const;
/** One of {@linkcode ZONES}. */
export type Zones = (typeof ZONES)[number];

/** What became of the records, in the words of `GET /api/status`. */
export interface JudgedCounts {
  readonly read: number;
  readonly tallied: number;
  /** By reason; reasons that never came are left out. */
  readonly filtered: Readonly<Record<string, number>>;
  readonly watermarksTaken: number;
  readonly watermarksRefused: number;
  readonly dead: number;
  readonly late: number;
}

/** Options for {@linkcode Judge.ofLines}. */
export interface JudgeOptions {
  /** The start of the run, for watermarks too far ahead. @default {Date.now()} */
  readonly startMs?: number;
  /** The bound of `bounded` watermarks. @default {undefined} by events */
  readonly boundMs?: number;
  /** @default {0} */
  readonly allowedLatenessMs?: number;
}

const WATERMARK_AHEAD_MAX_MS = 36_500 * 86_400_000;

interface DocumentRow {
  readonly query: string;
  readonly stamp_ms: number;
  readonly location: string;
  readonly airport: string | null;
  readonly n: number;
  readonly total: number | null;
  readonly average: number | null;
}

function documentOf(row: DocumentRow): Document {
  const { query, stamp_ms: timestamp, location, airport } = row;
  const _id = `${query}|${timestamp}|${location}`;
  if (airport === null || row.total === null || row.average === null) {
    return { _id, query, timestamp, location, pickup_count: row.n };
  }
  return {
    _id: `${_id}|${airport}`,
    query,
    timestamp,
    location,
    airport_code: airport,
    sum_trip_duration: row.total,
    avg_trip_duration: row.average,
  };
}

/** A loaded input, to be judged under any preset. Close it when done. */
export class Judge {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async #empty(): Promise<Judge> {
    const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
    const connection = await instance.connect();
    await connection.run(SETUP_SQL);
    return new Judge(instance, connection);
  }

  /**
   * Loads JSON lines, each a record. After a last line feed there is none.
   *
   * @param bytes The whole, decompressed input.
   * @param options The start of the run.
   */
  static async ofLines(
    bytes: Buffer,
    options: JudgeOptions = {},
  ): Promise<Judge> {
    const records = lineBounds(bytes).map(([start, end]) =>
      bytes.subarray(start, end),
    );
    return await Judge.ofRecords(records, options);
  }

  /** Loads records in the order in which one shard or file holds them. */
  static async ofRecords(
    records: Iterable<Buffer>,
    options: JudgeOptions = {},
  ): Promise<Judge> {
    const judge = await Judge.#empty();
    await judge.#append(records);
    await judge.#verdict(options);
    return judge;
  }

  /**
   * Loads trips straight from a CSV file (gzip or plain) with the columns of
   * the Taxi and Limousine Commission; times are taken as UTC.
   */
  static async ofCsv(path: string): Promise<Judge> {
    const judge = await Judge.#empty();
    const time = (column: string) => `epoch_ms(${column}::timestamp)`;
    await judge.#connection.run(
      `insert into record
       select row_number() over () - 1, 'trip',
         pickup_latitude::double, pickup_longitude::double,
         dropoff_latitude::double, dropoff_longitude::double,
         ${time("pickup_datetime")}, ${time("dropoff_datetime")}, null
       from read_csv($path, header = true, all_varchar = true)`,
      { path },
    );
    await judge.#verdict({ startMs: 0 });
    return judge;
  }

  async #append(records: Iterable<Buffer>): Promise<void> {
    const appender = await this.#connection.createAppender("record");
    const double = (value: number | undefined) => {
      if (value === undefined) appender.appendNull();
      else appender.appendDouble(value);
    };
    const whole = (value: number | undefined) => {
      if (value === undefined) appender.appendNull();
      else appender.appendBigInt(BigInt(value));
    };
    let line = 0;
    for (const record of records) {
      const reading: LineReading = readLine(record);
      const trip = reading.outcome === "trip" ? reading : undefined;
      whole(line);
      appender.appendVarchar(reading.outcome);
      double(trip?.pickupLat);
      double(trip?.pickupLon);
      double(trip?.dropoffLat);
      double(trip?.dropoffLon);
      whole(trip?.pickupMs);
      whole(trip?.dropoffMs);
      const { watermarkMs } = reading as { watermarkMs?: number };
      whole(watermarkMs);
      appender.endRow();
      line += 1;
    }
    appender.closeSync();
  }

  async #verdict(options: JudgeOptions): Promise<void> {
    const { startMs = Date.now(), boundMs, allowedLatenessMs = 0 } = options;
    const aheadMs = startMs + WATERMARK_AHEAD_MAX_MS;
    await this.#connection.run(
      VERDICT_SQL.replaceAll("$ahead_ms", String(aheadMs))
        .replaceAll("$bound_ms", `${boundMs ?? "null"}::bigint`)
        .replaceAll("$lateness_ms", String(allowedLatenessMs)),
    );
  }

  async #rows<Row>(sql: string, zones: Zones): Promise<Row[]> {
    const run = (text: string) =>
      this.#connection.runAndReadAll(text.replaceAll("$preset", `'${zones}'`));
    await run(JUDGED_SQL);
    return (await run(sql)).getRowObjectsJS() as Row[];
  }

  /** The documents under a preset, by `_id`. */
  async documents(zones: Zones): Promise<Documents> {
    const rows = await this.#rows<DocumentRow>(DOCUMENTS_SQL, zones);
    const documents = rows.map(documentOf);
    return new Map(documents.map((one) => [one._id, one]));
  }

  /** What became of the records under a preset. */
  async counts(zones: Zones): Promise<JudgedCounts> {
    const rows = await this.#rows<{
      verdict: string;
      reason: string | null;
      n: number;
    }>(COUNTS_SQL, zones);
    const filtered: Record<string, number> = {};
    const by = new Map<string, number>();
    let read = 0;
    for (const { verdict, reason, n } of rows) {
      by.set(verdict, (by.get(verdict) ?? 0) + n);
      if (reason !== null) filtered[reason] = n;
      read += n;
    }
    return {
      read,
      tallied: by.get("tallied") ?? 0,
      filtered,
      watermarksTaken: by.get("watermark_taken") ?? 0,
      watermarksRefused: by.get("watermark_refused") ?? 0,
      dead: by.get("dead") ?? 0,
      late: by.get("late") ?? 0,
    };
  }

  /** One verdict a record, e.g. `tallied` or `filtered pickup_outside_city`. */
  async verdicts(zones: Zones): Promise<string[]> {
    const rows = await this.#rows<{ verdict: string }>(
      "select concat_ws(' ', verdict, reason) as verdict from judged order by line",
      zones,
    );
    return rows.map(({ verdict }) => verdict);
  }

  /** Indexes of the records that are late by their place, filtered or not. */
  async lateIndexes(): Promise<number[]> {
    const rows = await this.#rows<{ line: number }>(
      "select line::double as line from judged where late order by line",
      "nyc",
    );
    return rows.map(({ line }) => line);
  }

  /** Geohashes of six characters of valid points. */
  async geohashes(
    points: readonly (readonly [lat: number, lon: number])[],
  ): Promise<string[]> {
    const values = points.map(
      ([lat, lon], i) => `(${i}, '${lat}'::double, '${lon}'::double)`,
    );
    const rows = await this.#rows<{ geohash: string }>(
      `select geohash6(la.i, lo.i) as geohash
       from (values ${values.join(", ")}) as p(place, lat, lon)
       asof join lat_edge as la on p.lat >= la.low
       asof join lon_edge as lo on p.lon >= lo.low order by place`,
      "nyc",
    );
    return rows.map(({ geohash }) => geohash);
  }

  /** Every edge of every zone: latitudes and longitudes in degrees. */
  async zoneEdges(): Promise<{ lat: number[]; lon: number[] }> {
    const list = async (one: string, other: string) => {
      const rows = await this.#rows<{ v: number }>(
        `select distinct v from (select ${one} as v from zone_box
         union all select ${other} from zone_box) order by v`,
        "nyc",
      );
      return rows.map(({ v }) => v);
    };
    return {
      lat: await list("south", "north"),
      lon: await list("west", "east"),
    };
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
