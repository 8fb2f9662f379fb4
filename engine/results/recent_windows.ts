/**
 * The newest windows of one query as they were written, in memory: their rows,
 * to add up cells, and for longer their totals, to draw lines.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { AccumulatorPlan, MeasurePlan, QueryPlan } from "../job/plan.ts";
import { correctedWindow } from "../sink/corrected_window.ts";
import type { FiredWindow } from "../sink/sink.ts";
import {
  RECENT_ROWS_MAX,
  RECENT_SUMS_MAX,
  RECENT_TOTALS_AT_ONCE,
  RECENT_TOTALS_MAX,
  RECENT_WINDOWS_MAX,
} from "./limits.ts";
import { cellBits, cellPartFor, zonePart } from "./result_schema.ts";
import type { EventTimeRange, SeriesLine } from "./results.ts";

/** A window's rows added up, by zone. */
interface WindowTotals {
  readonly counts: Float64Array;
  /** One column for each accumulator. */
  readonly accumulators: readonly Float64Array[];
}

/** Cells of some windows added up, and which windows they are. */
interface CellSums {
  windows: ReadonlySet<FiredWindow>;
  readonly counts: Map<number, number>;
  /** Sums of an average's accumulator, where one was asked for. */
  readonly sums: Map<number, number>;
}

/** What cells are asked for. */
interface CellsChoice {
  readonly precision: number;
  /** The accumulator whose sums are told too. */
  readonly accumulator: number | undefined;
}

function combined(op: AccumulatorPlan["op"], a: number, b: number): number {
  if (op === "sum") return a + b;
  return op === "min" ? Math.min(a, b) : Math.max(a, b);
}

/** Puts a time in its place; nearly always at the end. */
function insert(timesMs: number[], ms: number): void {
  let at = timesMs.length;
  while (at > 0 && (timesMs[at - 1] ?? 0) > ms) at--;
  timesMs.splice(at, 0, ms);
}

/** Remembers a query's newest windows. */
export class RecentWindows {
  readonly #query: QueryPlan;
  /** By timestamp, which are also in order. */
  readonly #windows = new Map<number, FiredWindow>();
  readonly #windowTimes: number[] = [];
  readonly #totals = new Map<number, WindowTotals>();
  readonly #totalTimes: number[] = [];
  readonly #sums = new Map<string, CellSums>();
  #rowCount = 0;
  #cellsFromMs: number;
  #totalsFromMs: number;

  /**
   * @param query The query.
   * @param fromMs All windows with a timestamp from here on will be added.
   */
  constructor(query: QueryPlan, fromMs: number) {
    this.#query = query;
    this.#cellsFromMs = fromMs;
    this.#totalsFromMs = fromMs;
  }

  /** From this timestamp on, every window's rows are known. */
  get cellsFromMs(): number {
    return this.#cellsFromMs;
  }

  /** From this timestamp on, every window's totals are known. */
  get totalsFromMs(): number {
    return this.#totalsFromMs;
  }

