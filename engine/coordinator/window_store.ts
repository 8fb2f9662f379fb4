/**
 * The open windows: merged tallies of all workers, by query and window. Fired
 * ones are kept, and corrected, as long as late events are allowed.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { WindowArrival } from "../checkpoint/checkpoint.ts";
import type { JobPlan } from "../job/plan.ts";
import type { FlushedTallies } from "../messages.ts";
import type { FiredWindow } from "../sink/sink.ts";
import { TablePool } from "../tally/table_pool.ts";
import {
  packTallies,
  type TallySection,
  unpackSection,
} from "../tally/tally_columns.ts";
import type { TallyTable } from "../tally/tally_table_kernel.ts";
import { isClosed } from "../tally/window.ts";
import { correctWindow, fireWindow } from "./fire_window.ts";

interface OpenWindow {
  readonly table: TallyTable;
  /** The watermark has passed it: what comes now is a correction. */
  isFired: boolean;
  /** See {@linkcode WindowArrival}. */
  arrivedFromMs: number;
}

/** What became of partial tallies of windows that had fired. */
export interface Corrections {
  /** Documents that are new or have changed, by window and query. */
  readonly windows: readonly FiredWindow[];
  /** Fired windows that had no event before. */
  readonly windowsFired: number;
  /** Documents in `windows` that there was none of before. */
  readonly documentsFired: number;
  /** Events left out, since their windows are gone. */
  readonly afterIdle: number;
  /** Partial tallies, one a key and window, that were left out with them. */
  readonly talliesLeftOut: number;
}

/** Merges partial tallies and fires windows that the watermark has passed. */
export class WindowStore {
  readonly #plan: JobPlan;
  readonly #open: readonly Map<number, OpenWindow>[];
  readonly #pool: TablePool;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #wholeFromMs: readonly number[];
  #keyCount = 0;
  #windowCount = 0;
  #firedCount = 0;

  constructor(plan: JobPlan) {
    this.#plan = plan;
    this.#open = plan.queries.map(() => new Map());
    this.#pool = new TablePool(plan.queries);
    this.#wholeFromMs = plan.queries.map(() => Number.NEGATIVE_INFINITY);
  }

  /** See `MergerState`. */
  get wholeFromMs(): readonly number[] {
    return this.#wholeFromMs;
  }

  /** Keys of all windows, kept ones too. */
  get keyCount(): number {
    return this.#keyCount;
  }

  /** Windows of all queries that have not fired. */
  get windowCount(): number {
    return this.#windowCount - this.#firedCount;
  }

  /** Windows that the watermark has passed and late events may still change. */
  get keptCount(): number {
    return this.#firedCount;
  }

