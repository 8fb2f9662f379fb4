/**
 * Results of an embedded store, read beside whoever writes it.
 *
 * Reads go over a connection of their own, one at a time: each sees the store
 * as it was committed when it began.
 *
 * @module
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { FlagdropError } from "../errors.ts";
import { parseGeohash } from "../geo/geohash.ts";
import type {
  GeohashPartPlan,
  JobPlan,
  MeasurePlan,
  QueryPlan,
} from "../job/plan.ts";
import { storeError } from "../sink/duckdb_database.ts";
import { resultTable, unionView } from "../sink/duckdb_schema.ts";
import { boxRanges, touchesBox } from "./box_ranges.ts";
import { cellNumber, cellText } from "./cell_number.ts";
import { CELLS_MAX, READ_TIMEOUT_MS, READS_WAITING_MAX } from "./limits.ts";
import {
  averageNamed,
  cellBits,
  cellPartFor,
  measureNamed,
  queryNamed,
  zonePart,
} from "./result_schema.ts";
import type {
  CellsAnswer,
  CellsRequest,
  EventTimeRange,
  Results,
  SeriesLine,
  SeriesRequest,
} from "./results.ts";

/** The number of a row's cell at a precision, as SQL. */
function cellSql(part: GeohashPartPlan, precision: number): string {
  const { word, shift, bits } = cellBits(part, precision);
  return `((w${word} >> ${shift}) & ${2 ** bits - 1})`;
}

/** A measure of many rows together, as SQL. */
function measureSql(measure: MeasurePlan): string {
  if (measure.type === "count") return "sum(n)";
  const column = `a${measure.accumulator}`;
  if (measure.type === "avg") return `sum(${column}) / sum(n)`;
  return `${measure.type}(${column})`;
}

function rangeSql({ fromMs, toMs }: EventTimeRange): string {
  return `ts >= ${Math.ceil(fromMs)} AND ts < ${Math.ceil(toMs)}`;
}

/** Options for {@linkcode DuckdbResults}. */
export interface DuckdbResultsOptions {
  /** The file, for error messages. */
  readonly file: string;
  readonly plan: JobPlan;
  /** Opens a connection for reading; called once. */
  readonly connect: () => Promise<DuckDBConnection>;
}

