/**
 * What open windows hold so far, by cell.
 *
 * @module
 */
import type { JobPlan } from "../job/plan.ts";
import { cellText } from "../results/cell_number.ts";
import { cellPartFor, queryNamed } from "../results/result_schema.ts";
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
 * @param windows The open windows of all queries, as they would fire now.
 * @param plan The job.
 * @param choice The query's name, the cells' precision, and how many windows count, the
 * earliest.
 */
export function openCells(
  windows: readonly FiredWindow[],
  plan: JobPlan,
  choice: {
    readonly query: string;
    readonly precision: number;
    readonly countMax: number;
  },
): OpenCells {
  const query = queryNamed(plan, choice.query);
  const { bits } = cellPartFor(query, choice.precision);
  const [piece = { word: 0, shift: 0, bits: 30 }] = bits;
  const shift = piece.shift + piece.bits - choice.precision * 5;
  const mask = 2 ** (choice.precision * 5) - 1;
  const totals = new Map<number, number>();
  const open = windows
    .filter((one) => one.query.index === query.index)
    .sort((a, b) => a.windowStartMs - b.windowStartMs)
    .slice(0, choice.countMax);
  for (const { word0, word1, counts, rowCount } of open) {
    const words = piece.word === 0 ? word0 : word1;
    for (let row = 0; row < rowCount; row++) {
      const cell = ((words[row] ?? 0) >>> shift) & mask;
      totals.set(cell, (totals.get(cell) ?? 0) + (counts[row] ?? 0));
    }
  }
  return {
    cells: Object.fromEntries(
      [...totals].map(([cell, n]) => [cellText(cell, choice.precision), n]),
    ),
    windows: open.map((one) => one.windowStartMs),
  };
}
