/**
 * Results of a run that is writing them: what it has just written is told from
 * memory, and a store is only asked for what is older.
 *
 * @module
 */
import type { JobPlan, MeasurePlan } from "../job/plan.ts";
import type { FiredWindow } from "../sink/sink.ts";
import { cellNumber, cellText } from "./cell_number.ts";
import { CELLS_MAX, OLDER_LINES_MAX, OLDER_POINTS_ALIGNED } from "./limits.ts";
import { RecentWindows } from "./recent_windows.ts";
import {
  averageNamed,
  cellPartFor,
  measureNamed,
  queryNamed,
} from "./result_schema.ts";
import type {
  CellsAnswer,
  CellsRequest,
  EventTimeRange,
  Results,
  SeriesLine,
  SeriesRequest,
} from "./results.ts";
import { weightedMean } from "./weighted_mean.ts";

function combinedValue(
  { type }: MeasurePlan,
  [countA, a]: readonly [number, number],
  [countB, b]: readonly [number, number],
): number {
  if (type === "avg") return weightedMean([countA, a], [countB, b]);
  if (type === "min") return Math.min(a, b);
  return type === "max" ? Math.max(a, b) : a + b;
}

/** A line and its continuation; they may share a point. */
function joinedLine(
  measure: MeasurePlan,
  older: SeriesLine,
  newer: SeriesLine,
): SeriesLine {
  const timesMs = [...older.timesMs];
  const counts = [...older.counts];
  const values = [...older.values];
  for (const [i, ms] of newer.timesMs.entries()) {
    const count = newer.counts[i] ?? 0;
    const value = newer.values[i] ?? 0;
    const last = timesMs.length - 1;
    if (timesMs[last] === ms) {
      const before = [counts[last] ?? 0, values[last] ?? 0] as const;
      values[last] = combinedValue(measure, before, [count, value]);
      counts[last] = before[0] + count;
    } else {
      timesMs.push(ms);
      counts.push(count);
      values.push(value);
    }
  }
  return { zone: older.zone, timesMs, counts, values };
}

/** A line without the points before a time. */
function lineFrom(line: SeriesLine, fromMs: number): SeriesLine {
  const first = line.timesMs.findIndex((ms) => ms >= fromMs);
  const at = first < 0 ? line.timesMs.length : first;
  return {
    zone: line.zone,
    timesMs: line.timesMs.slice(at),
    counts: line.counts.slice(at),
    values: line.values.slice(at),
  };
}

/** A store's results with the newest in front of them. */
export class RecentResults implements Results {
  readonly #plan: JobPlan;
  readonly #store: Results;
  #recent: readonly RecentWindows[] = [];
  /** The first timestamp; unknown until the store was asked. */
  #firstMs: number | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #older = new Map<string, readonly SeriesLine[]>();

  constructor(plan: JobPlan, store: Results) {
    this.#plan = plan;
    this.#store = store;
  }