/** Reads a DuckDB store. */
export class DuckdbResults implements Results {
  readonly #options: DuckdbResultsOptions;
  #connection: Promise<DuckDBConnection> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  constructor(options: DuckdbResultsOptions) {
    this.#options = options;
  }

  /** Waits for what is under way; later reads are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  #refusal(): FlagdropError | undefined {
    const action = `Cannot read store "${this.#options.file}"`;
    if (this.#isClosed) {
      return new FlagdropError("FD_STORE", `${action}: it is closed`);
    }
    if (this.#waiting < READS_WAITING_MAX) return undefined;
    return new FlagdropError(
      "FD_LIMIT",
      `${action} as ${READS_WAITING_MAX} reads are waiting: ask again later`,
      { retry: "backoff" },
    );
  }

  /** Rows as arrays of columns. */
  async #read(sql: string): Promise<unknown[][]> {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    this.#waiting++;
    const answer = this.#last.then(() => this.#run(sql));
    this.#last = answer.catch(() => {});
    try {
      return await answer;
    } catch (error) {
      throw storeError(`read store "${this.#options.file}"`, error);
    } finally {
      this.#waiting--;
    }
  }

  async #run(sql: string): Promise<unknown[][]> {
    this.#connection ??= this.#options.connect();
    const connection = await this.#connection;
    const timer = setTimeout(() => connection.interrupt(), READ_TIMEOUT_MS);
    try {
      return (await connection.runAndReadAll(sql)).getColumns();
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Names of a query's tables with something of a range, as SQL to select from.
   * Naming only those saves binding the view over all of them.
   */
  async #tablesSql(
    query: QueryPlan,
    { fromMs, toMs }: EventTimeRange,
  ): Promise<string> {
    const [names = []] = (await this.#read(
      `SELECT table_name FROM flagdrop_internal.partitions
       WHERE query_index = ${query.index}
         AND start_ms < ${Math.ceil(toMs)} AND end_ms > ${Math.floor(fromMs)}`,
    )) as string[][];
    const selects = names.map((name) => `SELECT * FROM ${resultTable(name)}`);
    if (selects.length === 0) return `${unionView(query)}`;
    return `(${selects.join(" UNION ALL ")})`;
  }

  /**
   * Reads twice when the first time fails: a table may have been dropped
   * between finding and reading it, as its time was over.
   */
  async #again<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof FlagdropError && error.code === "FD_LIMIT") {
        throw error;
      }
      return await read();
    }
  }

  extent(): Promise<EventTimeRange | undefined> {
    return this.#again(() => this.#extent());
  }

  cells(request: CellsRequest): Promise<CellsAnswer> {
    return this.#again(() => this.#cells(request));
  }

  series(request: SeriesRequest): Promise<readonly SeriesLine[]> {
    return this.#again(() => this.#series(request));
  }

  async #extent(): Promise<EventTimeRange | undefined> {
    // Tables are of days that don't overlap: the ends are in the outermost.
    const [names = []] = (await this.#read(
      `SELECT unnest([arg_min(table_name, start_ms), arg_max(table_name, start_ms)])
       FROM flagdrop_internal.partitions GROUP BY query_index`,
    )) as string[][];
    const selects = [...new Set(names)].map(
      (name) => `SELECT min(ts) a, max(ts) b FROM ${resultTable(name)}`,
    );
    if (selects.length === 0) return undefined;
    const [[first], [last]] = (await this.#read(
      `SELECT min(a)::DOUBLE, max(b)::DOUBLE FROM (${selects.join(" UNION ALL ")})`,
    )) as [[number | null], [number | null]];
    if (first === null || last === null) return undefined;
    return { fromMs: first, toMs: last + 1 };
  }

  async #cells(request: CellsRequest): Promise<CellsAnswer> {
    const { range, precision, box } = request;
    const query = queryNamed(this.#options.plan, request.query);
    const cell = cellSql(cellPartFor(query, precision), precision);
    const conditions = [rangeSql(range)];
    if (box !== undefined) {
      const ranges = boxRanges(box, precision).map(
        ([first, last]) => `${cell} BETWEEN ${first} AND ${last}`,
      );
      conditions.push(`(${ranges.join(" OR ")})`);
    }
    const average = averageNamed(query, request.average);
    const more =
      average === undefined ? "" : `, (${measureSql(average)})::DOUBLE`;
    const tables = await this.#tablesSql(query, range);
    const [numbers = [], counts = [], averages = []] = (await this.#read(
      `SELECT ${cell} AS cell, sum(n)::DOUBLE AS total${more} FROM ${tables}
       WHERE ${conditions.join(" AND ")}
       GROUP BY cell ORDER BY total DESC, cell LIMIT ${CELLS_MAX + 1}`,
    )) as number[][];
    const isCut = numbers.length > CELLS_MAX;
    const rows = numbers.slice(0, CELLS_MAX).map((number, i) => ({
      text: cellText(number, precision),
      count: counts[i] ?? 0,
      average: averages[i] ?? 0,
    }));
    const inside =
      box === undefined
        ? rows
        : rows.filter(({ text }) => touchesBox(parseGeohash(text), box));
    return {
      cells: inside.map(({ text }) => text),
      counts: inside.map(({ count }) => count),
      ...(average && { averages: inside.map((row) => row.average) }),
      isCut,
    };
  }

  async #series(request: SeriesRequest): Promise<readonly SeriesLine[]> {
    const { range, stepMs, cell } = request;
    const query = queryNamed(this.#options.plan, request.query);
    const measure = measureNamed(query, request.measure);
    const zone = zonePart(query);
    const [bits] = zone?.bits ?? [];
    const index =
      bits === undefined
        ? "0"
        : `((w${bits.word} >> ${bits.shift}) & ${2 ** bits.bits - 1})`;
    const conditions = [rangeSql(range)];
    if (cell !== undefined) {
      const part = cellPartFor(query, cell.length);
      conditions.push(`${cellSql(part, cell.length)} = ${cellNumber(cell)}`);
    }
    const tables = await this.#tablesSql(query, range);
    const [zones = [], times = [], counts = [], values = []] =
      (await this.#read(
        `SELECT ${index}::DOUBLE AS zone, ((ts // ${stepMs}) * ${stepMs})::DOUBLE AS t,
           sum(n)::DOUBLE, (${measureSql(measure)})::DOUBLE
         FROM ${tables} WHERE ${conditions.join(" AND ")}
         GROUP BY zone, t ORDER BY zone, t`,
      )) as number[][];
    const names = zone?.zones ?? [""];
    return names.map((name, i) => {
      const of = (column: readonly number[]) =>
        column.filter((_, row) => zones[row] === i);
      return {
        zone: name,
        timesMs: of(times),
        counts: of(counts),
        values: of(values),
      };
    });
  }
}
