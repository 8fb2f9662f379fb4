/**
 * Fired windows as bulk bodies, written straight from their columns.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { JobPlan } from "../../job/plan.ts";
import { DocumentWriter } from "../document_kernel.ts";
import type { WindowRows } from "../latest_rows.ts";
import { LINE_BYTES_MAX } from "../limits.ts";
import type { BulkBatch } from "./bulk_batch.ts";
import type { IndexPlan } from "./index_plan.ts";
import { BULK_BYTES_MIN, BULK_SHARE_BYTES_MIN } from "./limits.ts";

/** Bytes of an item, as long as none has been seen. */
const ITEM_BYTES_FIRST = 150;

/** Room for items that are longer than those before. */
const ROOM_FACTOR = 1.25;

/** Cuts windows into bodies of the length that is asked for. */
export class BulkRenderer {
  readonly #writers: readonly DocumentWriter[];
  readonly #indexPlan: IndexPlan;
  #windows: readonly WindowRows[] = [];
  #window = 0;
  #row = 0;
  #rowsLeft = 0;
  /** Bodies made since the beginning. */
  #bodies = 0;
  /** Mean bytes of an item in the last body. */
  #itemBytes = ITEM_BYTES_FIRST;

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
    this.#bodies = 0;
    this.#rowsLeft = 0;
    for (const { window, rows } of windows) {
      this.#rowsLeft += rows === "all" ? window.rowCount : rows.length;
    }
  }

  /**
   * The next body; undefined after the last. The bodies' number is a multiple
   * of those in flight and they are of one length, so that none is waited for
   * alone in the end.
   *
   * @param bytes Length to end at.
   * @param requests Bodies that may be in flight together.
   */
  next(bytes: number, requests: number): BulkBatch | undefined {
    if (this.#rowsLeft === 0) return undefined;
    const rowsMax = this.#share(bytes, requests);
    const room = Math.max(
      Math.min(
        bytes,
        Math.ceil(rowsMax * this.#itemBytes * ROOM_FACTOR) + LINE_BYTES_MAX,
      ),
      BULK_BYTES_MIN,
    );
    const target = Buffer.allocUnsafe(room);
    const starts = new Uint32Array(rowsMax + 1);
    const indices = new Set<string>();
    const lastStart = room - LINE_BYTES_MAX;
    let count = 0;
    let end = 0;
    while (this.#window < this.#windows.length) {
      const found = this.#windows[this.#window];
      const writer = this.#writers[found?.window.query.index ?? -1];
      if (found === undefined || writer === undefined) break;
      const { window, rows } = found;
      const rowCount = rows === "all" ? window.rowCount : rows.length;
      const hasRoom = () => count < rowsMax && end <= lastStart;
      if (this.#row < rowCount && hasRoom()) {
        writer.begin(window);
        indices.add(this.#indexPlan.indexOf(window.query, window.timestampMs));
      }
      while (this.#row < rowCount && hasRoom()) {
        const row = rows === "all" ? this.#row : (rows[this.#row] ?? 0);
        end = writer.writeLine(row, target, end);
        this.#row++;
        starts[++count] = end;
      }
      if (this.#row < rowCount) break;
      this.#window++;
      this.#row = 0;
    }
    // Else it would go on with empty ones.
    assert(count > 0);
    this.#rowsLeft -= count;
    this.#bodies++;
    this.#itemBytes = end / count;
    return {
      bytes: target.subarray(0, end),
      starts: starts.subarray(0, count + 1),
      indices: [...indices],
    };
  }

  /** Rows of the next body. */
  #share(bytes: number, requests: number): number {
    const rowsLeft = this.#rowsLeft;
    // A body is full when there is no room for the longest line any more.
    const bytesUsed = Math.max(bytes, BULK_BYTES_MIN) - LINE_BYTES_MAX;
    const needed = Math.ceil((rowsLeft * this.#itemBytes) / bytesUsed);
    const rounds = Math.ceil((this.#bodies + needed) / requests);
    const share = Math.ceil(rowsLeft / (rounds * requests - this.#bodies));
    const least = Math.ceil(BULK_SHARE_BYTES_MIN / this.#itemBytes);
    return Math.min(Math.max(share, least), rowsLeft);
  }
}
