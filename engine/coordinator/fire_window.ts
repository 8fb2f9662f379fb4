/**
 * Turns a closed window's tallies into documents.
 *
 * @module
 */
import type { JobPlan, QueryPlan } from "../job/plan.ts";
import type { FlushedTallies } from "../messages.ts";
import type { FiredWindow } from "../sink/sink.ts";
import { newColumns, unpackSection } from "../tally/tally_columns.ts";
import type { TallyColumns, TallyTable } from "../tally/tally_table_kernel.ts";

/** Rows of a window that fit beside a word of 32 bits in a double. */
const PACKED_ROWS_MAX = 2 ** 21;

/** Whether all keys differ in their first words, so that these suffice. */
function isShort({ rowCount, word1 }: TallyColumns): boolean {
  for (let row = 0; row < rowCount; row++) if (word1[row] !== 0) return false;
  return rowCount <= PACKED_ROWS_MAX;
}

/** Sorts rows by their keys, most of which are one word. */
function sortByKey(rows: number[], tallies: TallyColumns): void {
  const { word0, word1 } = tallies;
  if (!isShort(tallies)) {
    rows.sort(
      (a, b) =>
        (word0[a] ?? 0) - (word0[b] ?? 0) || (word1[a] ?? 0) - (word1[b] ?? 0),
    );
    return;
  }
  // Numbers are sorted without calling back: firing takes 0.6 of the time.
  const packed = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    packed[i] = (word0[row] ?? 0) * PACKED_ROWS_MAX + row;
  }
  packed.sort();
  for (let i = 0; i < rows.length; i++) {
    const one = packed[i] ?? 0;
    rows[i] = one - Math.floor(one / PACKED_ROWS_MAX) * PACKED_ROWS_MAX;
  }
}

/** The given rows of a window as documents, sorted by key. */
function documentsOf(
  query: QueryPlan,
  windowStartMs: number,
  { tallies, rows }: { tallies: TallyColumns; rows: number[] },
): FiredWindow {
  sortByKey(rows, tallies);
  const columns = newColumns(rows.length, tallies.accumulators.length);
  const pick = <T extends Uint32Array | Float64Array>(from: T, to: T): void => {
    for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] ?? 0] ?? 0;
  };
  pick(tallies.word0, columns.word0);
  pick(tallies.word1, columns.word1);
  pick(tallies.counts, columns.counts);
  for (const [i, to] of columns.accumulators.entries()) {
    pick(tallies.accumulators[i] ?? to, to);
  }
  return {
    query,
    windowStartMs,
    timestampMs: windowStartMs + query.windowMs - 1,
    ...columns,
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
