/**
 * What open windows hold so far, by cell.
 *
 * @module
 */
import { byCell, cellText } from "../results/cell_number.ts";
import { cellBits, cellPartFor } from "../results/result_schema.ts";
import type { FiredWindow } from "../sink/sink.ts";

/** Open windows of one query, added up. */
export interface OpenCells {
  readonly cells: Readonly<Record<string, number>>;
  /** Starts, epoch ms, ascending. */
  readonly windows: readonly number[];
}

/**
 * Adds up open windows.
 *
 * @param windows Open windows of one query, as they would fire now.
 * @param precision Characters of the cells.
 */
export function openCells(
  windows: readonly FiredWindow[],
  precision: number,
): OpenCells {
  const totals = new Map<number, number>();
  for (const { query, word0, word1, counts, rowCount } of windows) {
    const part = cellPartFor(query, precision);
    const { word, shift, bits } = cellBits(part, precision);
    const mask = 2 ** bits - 1;
    const words = word === 0 ? word0 : word1;
    for (let row = 0; row < rowCount; row++) {
      const cell = ((words[row] ?? 0) >>> shift) & mask;
      totals.set(cell, (totals.get(cell) ?? 0) + (counts[row] ?? 0));
    }
  }
  return {
    cells: byCell(
      [...totals].map(([cell, n]) => [cellText(cell, precision), n] as const),
    ),
    windows: windows.map((one) => one.windowStartMs),
  };
}
