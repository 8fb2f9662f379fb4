/**
 * Emptied tables, kept for the next windows.
 *
 * A worker at full rate begins and ends some hundreds of tables ten times a
 * second, the coordinator as many as windows fire. Left to the garbage
 * collector they cost time, and a fifth of the process's memory in holes that
 * small blocks, freed late and out of order, leave (`perf/steady_bench.ts`).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { QueryPlan } from "../job/plan.ts";
import { TallyTable } from "./tally_table_kernel.ts";

/**
 * Bytes of the tables kept by a thread: about a thousand of the smallest, which
 * is what a flush has when events come a hundred thousand times as fast as they
 * happened.
 */
const SPARE_BYTES_MAX = 8 * 1024 * 1024;

/** Tables that have grown beyond this many keys are not kept: 100 KiB each. */
const SPARE_TABLE_KEYS_MAX = 2_048;

/** Tables by query; each thread has a pool of its own. */
export class TablePool {
  readonly #queries: readonly QueryPlan[];
  readonly #spare: readonly TallyTable[][];
  #spareBytes = 0;

  /** @param queries The job's queries. */
  constructor(queries: readonly QueryPlan[]) {
    this.#queries = queries;
    this.#spare = queries.map(() => []);
  }

  /** Bytes of the tables that wait for their next window. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  #of(queryIndex: number): { query: QueryPlan; spare: TallyTable[] } {
    const query = this.#queries[queryIndex];
    const spare = this.#spare[queryIndex];
    assert(query !== undefined && spare !== undefined);
    return { query, spare };
  }

  /** An empty table for a query. */
  take(queryIndex: number): TallyTable {
    const { query, spare } = this.#of(queryIndex);
    const table = spare.pop();
    if (table === undefined) return new TallyTable(query.accumulators);
    this.#spareBytes -= table.byteLength;
    return table;
  }

  /** Empties a table of a query that nobody holds any more, and keeps it. */
  give(queryIndex: number, table: TallyTable): void {
    const { spare } = this.#of(queryIndex);
    const { byteLength, capacity } = table;
    if (capacity > SPARE_TABLE_KEYS_MAX) return;
    if (this.#spareBytes + byteLength > SPARE_BYTES_MAX) return;
    table.clear();
    spare.push(table);
    this.#spareBytes += byteLength;
  }
}
