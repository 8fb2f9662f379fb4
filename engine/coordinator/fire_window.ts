/**
 * Turns a closed window's tallies into documents.
 *
 * @module
 */
import type { JobPlan, QueryPlan } from "../job/plan.ts";
import type { FlushedTallies } from "../messages.ts";
import type { FiredWindow } from "../sink/sink.ts";
import { unpackSection } from "../tally/tally_columns.ts";
import type { TallyColumns } from "../tally/tally_table_kernel.ts";

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
