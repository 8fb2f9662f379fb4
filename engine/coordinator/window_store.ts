/**
 * The open windows: merged tallies of all workers, by query and window.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { JobPlan } from "../job/plan.ts";
import type { FlushedTallies } from "../messages.ts";
import type { FiredWindow } from "../sink/sink.ts";
import { packTallies, unpackSection } from "../tally/tally_columns.ts";
import { TallyTable } from "../tally/tally_table_kernel.ts";
import { isClosed } from "../tally/window.ts";
import { fireWindow } from "./fire_window.ts";

/** Merges partial tallies and fires windows that the watermark has passed. */
export class WindowStore {
  readonly #plan: JobPlan;
  readonly #open: readonly Map<number, TallyTable>[];
  #keyCount = 0;
  #windowCount = 0;

  constructor(plan: JobPlan) {
    this.#plan = plan;
    this.#open = plan.queries.map(() => new Map());
  }

  /** Keys of all open windows. */
  get keyCount(): number {
    return this.#keyCount;
  }

  /** Open windows of all queries. */
  get windowCount(): number {
    return this.#windowCount;
  }

  /** Adds a flush's partial tallies. */
  merge({ sections, buffer }: FlushedTallies): void {
    for (const section of sections) {
      const query = this.#plan.queries[section.queryIndex];
      const open = this.#open[section.queryIndex];
      assert(query !== undefined && open !== undefined);
      let table = open.get(section.windowStartMs);
      if (table === undefined) {
        table = new TallyTable(query.accumulators);
        open.set(section.windowStartMs, table);
        this.#windowCount++;
      }
      const before = table.rowCount;
      table.merge(unpackSection(section, buffer));
      this.#keyCount += table.rowCount - before;
    }
  }

  /** A copy of all open windows; `merge` of it restores them. */
  snapshot(): FlushedTallies {
    return packTallies(
      [...this.#open.entries()].flatMap(([queryIndex, open]) =>
        [...open].map(([windowStartMs, columns]) => ({
          queryIndex,
          windowStartMs,
          columns,
          firstTallied: 0,
        })),
      ),
    );
  }

  /**
   * Takes out all windows that the watermark has passed.
   *
   * @param watermarkMs The global watermark; `Infinity` takes all.
   * @returns Their documents, by end of the window and then by query.
   */
  fire(watermarkMs: number): FiredWindow[] {
    const fired: FiredWindow[] = [];
    for (const [i, open] of this.#open.entries()) {
      const query = this.#plan.queries[i];
      assert(query !== undefined);
      for (const [startMs, table] of open) {
        if (!isClosed(startMs, query.windowMs, watermarkMs)) continue;
        fired.push(fireWindow(query, startMs, table));
        open.delete(startMs);
        this.#keyCount -= table.rowCount;
        this.#windowCount--;
      }
    }
    assert(this.#keyCount >= 0 && this.#windowCount >= 0);
    return fired.sort(
      (a, b) => a.timestampMs - b.timestampMs || a.query.index - b.query.index,
    );
  }
}
