/**
 * Leaves only the last row of each key in a batch of windows.
 *
 * The store keeps the first of two rows with the same key in one statement,
 * without an error, so a corrected document must not be staged together with
 * its first version.
 *
 * @module
 */
import type { FiredWindow } from "./sink.ts";

/** The rows of a window that are to be written. */
export interface WindowRows {
  readonly window: FiredWindow;
  /** Row numbers, ascending; `"all"` without a list. */
  readonly rows: readonly number[] | "all";
}

function groupOf({ query, timestampMs }: FiredWindow): string {
  return `${query.index}|${timestampMs}`;
}

function keyOf({ word0, word1 }: FiredWindow, row: number): string {
  return `${word0[row]}|${word1[row]}`;
}

/** Rows are sorted by key, so equal keys are neighbours. */
function hasTwins({ rowCount, word0, word1 }: FiredWindow): boolean {
  for (let row = 1; row < rowCount; row++) {
    if (word0[row] === word0[row - 1] && word1[row] === word1[row - 1]) {
      return true;
    }
  }
  return false;
}

/**
 * Finds the rows that nothing later in the batch replaces.
 *
 * @param windows In firing order.
 * @returns The windows in the same order. Only windows that share query and
 * timestamp with another, or hold a key twice, are looked at row by row.
 */
export function latestRows(windows: readonly FiredWindow[]): WindowRows[] {
  const windowCounts = new Map<string, number>();
  for (const window of windows) {
    const group = groupOf(window);
    windowCounts.set(group, (windowCounts.get(group) ?? 0) + 1);
  }
  const seen = new Map<string, Set<string>>();
  const latest: WindowRows[] = [];
  for (const window of windows.toReversed()) {
    const group = groupOf(window);
    if (windowCounts.get(group) === 1 && !hasTwins(window)) {
      latest.push({ window, rows: "all" });
      continue;
    }
    const keys = seen.get(group) ?? new Set();
    seen.set(group, keys);
    const rows: number[] = [];
    for (let row = window.rowCount - 1; row >= 0; row--) {
      const key = keyOf(window, row);
      if (keys.has(key)) continue;
      keys.add(key);
      rows.push(row);
    }
    latest.push({ window, rows: rows.reverse() });
  }
  return latest.reverse();
}
