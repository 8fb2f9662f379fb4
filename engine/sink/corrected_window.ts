/**
 * A fired window with what late events have changed in it.
 *
 * @module
 */
import type { FiredWindow } from "./sink.ts";

/** A window with some of its rows replaced, and new ones; both are sorted. */
export function correctedWindow(
  window: FiredWindow,
  change: FiredWindow,
): FiredWindow {
  const rows: [FiredWindow, number][] = [];
  let row = 0;
  const compare = (i: number) =>
    (window.word0[row] ?? 0) - (change.word0[i] ?? 0) ||
    (window.word1[row] ?? 0) - (change.word1[i] ?? 0);
  for (let i = 0; i < change.rowCount; i++) {
    while (row < window.rowCount && compare(i) < 0) rows.push([window, row++]);
    if (row < window.rowCount && compare(i) === 0) row++;
    rows.push([change, i]);
  }
  while (row < window.rowCount) rows.push([window, row++]);
  const doubles = (of: (from: FiredWindow, at: number) => number | undefined) =>
    Float64Array.from(rows, ([from, at]) => of(from, at) ?? 0);
  return {
    ...change,
    rowCount: rows.length,
    word0: Uint32Array.from(rows, ([from, at]) => from.word0[at] ?? 0),
    word1: Uint32Array.from(rows, ([from, at]) => from.word1[at] ?? 0),
    counts: doubles(({ counts }, at) => counts[at]),
    accumulators: change.accumulators.map((_, i) =>
      doubles(({ accumulators }, at) => accumulators[i]?.[at]),
    ),
  };
}
