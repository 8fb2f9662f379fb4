/**
 * What open windows hold so far, by cell.
 *
 * @module
 */
import { byCell, cellText } from "../results/cell_number.ts";
import {
  averageNamed,
  cellBits,
  cellPartFor,
} from "../results/result_schema.ts";
import type { FiredWindow } from "../sink/sink.ts";

/** An average as exact as a page shows it: fewer bytes twice a second. */
export function shown(average: number): number {
  return Math.round(average * 100) / 100;
}

/** Open windows of one query, added up. */
export interface OpenCells {
  readonly cells: Readonly<Record<string, number>>;
  /** Empty when none was asked for. */
  readonly averages: Readonly<Record<string, number>>;
  /** Starts, epoch ms, ascending. */
  readonly windows: readonly number[];
}

/**
 * Adds up open windows.
 *
 * @param windows Open windows of one query, as they would fire now.
 * @param precision Characters of the cells.
 * @param average One of the query's averages, by its output name.
 */
export function openCells(
  windows: readonly FiredWindow[],
  precision: number,
  average?: string,
): OpenCells {
  const totals = new Map<number, number>();
  const sums = new Map<number, number>();
  for (const window of windows) {
    const { query, word0, word1, counts, rowCount, accumulators } = window;
    const accumulator = averageNamed(query, average)?.accumulator ?? -1;
    const values = accumulators[accumulator];
    const part = cellPartFor(query, precision);
    const { word, shift, bits } = cellBits(part, precision);
    const mask = 2 ** bits - 1;
    const words = word === 0 ? word0 : word1;
    for (let row = 0; row < rowCount; row++) {
      const cell = ((words[row] ?? 0) >>> shift) & mask;
      totals.set(cell, (totals.get(cell) ?? 0) + (counts[row] ?? 0));
      if (values === undefined) continue;
      sums.set(cell, (sums.get(cell) ?? 0) + (values[row] ?? 0));
    }
  }
  return {
    cells: byCell(
      [...totals].map(([cell, n]) => [cellText(cell, precision), n] as const),
    ),
    averages: byCell(
      [...sums].map(([cell, sum]) => {
        const count = totals.get(cell) ?? 1;
        return [cellText(cell, precision), shown(sum / count)] as const;
      }),
    ),
    windows: windows.map((one) => one.windowStartMs),
  };
}
