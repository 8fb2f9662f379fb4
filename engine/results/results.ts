/**
 * The one interface that pages read results through, whatever store they are
 * kept in.
 *
 * @module
 */
import type { CellBounds } from "../geo/geohash.ts";

/**
 * Event time: the documents of all windows that lie in it as a whole, by their
 * timestamp. Start inclusive, end exclusive, epoch ms.
 */
export interface EventTimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Asks for the events of each cell. */
export interface CellsRequest {
  /** The query's name. */
  readonly query: string;
  readonly range: EventTimeRange;
  /** Characters of the cells, 1 to 6. */
  readonly precision: number;
  /** Only cells that touch this box. @default {everywhere} */
  readonly box?: CellBounds | undefined;
  /** An average, by its output name, to be told of each cell. @default none */
  readonly average?: string | undefined;
}

/** Events by cell, the busiest first. */
export interface CellsAnswer {
  readonly cells: readonly string[];
  readonly counts: readonly number[];
  /** The averages, where one was asked for. */
  readonly averages?: readonly number[];
  /** Whether there were more cells than an answer holds. */
  readonly isCut: boolean;
}

/** Asks for figures over time. */
export interface SeriesRequest {
  readonly query: string;
  readonly range: EventTimeRange;
  /** Length of a point, ms. */
  readonly stepMs: number;
  /** The measure by its output name. @default {count} */
  readonly measure?: string | undefined;
  /** Only this cell, 1 to 6 characters. @default {everywhere} */
  readonly cell?: string | undefined;
}

/** One line of a chart; times and values run side by side. */
export interface SeriesLine {
  /** The zone, for queries with one in their key; else empty. */
  readonly zone: string;
  /** Start of each point, epoch ms; points without events are left out. */
  readonly timesMs: readonly number[];
  readonly counts: readonly number[];
  readonly values: readonly number[];
}

/**
 * Where results are read. Every method rejects with a `FlagdropError`. A sink
 * that is also read puts `RecentResults` in front of its own implementation and
 * tells it what was acknowledged (`begin`, `add`, `dropped`; see `DuckdbSink`).
 */
export interface Results {
  /** From the first to the last timestamp; undefined while there is none. */
  extent(): Promise<EventTimeRange | undefined>;
  cells(request: CellsRequest): Promise<CellsAnswer>;
  series(request: SeriesRequest): Promise<readonly SeriesLine[]>;
}