  /**
   * To be called once, before anything is written.
   *
   * @param firedMs What the store has of later than this was written early,
   * and comes again as a whole. @default {Infinity} it has nothing early
   */
  async begin(firedMs = Number.POSITIVE_INFINITY): Promise<void> {
    const found = await this.#store.extent();
    const lastMs = Math.min((found?.toMs ?? 0) - 1, firedMs);
    const isThere = found !== undefined && lastMs >= found.fromMs;
    const fromMs = isThere ? lastMs + 1 : Number.NEGATIVE_INFINITY;
    this.#recent = this.#plan.queries.map(
      (query) => new RecentWindows(query, fromMs),
    );
    if (!isThere) return;
    this.#firstMs = found.fromMs;
    this.#lastMs = lastMs;
  }

  /** Tells of what the store has just written. */
  add(windows: readonly FiredWindow[]): void {
    for (const window of windows) {
      if (window.rowCount === 0) continue;
      const { timestampMs } = window;
      const isKept = this.#recent[window.query.index]?.add(window) ?? false;
      // Lines under way are put into the old map, and gone with it.
      if (!isKept) this.#older = new Map();
      const isFirst = this.#lastMs === Number.NEGATIVE_INFINITY;
      if (isFirst) this.#firstMs = timestampMs;
      else if (this.#firstMs !== undefined) {
        this.#firstMs = Math.min(this.#firstMs, timestampMs);
      }
      this.#lastMs = Math.max(this.#lastMs, timestampMs);
    }
  }

  /** The store has dropped what was too old. */
  dropped(): void {
    this.#firstMs = undefined;
    this.#older = new Map();
  }

  async extent(): Promise<EventTimeRange | undefined> {
    if (this.#lastMs === Number.NEGATIVE_INFINITY) return undefined;
    if (this.#firstMs === undefined) {
      const extent = await this.#store.extent();
      if (extent === undefined) return undefined;
      this.#firstMs = extent.fromMs;
      for (const recent of this.#recent) recent.forgetBefore(extent.fromMs);
    }
    return { fromMs: this.#firstMs, toMs: this.#lastMs + 1 };
  }

  async cells(request: CellsRequest): Promise<CellsAnswer> {
    const { range, precision, box } = request;
    const query = queryNamed(this.#plan, request.query);
    cellPartFor(query, precision);
    const recent = this.#recent[query.index];
    const sinceMs = recent?.cellsFromMs ?? Number.POSITIVE_INFINITY;
    if (recent === undefined || box !== undefined || range.toMs <= sinceMs) {
      return await this.#store.cells(request);
    }
    // Before waiting, so that both parts are of the same moment.
    const average = averageNamed(query, request.average);
    const newer = recent.cells(newerOf(range, sinceMs), {
      precision,
      accumulator: average?.accumulator,
    });
    const counts = new Map(newer.counts);
    const sums = new Map(newer.sums);
    let isCut = false;
    if (range.fromMs < sinceMs) {
      const older = await this.#store.cells({
        ...request,
        range: { fromMs: range.fromMs, toMs: sinceMs },
      });
      ({ isCut } = older);
      for (const [i, text] of older.cells.entries()) {
        const cell = cellNumber(text);
        const count = older.counts[i] ?? 0;
        counts.set(cell, (counts.get(cell) ?? 0) + count);
        const sum = count * (older.averages?.[i] ?? 0);
        sums.set(cell, (sums.get(cell) ?? 0) + sum);
      }
    }
    const sorted = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
    const kept = sorted.slice(0, CELLS_MAX);
    return {
      cells: kept.map(([cell]) => cellText(cell, precision)),
      counts: kept.map(([, count]) => count),
      ...(average && {
        averages: kept.map(([cell, count]) => (sums.get(cell) ?? 0) / count),
      }),
      isCut: isCut || kept.length < sorted.length,
    };
  }

  async series(request: SeriesRequest): Promise<readonly SeriesLine[]> {
    const { range, stepMs, cell } = request;
    const query = queryNamed(this.#plan, request.query);
    const measure = measureNamed(query, request.measure);
    const recent = this.#recent[query.index];
    const sinceMs = recent?.totalsFromMs ?? Number.POSITIVE_INFINITY;
    if (recent === undefined || cell !== undefined || range.toMs <= sinceMs) {
      return await this.#store.series(request);
    }
    const newer = recent.series(newerOf(range, sinceMs), stepMs, measure);
    if (range.fromMs >= sinceMs) return newer;
    const older = await this.#olderLines({
      ...request,
      range: { fromMs: range.fromMs, toMs: sinceMs },
    });
    return newer.map((line, i) => {
      const before = older[i];
      return before === undefined ? line : joinedLine(measure, before, line);
    });
  }

  /** Lines of a time that doesn't change any more. */
  async #olderLines(request: SeriesRequest): Promise<readonly SeriesLine[]> {
    const { range, stepMs, query, measure = "" } = request;
    const { fromMs, toMs } = range;
    // A point that the range cuts can't be had from a longer line.
    if (fromMs % stepMs !== 0) return await this.#store.series(request);
    const alignedMs = stepMs * OLDER_POINTS_ALIGNED;
    const firstMs = Math.floor(fromMs / alignedMs) * alignedMs;
    const key = [query, measure, stepMs, firstMs, toMs].join("|");
    const kept = this.#older;
    let lines = kept.get(key);
    if (lines === undefined) {
      lines = await this.#store.series({
        ...request,
        range: { fromMs: firstMs, toMs },
      });
      const [oldest = key] = kept.keys();
      if (kept.size >= OLDER_LINES_MAX) kept.delete(oldest);
      kept.set(key, lines);
    }
    return lines.map((line) => lineFrom(line, fromMs));
  }
}

function newerOf({ fromMs, toMs }: EventTimeRange, sinceMs: number) {
  return { fromMs: Math.max(fromMs, sinceMs), toMs };
}
