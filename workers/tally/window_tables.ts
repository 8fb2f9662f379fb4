/**
 * The partial tallies of a worker between two flushes.
 *
 * @module
 */

import type { QueryPlan } from "../../engine/job/plan.ts";
import type { FlushedTallies } from "../../engine/messages.ts";
import { TablePool } from "../../engine/tally/table_pool.ts";
import {
  packTalliesInto,
  type WindowTally,
} from "../../engine/tally/tally_columns.ts";
import type { TallyTable } from "../../engine/tally/tally_table_kernel.ts";

/** Tables by query and window. */
export class WindowTables {
  readonly #queries: readonly QueryPlan[];
  readonly #open: readonly Map<number, TallyTable>[];
  readonly #pool: TablePool;

  readonly #allowedLatenessMs: number;

  /** Events that were tallied, each as often as there are queries for it. */
  tallies = 0;
  #countAgainAt = 0;

  /**
   * @param queries The job's queries.
   * @param allowedLatenessMs How long after its closing a window is kept.
   */
  constructor(queries: readonly QueryPlan[], allowedLatenessMs: number) {
    this.#queries = queries;
    this.#allowedLatenessMs = allowedLatenessMs;
    this.#open = queries.map(() => new Map());
    this.#pool = new TablePool(queries);
  }

  /** The table of a window, made when it is new. */
  table(queryIndex: number, windowStartMs: number): TallyTable {
    const open = this.#open[queryIndex];
    if (open === undefined) {
      throw new RangeError(`Cannot find query ${queryIndex}`);
    }
    let table = open.get(windowStartMs);
    if (table === undefined) {
      table = this.#pool.take(queryIndex);
      open.set(windowStartMs, table);
    }
    return table;
  }

  /**
   * Whether there are as many keys as that. They are counted only when there
   * may be: after so many events, as each adds one key at most.
   */
  hasKeys(keysMax: number): boolean {
    if (this.tallies < this.#countAgainAt) return false;
    const { keyCount } = this;
    this.#countAgainAt = this.tallies + keysMax - keyCount;
    return keyCount >= keysMax;
  }

  /** Keys of all tables. */
  get keyCount(): number {
    let count = 0;
    for (const open of this.#open) {
      for (const table of open.values()) count += table.rowCount;
    }
    return count;
  }

  /**
   * Least watermark that would have made one of the tallied records late;
   * `Infinity` without any.
   */
  get lateFromMs(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const [i, open] of this.#open.entries()) {
      const windowMs = this.#queries[i]?.windowMs ?? 0;
      for (const startMs of open.keys()) {
        const lateFromMs = startMs + windowMs - 1 + this.#allowedLatenessMs;
        least = Math.min(least, lateFromMs);
      }
    }
    return least;
  }

  /** Copies everything out into a buffer of its own and starts anew. */
  take(): FlushedTallies {
    return this.takeInto((byteLength) => new ArrayBuffer(byteLength));
  }

  /** Copies everything out into a buffer that is given and starts anew. */
  takeInto<B extends ArrayBufferLike>(
    bufferOf: (byteLength: number) => B,
  ): FlushedTallies<B> {
    this.tallies = 0;
    this.#countAgainAt = 0;
    const tallies: WindowTally[] = [];
    for (const [queryIndex, open] of this.#open.entries()) {
      for (const [windowStartMs, columns] of open) {
        const { firstTallied } = columns;
        tallies.push({ queryIndex, windowStartMs, columns, firstTallied });
      }
    }
    const packed = packTalliesInto(tallies, bufferOf);
    for (const [queryIndex, open] of this.#open.entries()) {
      for (const table of open.values()) this.#pool.give(queryIndex, table);
      open.clear();
    }
    return packed;
  }
}