  #of(queryIndex: number) {
    const query = this.#plan.queries[queryIndex];
    const open = this.#open[queryIndex];
    assert(query !== undefined && open !== undefined);
    return { query, open };
  }

  /** Whether the watermark has passed a window, and by how much more. */
  #isPassed(windowStartMs: number, windowMs: number, byMs: number): boolean {
    return isClosed(windowStartMs, windowMs, this.#watermarkMs - byMs);
  }

  #window({ queryIndex, windowStartMs }: TallySection): OpenWindow {
    const { query, open } = this.#of(queryIndex);
    const known = open.get(windowStartMs);
    if (known !== undefined) return known;
    const isFired = this.#isPassed(windowStartMs, query.windowMs, 0);
    const window = {
      table: this.#pool.take(queryIndex),
      isFired,
      arrivedFromMs: Number.POSITIVE_INFINITY,
    };
    open.set(windowStartMs, window);
    this.#windowCount++;
    if (isFired) this.#firedCount++;
    return window;
  }

  /**
   * Adds a flush's partial tallies. Those of windows that are gone are left
   * out; those of fired windows correct them.
   *
   * @param arrivedFromMs None of their events arrived before, epoch ms.
   */
  merge(
    { sections, buffer }: FlushedTallies<ArrayBufferLike>,
    arrivedFromMs = Number.NEGATIVE_INFINITY,
  ): Corrections {
    const windows: FiredWindow[] = [];
    let windowsFired = 0;
    let documentsFired = 0;
    let afterIdle = 0;
    let talliesLeftOut = 0;
    for (const section of sections) {
      const { queryIndex, windowStartMs } = section;
      const { query } = this.#of(queryIndex);
      const latenessMs = this.#plan.allowedLatenessMs;
      if (this.#isPassed(windowStartMs, query.windowMs, latenessMs)) {
        afterIdle += section.firstTallied;
        talliesLeftOut += section.rowCount;
        continue;
      }
      // The beginning of such a window was read before there was the query.
      const wholeFromMs = this.#wholeFromMs[queryIndex];
      assert(wholeFromMs !== undefined);
      if (windowStartMs < wholeFromMs) continue;
      const open = this.#window(section);
      open.arrivedFromMs = Math.min(open.arrivedFromMs, arrivedFromMs);
      const { table, isFired } = open;
      const columns = unpackSection(section, buffer);
      const before = table.rowCount;
      table.merge(columns);
      this.#keyCount += table.rowCount - before;
      if (!isFired) continue;
      if (before === 0) windowsFired++;
      const change = { windowStartMs, table, columns };
      const { window, newCount } = correctWindow(query, change);
      documentsFired += newCount;
      if (window.rowCount > 0) windows.push(window);
    }
    windows.sort(inFiringOrder);
    return {
      windows,
      windowsFired,
      documentsFired,
      afterIdle,
      talliesLeftOut,
    };
  }

  /**
   * Takes over what {@linkcode snapshot} gave, at that watermark. From when on
   * their events arrived is unknown until `restoreArrivals`.
   */
  restore(
    { sections, buffer }: FlushedTallies,
    watermarkMs: number,
    wholeFromMs: readonly number[] = [],
  ): void {
    assert(this.#windowCount === 0);
    this.#watermarkMs = watermarkMs;
    this.#wholeFromMs = this.#plan.queries.map(
      (_, i) => wholeFromMs[i] ?? Number.NEGATIVE_INFINITY,
    );
    for (const section of sections) {
      const window = this.#window(section);
      window.arrivedFromMs = Number.NEGATIVE_INFINITY;
      window.table.merge(unpackSection(section, buffer));
      this.#keyCount += window.table.rowCount;
    }
  }

  /** From when on the events of all windows arrived, kept ones too. */
  arrivals(): WindowArrival[] {
    return this.#open.flatMap((open, queryIndex) =>
      [...open].map(([windowStartMs, { arrivedFromMs }]) => ({
        queryIndex,
        windowStartMs,
        arrivedFromMs,
      })),
    );
  }

  /** Takes over what {@linkcode arrivals} gave, after {@linkcode restore}. */
  restoreArrivals(arrivals: readonly WindowArrival[] = []): void {
    for (const { queryIndex, windowStartMs, arrivedFromMs } of arrivals) {
      const window = this.#of(queryIndex).open.get(windowStartMs);
      if (window !== undefined) window.arrivedFromMs = arrivedFromMs;
    }
  }

  /**
   * Open windows as they would fire now; nothing is taken out.
   *
   * @param queryName Of this query; undefined for all.
   * @param countMax The earliest of each query, at most so many.
   */
  provisional(queryName?: string, countMax = this.#windowCount): FiredWindow[] {
    return this.#plan.queries
      .filter(({ name }) => queryName === undefined || name === queryName)
      .flatMap((query) => {
        const { open } = this.#of(query.index);
        return [...open]
          .filter(([, { isFired }]) => !isFired)
          .sort(([a], [b]) => a - b)
          .slice(0, countMax)
          .map(([startMs, { table }]) => fireWindow(query, startMs, table));
      });
  }

  /** A copy of all windows, kept ones too; for `restore`. */
  snapshot(): FlushedTallies {
    return packTallies(
      [...this.#open.entries()].flatMap(([queryIndex, open]) =>
        [...open].map(([windowStartMs, { table }]) => ({
          queryIndex,
          windowStartMs,
          columns: table,
          firstTallied: 0,
        })),
      ),
    );
  }

  /**
   * Fires all windows that the watermark has passed, and forgets those that
   * nothing can change any more.
   *
   * @param watermarkMs The global watermark; `Infinity` takes all.
   * @returns Their documents, by end of the window and then by query.
   */
  fire(watermarkMs: number): FiredWindow[] {
    assert(watermarkMs >= this.#watermarkMs);
    this.#watermarkMs = watermarkMs;
    const fired: FiredWindow[] = [];
    const latenessMs = this.#plan.allowedLatenessMs;
    for (const queryIndex of this.#open.keys()) {
      const { query, open } = this.#of(queryIndex);
      for (const [startMs, window] of open) {
        if (!this.#isPassed(startMs, query.windowMs, 0)) continue;
        if (!window.isFired) {
          fired.push(fireWindow(query, startMs, window.table));
          window.isFired = true;
          this.#firedCount++;
        }
        if (!this.#isPassed(startMs, query.windowMs, latenessMs)) continue;
        open.delete(startMs);
        this.#keyCount -= window.table.rowCount;
        this.#pool.give(queryIndex, window.table);
        this.#windowCount--;
        this.#firedCount--;
      }
    }
    assert(this.#keyCount >= 0 && this.#firedCount >= 0);
    return fired.sort(inFiringOrder);
  }
}

function inFiringOrder(a: FiredWindow, b: FiredWindow): number {
  return a.timestampMs - b.timestampMs || a.query.index - b.query.index;
}
