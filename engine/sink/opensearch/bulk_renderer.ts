/**
 * Fired windows as bulk bodies, written straight from their columns.
 *
 * @module
 */
import type { JobPlan } from "../../job/plan.ts";
import { DocumentWriter } from "../document_kernel.ts";
import type { WindowRows } from "../latest_rows.ts";
import { LINE_BYTES_MAX } from "../limits.ts";
import type { BulkBatch } from "./bulk_batch.ts";
import type { IndexPlan } from "./index_plan.ts";
import { BULK_BYTES_MIN } from "./limits.ts";

/** An item has at least so many bytes: an action, a time, a key. */
const ITEM_BYTES_MIN = 32;

/** Cuts windows into bodies of the length that is asked for. */
export class BulkRenderer {
  readonly #writers: readonly DocumentWriter[];
  readonly #indexPlan: IndexPlan;
  #windows: readonly WindowRows[] = [];
  #window = 0;
  #row = 0;

  constructor(plan: JobPlan, indexPlan: IndexPlan) {
    this.#indexPlan = indexPlan;
    this.#writers = plan.queries.map(
      (query) => new DocumentWriter(query, indexPlan.lineForm),
    );
  }

  /** Begins with other windows; those before must have been taken. */
  begin(windows: readonly WindowRows[]): void {
    this.#windows = windows;
    this.#window = 0;
    this.#row = 0;
  }

  /**
   * The next body; undefined after the last.
   *
   * @param bytes Length to end at.
   */
  next(bytes: number): BulkBatch | undefined {
    const room = Math.max(bytes, BULK_BYTES_MIN);
    const target = Buffer.allocUnsafe(room);
    const starts = new Uint32Array(Math.ceil(room / ITEM_BYTES_MIN) + 1);
    const indices = new Set<string>();
    let count = 0;
    let end = 0;
    while (this.#window < this.#windows.length) {
      const found = this.#windows[this.#window];
      const writer = this.#writers[found?.window.query.index ?? -1];
      if (found === undefined || writer === undefined) break;
      const { window, rows } = found;
      const rowCount = rows === "all" ? window.rowCount : rows.length;
      if (this.#row < rowCount && end + LINE_BYTES_MAX <= room) {
        writer.begin(window);
        indices.add(this.#indexPlan.indexOf(window.query, window.timestampMs));
      }
      while (this.#row < rowCount && end + LINE_BYTES_MAX <= room) {
        const row = rows === "all" ? this.#row : (rows[this.#row] ?? 0);
        end = writer.writeLine(row, target, end);
        this.#row++;
        starts[++count] = end;
      }
      if (this.#row < rowCount) break;
      this.#window++;
      this.#row = 0;
    }
    if (count === 0) return undefined;
    return {
      bytes: target.subarray(0, end),
      starts: starts.slice(0, count + 1),
      indices: [...indices],
    };
  }
}
