/**
 * Brings rows into the store's staging tables, in slices that let the event
 * loop turn in between: the appender works on the calling thread.
 *
 * @module
 */

import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { QueryPlan } from "../job/plan.ts";
import type { Database, DuckDb } from "./duckdb_database.ts";
import { stageTable } from "./duckdb_schema.ts";
import type { WindowRows } from "./latest_rows.ts";
import { STORE_SLICE_ROWS_MAX } from "./limits.ts";

/** Some rows of a {@linkcode WindowRows}, and where in a slice they go. */
interface RowRange {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

function rowCountOf({ window, rows }: WindowRows): number {
  return rows === "all" ? window.rowCount : rows.length;
}

/** Bytes of one staged row. */
export function stagedRowBytes(query: QueryPlan): number {
  return 8 + 4 + 4 + 8 + 8 * query.accumulators.length;
}

function createSlice(
  { DuckDBDataChunk: chunks, DOUBLE, UINTEGER }: DuckDb,
  query: QueryPlan,
  rowCount: number,
): DuckDBDataChunk {
  const accumulators = query.accumulators.map(() => DOUBLE);
  const types = [DOUBLE, UINTEGER, UINTEGER, DOUBLE, ...accumulators];
  return chunks.create(types, rowCount);
}

function fill(
  slice: DuckDBDataChunk,
  { window, rows }: WindowRows,
  { from, to, count }: RowRange,
): void {
  const timestamps = slice.getColumnVector(0);
  for (let i = 0; i < count; i++)
    timestamps.setItem(to + i, window.timestampMs);
  const { word0, word1, counts, accumulators } = window;
  const columns = [word0, word1, counts, ...accumulators];
  for (const [c, column] of columns.entries()) {
    const vector = slice.getColumnVector(c + 1);
    for (let i = 0; i < count; i++) {
      const row = rows === "all" ? from + i : (rows[from + i] ?? 0);
      vector.setItem(to + i, column[row] ?? 0);
    }
  }
}

function flush(slice: DuckDBDataChunk): void {
  for (let c = 0; c < slice.columnCount; c++) slice.getColumnVector(c).flush();
}

/**
 * Stages rows of one query.
 *
 * @param database The store.
 * @param query The query; its staging table is empty.
 * @param batch The rows; no key twice.
 * @returns Number of rows staged.
 */
export async function stageRows(
  { duckdb, connection }: Database,
  query: QueryPlan,
  batch: readonly WindowRows[],
): Promise<number> {
  const total = batch.reduce((sum, one) => sum + rowCountOf(one), 0);
  const appender = await connection.createAppender(
    stageTable(query),
    null,
    "temp",
  );
  let remaining = total;
  let slice: DuckDBDataChunk | undefined;
  let used = 0;
  for (const one of batch) {
    const rowCount = rowCountOf(one);
    for (let from = 0; from < rowCount; ) {
      const sliceRows = Math.min(remaining + used, STORE_SLICE_ROWS_MAX);
      slice ??= createSlice(duckdb, query, sliceRows);
      const count = Math.min(rowCount - from, sliceRows - used);
      fill(slice, one, { from, to: used, count });
      from += count;
      used += count;
      remaining -= count;
      if (used < sliceRows) continue;
      flush(slice);
      appender.appendDataChunk(slice);
      appender.flushSync();
      slice = undefined;
      used = 0;
      await setImmediate();
    }
  }
  assert(remaining === 0 && slice === undefined);
  appender.closeSync();
  return total;
}
