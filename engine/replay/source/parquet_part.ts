/**
 * Reads a Parquet file with DuckDB, row group by row group. Everything comes as
 * text, as out of CSV: numbers with their digits, times as they are written.
 *
 * @module
 */
import { createRequire } from "node:module";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { EventBatch } from "./event_batch.ts";
import type { ReadEvent } from "./event_reader.ts";
import { PARQUET_MEMORY_LIMIT, PARQUET_THREADS } from "./limits.ts";
import { type RowColumns, rowColumns } from "./row_columns.ts";
import { type Row, RowEventReader } from "./row_event_reader.ts";
import { columnOptions, type PartOptions } from "./text_part.ts";

const NOTHING = Buffer.alloc(0);
/** What a time is looked for before its own, in local time: no offset is more. */
const ZONE_MS_MAX = 26 * 3_600_000;

/** A column of the file. */
interface Column {
  readonly name: string;
  /** DuckDB's name of its type. */
  readonly type: string;
}

/** Where reading begins. */
export interface ParquetStart {
  /** Rows before are left out. */
  readonly row: number;
  /** Rows that are surely earlier may be left out, epoch ms. */
  readonly timeMs: number;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function identifier(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** A column's value as text. */
function asText({ name, type }: Column): string {
  const column = identifier(name);
  return type === "TIMESTAMP WITH TIME ZONE"
    ? `make_timestamp(epoch_us(${column}))::VARCHAR || 'Z'`
    : `${column}::VARCHAR`;
}

/** Some rows. */
class RowBatch implements EventBatch {
  readonly bytes = NOTHING;
  readonly count: number;
  readonly #rows: readonly Row[];
  readonly #reader: RowEventReader;

  /** @param rows Each with its number in the file in front. */
  constructor(rows: readonly Row[], reader: RowEventReader) {
    this.count = rows.length;
    this.#rows = rows;
    this.#reader = reader;
  }

  place(): readonly [start: number, end: number] {
    return [0, 0];
  }

  offset(index: number): number {
    return Number(this.#row(index)[0]);
  }

  read(index: number, id: number): ReadEvent {
    return this.#reader.read(this.#row(index).slice(1), id);
  }

  raw(index: number): Uint8Array {
    return Buffer.from(JSON.stringify(this.#row(index).slice(1)));
  }

  #row(index: number): Row {
    return this.#rows[index] ?? [];
  }
}

/** An open file. */
export class ParquetPart {
  readonly #connection: DuckDBConnection;
  readonly #close: () => void;
  readonly #file: string;
  /** Rows of the whole file. */
  readonly rowCount: number;
  readonly #columns: readonly Column[];
  readonly #rowColumns: RowColumns;
  readonly #reader: RowEventReader;

  private constructor(
    database: { readonly connection: DuckDBConnection; close(): void },
    {
      file,
      rowCount,
      columns,
      options,
    }: {
      readonly file: string;
      readonly rowCount: number;
      readonly columns: readonly Column[];
      readonly options: PartOptions;
    },
  ) {
    this.#connection = database.connection;
    this.#close = () => database.close();
    this.#file = file;
    this.rowCount = rowCount;
    this.#columns = columns;
    const names = columns.map(({ name }) => name);
    this.#rowColumns = rowColumns(names, columnOptions(options));
    this.#reader = new RowEventReader({
      ...options,
      columns: this.#rowColumns,
    });
  }

  /**
   * Opens a file.
   *
   * @throws {Error} With a reason when it is none, or has no events.
   */
  static async open(path: string, options: PartOptions): Promise<ParquetPart> {
    const require = createRequire(import.meta.url);
    const duckdb =
      require("@duckdb/node-api") as typeof import("@duckdb/node-api");
    const instance = await duckdb.DuckDBInstance.create(":memory:", {
      threads: String(PARQUET_THREADS),
      memory_limit: PARQUET_MEMORY_LIMIT,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const connection = await instance.connect();
    const close = () => {
      connection.closeSync();
      instance.closeSync();
    };
    try {
      const file = literal(path);
      const answer = await connection.runAndReadAll(
        `DESCRIBE SELECT * FROM read_parquet(${file})`,
      );
      const columns = answer
        .getRowsJS()
        .map(([name, type]) => ({ name: String(name), type: String(type) }));
      const counted = await connection.runAndReadAll(
        `SELECT num_rows FROM parquet_file_metadata(${file})`,
      );
      const rowCount = Number(counted.getRowsJS()[0]?.[0] ?? 0);
      return new ParquetPart(
        { connection, close },
        { file, rowCount, columns, options },
      );
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Its events in the order of the file. */
  async *batches(start: ParquetStart): AsyncGenerator<EventBatch, void> {
    // Columns that no field is made of are not even decompressed.
    const used = this.#used();
    const values = this.#columns.map((column, i) =>
      used.has(i) ? asText(column) : "NULL",
    );
    const result = await this.#connection.stream(
      `SELECT file_row_number, ${values.join(", ")}
       FROM read_parquet(${this.#file}, file_row_number = true)
       WHERE file_row_number >= ${start.row} ${this.#after(start.timeMs)}`,
    );
    for await (const rows of result.yieldRowsJs()) {
      yield new RowBatch(rows as unknown as Row[], this.#reader);
    }
  }

  /** Gives the file back. */
  close(): void {
    this.#close();
  }

  /** A predicate that DuckDB checks against each row group's least and greatest. */
  #after(timeMs: number): string {
    const columns = this.#rowColumns;
    const index =
      columns.kind === "plain"
        ? columns.time.column
        : columns.ends.find((end) => end?.name === columns.timeOf)?.time;
    const column = this.#columns[index ?? -1];
    if (column === undefined || !column.type.startsWith("TIMESTAMP")) return "";
    if (!Number.isFinite(timeMs)) return "";
    const least = new Date(timeMs - ZONE_MS_MAX).toISOString().slice(0, 19);
    const type =
      column.type === "TIMESTAMP WITH TIME ZONE" ? "TIMESTAMPTZ" : "TIMESTAMP";
    const bound = type === "TIMESTAMPTZ" ? `${least}+00` : least;
    // Rows without a time stay: they are counted.
    const name = identifier(column.name);
    return `AND (${name} >= ${type} ${literal(bound)} OR ${name} IS NULL)`;
  }

  #used(): ReadonlySet<number> {
    const columns = this.#rowColumns;
    const others = columns.others.map(({ column }) => column);
    if (columns.kind === "plain") {
      return new Set([columns.time.column, ...others]);
    }
    const ends = columns.ends.flatMap((end) => {
      if (end === undefined) return [];
      const { time, place } = end;
      return [time, ...(place === undefined ? [] : Object.values(place))];
    });
    const numbers = columns.numbers.map(({ column }) => column);
    return new Set([...ends, ...numbers, ...others]);
  }
}
