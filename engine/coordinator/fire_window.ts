/**
 * Turns a closed window's tallies into documents.
 *
 * @module
 */
import type { JobPlan, QueryPlan } from "../job/plan.ts";
import type { FlushedTallies } from "../messages.ts";
import type { FiredWindow } from "../sink/sink.ts";
import { unpackSection } from "../tally/tally_columns.ts";
import type { TallyColumns, TallyTable } from "../tally/tally_table_kernel.ts";

/** The given rows of a window as documents, sorted by key. */
function documentsOf(
  query: QueryPlan,
  windowStartMs: number,
  { tallies, rows }: { tallies: TallyColumns; rows: number[] },
): FiredWindow {
  rows.sort(
    (a, b) =>
      (tallies.word0[a] ?? 0) - (tallies.word0[b] ?? 0) ||
      (tallies.word1[a] ?? 0) - (tallies.word1[b] ?? 0),
  );
  const pick = <T extends Uint32Array | Float64Array>(from: T, to: T): T => {
    for (const [i, row] of rows.entries()) to[i] = from[row] ?? 0;
    return to;
  };
  return {
    query,
    windowStartMs,
    timestampMs: windowStartMs + query.windowMs - 1,
    rowCount: rows.length,
    word0: pick(tallies.word0, new Uint32Array(rows.length)),
    word1: pick(tallies.word1, new Uint32Array(rows.length)),
    counts: pick(tallies.counts, new Float64Array(rows.length)),
    accumulators: tallies.accumulators.map((column) =>
      pick(column, new Float64Array(rows.length)),
    ),
  };
}

/**
 * The documents of one window: keys with enough events, sorted, so that the
 * same tallies give the same output in whatever order they were merged.
 *
 * @param query The query.
 * @param windowStartMs Start of the window.
 * @param tallies Its merged tallies; not changed.
 */
export function fireWindow(
  query: QueryPlan,
  windowStartMs: number,
  tallies: TallyColumns,
): FiredWindow {
  const rows: number[] = [];
  for (let row = 0; row < tallies.rowCount; row++) {
    if ((tallies.counts[row] ?? 0) >= query.leastCount) rows.push(row);
  }
  return documentsOf(query, windowStartMs, { tallies, rows });
}

/** What late events have added to a fired window. */
export interface WindowChange {
  readonly windowStartMs: number;
  /** The window with them. */
  readonly table: TallyTable;
  /** They alone. */
  readonly columns: TallyColumns;
}

/**
 * The documents that late events have changed or made, as they are now.
 *
 * @returns Them, and how many of them there were none of before.
 */
export function correctWindow(
  query: QueryPlan,
  { windowStartMs, table, columns }: WindowChange,
): { window: FiredWindow; newCount: number } {
  const rows: number[] = [];
  let newCount = 0;
  for (let i = 0; i < columns.rowCount; i++) {
    const row = table.entryOf(columns.word0[i] ?? 0, columns.word1[i] ?? 0);
    const count = table.counts[row] ?? 0;
    if (count < query.leastCount) continue;
    rows.push(row);
    if (count - (columns.counts[i] ?? 0) < query.leastCount) newCount++;
  }
  const change = { tallies: table, rows };
  return { window: documentsOf(query, windowStartMs, change), newCount };
}

/** Windows that had been fired before a checkpoint, as they were. */
export function refired(
  plan: JobPlan,
  { sections, buffer }: FlushedTallies,
): FiredWindow[] {
  return sections.flatMap((section) => {
    const query = plan.queries[section.queryIndex];
    if (query === undefined) return [];
    const { windowStartMs } = section;
    return [
      {
        query,
        windowStartMs,
        timestampMs: windowStartMs + query.windowMs - 1,
        ...unpackSection(section, buffer),
      },
    ];
  });
}