  /**
   * Adds a window, or a correction of one.
   *
   * @returns Whether it is of a time of which all is known.
   */
  add(change: FiredWindow): boolean {
    const { timestampMs } = change;
    if (timestampMs < this.#totalsFromMs) return false;
    const known = this.#windows.get(timestampMs);
    const isCut = known === undefined && this.#totals.has(timestampMs);
    if (isCut) {
      // A correction of a window whose rows are gone: its totals are as well.
      this.#forgetTotals(timestampMs + 1);
      return false;
    }
    const window =
      known === undefined ? change : correctedWindow(known, change);
    this.#rowCount += window.rowCount - (known?.rowCount ?? 0);
    this.#windows.set(timestampMs, window);
    this.#totals.set(timestampMs, this.#totalsOf(window));
    if (known === undefined) {
      insert(this.#windowTimes, timestampMs);
      insert(this.#totalTimes, timestampMs);
    }
    this.#makeRoom();
    return true;
  }

  /** Forgets what is older, as the store has. */
  forgetBefore(ms: number): void {
    this.#forgetRows(ms);
    this.#forgetTotals(ms);
  }

  #makeRoom(): void {
    while (
      this.#windowTimes.length > RECENT_WINDOWS_MAX ||
      (this.#rowCount > RECENT_ROWS_MAX && this.#windowTimes.length > 0)
    ) {
      this.#forgetRows((this.#windowTimes[0] ?? 0) + 1);
    }
    if (this.#totalTimes.length > RECENT_TOTALS_MAX) {
      // Many at once: what is older is then the same for a while.
      const last = this.#totalTimes[RECENT_TOTALS_AT_ONCE - 1] ?? 0;
      this.#forgetTotals(last + 1);
    }
  }

  #forgetRows(beforeMs: number): void {
    this.#cellsFromMs = Math.max(this.#cellsFromMs, beforeMs);
    while ((this.#windowTimes[0] ?? beforeMs) < beforeMs) {
      const ms = this.#windowTimes.shift();
      assert(ms !== undefined);
      this.#rowCount -= this.#windows.get(ms)?.rowCount ?? 0;
      this.#windows.delete(ms);
    }
  }

  #forgetTotals(beforeMs: number): void {
    this.#totalsFromMs = Math.max(this.#totalsFromMs, beforeMs);
    while ((this.#totalTimes[0] ?? beforeMs) < beforeMs) {
      const ms = this.#totalTimes.shift();
      assert(ms !== undefined);
      this.#totals.delete(ms);
    }
  }

  #totalsOf(window: FiredWindow): WindowTotals {
    const zone = zonePart(this.#query);
    const [bits = { word: 0, shift: 0, bits: 0 }] = zone?.bits ?? [];
    const words = bits.word === 0 ? window.word0 : window.word1;
    const mask = 2 ** bits.bits - 1;
    const zoneCount = zone?.zones.length ?? 1;
    const counts = new Float64Array(zoneCount);
    const { accumulators: plans } = this.#query;
    const columns = plans.map(() => new Float64Array(zoneCount));
    for (let row = 0; row < window.rowCount; row++) {
      const at =
        zone === undefined ? 0 : ((words[row] ?? 0) >>> bits.shift) & mask;
      const isFirst = counts[at] === 0;
      counts[at] = (counts[at] ?? 0) + (window.counts[row] ?? 0);
      for (const [i, { op }] of plans.entries()) {
        const column = columns[i];
        const value = window.accumulators[i]?.[row] ?? 0;
        if (column === undefined) continue;
        column[at] = isFirst ? value : combined(op, column[at] ?? 0, value);
      }
    }
    return { counts, accumulators: columns };
  }

  /**
   * Events by the number of the cell, of the windows in a range from
   * `cellsFromMs` on, and sums of a value. They are kept, and moved on by the
   * windows that have come and gone.
   */
  cells(
    { fromMs, toMs }: EventTimeRange,
    choice: CellsChoice,
  ): Pick<CellSums, "counts" | "sums"> {
    const windows = new Set<FiredWindow>();
    for (const ms of this.#windowTimes) {
      const window = this.#windows.get(ms);
      if (ms >= fromMs && ms < toMs && window !== undefined) {
        windows.add(window);
      }
    }
    const { precision, accumulator = "" } = choice;
    const key = `${precision}|${toMs - fromMs}|${accumulator}`;
    const sums = this.#sums.get(key) ?? {
      windows: new Set(),
      counts: new Map(),
      sums: new Map(),
    };
    this.#sums.delete(key);
    this.#sums.set(key, sums);
    const [oldest = key] = this.#sums.keys();
    if (this.#sums.size > RECENT_SUMS_MAX) this.#sums.delete(oldest);
    for (const window of windows) {
      if (sums.windows.has(window)) continue;
      this.#sumCells(sums, window, { ...choice, sign: 1 });
    }
    for (const window of sums.windows) {
      if (windows.has(window)) continue;
      this.#sumCells(sums, window, { ...choice, sign: -1 });
    }
    sums.windows = windows;
    return sums;
  }

  /** Adds a window's events to its cells' sums (1), or takes them away (-1). */
  #sumCells(
    { counts, sums }: CellSums,
    window: FiredWindow,
    { precision, accumulator, sign }: CellsChoice & { sign: 1 | -1 },
  ) {
    const part = cellPartFor(this.#query, precision);
    const { word, shift, bits } = cellBits(part, precision);
    const mask = 2 ** bits - 1;
    const words = word === 0 ? window.word0 : window.word1;
    const values =
      accumulator === undefined ? undefined : window.accumulators[accumulator];
    for (let row = 0; row < window.rowCount; row++) {
      const cell = ((words[row] ?? 0) >>> shift) & mask;
      // Counts are whole numbers: what is added and taken leaves nothing. Values
      // are multiples of 2^-20, so their sums are exact as well.
      const count = (counts.get(cell) ?? 0) + sign * (window.counts[row] ?? 0);
      if (count === 0) {
        counts.delete(cell);
        sums.delete(cell);
        continue;
      }
      counts.set(cell, count);
      if (values === undefined) continue;
      sums.set(cell, (sums.get(cell) ?? 0) + sign * (values[row] ?? 0));
    }
  }

  /** Lines by zone, of the windows in a range from `totalsFromMs` on. */
  series(
    { fromMs, toMs }: EventTimeRange,
    stepMs: number,
    measure: MeasurePlan,
  ): readonly SeriesLine[] {
    const names = zonePart(this.#query)?.zones ?? [""];
    const lines = names.map(() => ({
      timesMs: [] as number[],
      counts: [] as number[],
      sums: [] as number[],
    }));
    const op =
      measure.type === "count"
        ? "sum"
        : (this.#query.accumulators[measure.accumulator]?.op ?? "sum");
    for (const ms of this.#totalTimes) {
      const totals = this.#totals.get(ms);
      if (ms < fromMs || ms >= toMs || totals === undefined) continue;
      const at = Math.floor(ms / stepMs) * stepMs;
      const values =
        measure.type === "count"
          ? totals.counts
          : totals.accumulators[measure.accumulator];
      for (const [i, line] of lines.entries()) {
        const count = totals.counts[i] ?? 0;
        const value = values?.[i] ?? 0;
        if (count === 0) continue;
        const last = line.timesMs.length - 1;
        if (line.timesMs[last] === at) {
          line.counts[last] = (line.counts[last] ?? 0) + count;
          line.sums[last] = combined(op, line.sums[last] ?? 0, value);
        } else {
          line.timesMs.push(at);
          line.counts.push(count);
          line.sums.push(value);
        }
      }
    }
    const isAverage = measure.type === "avg";
    return lines.map(({ timesMs, counts, sums }, i) => ({
      zone: names[i] ?? "",
      timesMs,
      counts,
      values: isAverage ? sums.map((sum, k) => sum / (counts[k] ?? 1)) : sums,
    }));
  }
}
