/**
 * Tallies on their way between threads: the columns of several tables, one
 * after the other in a single buffer.
 *
 * A section's columns, in order, each 8-byte aligned: counts, accumulators
 * (doubles), word 0, word 1 (32-bit).
 *
 * @module
 */
import type { TallyColumns } from "./tally_table_kernel.ts";

/** Where a section lies and what it is. */
export interface TallySection {
  readonly queryIndex: number;
  readonly windowStartMs: number;
  readonly rowCount: number;
  readonly accumulatorCount: number;
  readonly byteOffset: number;
  /**
   * Events whose first tally is in here: over the sections of a flush they add
   * up to the events tallied.
   */
  readonly firstTallied: number;
}

/** A table with its query and window. */
export interface WindowTally {
  readonly queryIndex: number;
  readonly windowStartMs: number;
  readonly columns: TallyColumns;
  /** See {@linkcode TallySection}; 0 where nobody asks. */
  readonly firstTallied: number;
}

/** Bytes of a column of 32-bit words, rounded up to the next double. */
function wordBytes(rowCount: number): number {
  return Math.ceil((rowCount * 4) / 8) * 8;
}

function sectionBytes(rowCount: number, accumulatorCount: number): number {
  return rowCount * 8 * (1 + accumulatorCount) + 2 * wordBytes(rowCount);
}

/**
 * Copies tables into one buffer of their own.
 *
 * @param tallies Tables to copy; empty ones are left out.
 * @returns The buffer, ready to be transferred, and its sections.
 */
export function packTallies(tallies: readonly WindowTally[]): {
  sections: TallySection[];
  buffer: ArrayBuffer;
} {
  return packTalliesInto(tallies, (byteLength) => new ArrayBuffer(byteLength));
}

/**
 * Copies tables into one buffer.
 *
 * @param tallies Tables to copy; empty ones are left out.
 * @param bufferOf Gives a buffer of so many bytes or more; what is in it does
 *   not matter, as every byte of a section is written.
 * @returns The buffer and its sections.
 */
export function packTalliesInto<B extends ArrayBufferLike>(
  tallies: readonly WindowTally[],
  bufferOf: (byteLength: number) => B,
): { sections: TallySection[]; buffer: B } {
  const sections: TallySection[] = [];
  const packed = tallies.filter(({ columns }) => columns.rowCount > 0);
  let byteOffset = 0;
  for (const { queryIndex, windowStartMs, columns, firstTallied } of packed) {
    const { rowCount } = columns;
    const accumulatorCount = columns.accumulators.length;
    sections.push({
      queryIndex,
      windowStartMs,
      rowCount,
      accumulatorCount,
      byteOffset,
      firstTallied,
    });
    byteOffset += sectionBytes(rowCount, accumulatorCount);
  }
  const buffer = bufferOf(byteOffset);
  for (const [i, section] of sections.entries()) {
    const to = unpackSection(section, buffer);
    const from = packed[i]?.columns;
    if (from === undefined) continue;
    const { rowCount } = section;
    to.counts.set(from.counts.subarray(0, rowCount));
    to.word0.set(from.word0.subarray(0, rowCount));
    to.word1.set(from.word1.subarray(0, rowCount));
    for (const [j, column] of to.accumulators.entries()) {
      column.set(from.accumulators[j]?.subarray(0, rowCount) ?? []);
    }
  }
  return { sections, buffer };
}

/** Where columns lie in a buffer. */
type ColumnPlace = Pick<
  TallySection,
  "rowCount" | "accumulatorCount" | "byteOffset"
>;

/** Columns of zeros, in one buffer of their own. */
export function newColumns(
  rowCount: number,
  accumulatorCount: number,
): TallyColumns {
  const place = { rowCount, accumulatorCount, byteOffset: 0 };
  const bytes = sectionBytes(rowCount, accumulatorCount);
  return unpackSection(place, new ArrayBuffer(bytes));
}

/** Views of one section's columns; nothing is copied. */
export function unpackSection(
  { rowCount, accumulatorCount, byteOffset }: ColumnPlace,
  buffer: ArrayBufferLike,
): TallyColumns {
  let at = byteOffset;
  const doubles = () => {
    const column = new Float64Array(buffer, at, rowCount);
    at += rowCount * 8;
    return column;
  };
  const words = () => {
    const column = new Uint32Array(buffer, at, rowCount);
    at += wordBytes(rowCount);
    return column;
  };
  const counts = doubles();
  const accumulators = Array.from({ length: accumulatorCount }, doubles);
  return { rowCount, counts, accumulators, word0: words(), word1: words() };
}
