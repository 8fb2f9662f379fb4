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

const DOUBLE_BYTES = 8;
const WORD_BYTES = 4;

/** Rows up to which a loop is faster than to make a view and copy that. */
const LOOP_ROWS_MAX = 128;

/** Copies the first rows of a column into other memory, from an index on. */
function copyRows<C extends Float64Array | Uint32Array>(
  column: C,
  rowCount: number,
  [into, at]: readonly [C, number],
): void {
  if (rowCount > LOOP_ROWS_MAX) {
    into.set(column.subarray(0, rowCount), at);
    return;
  }
  for (let row = 0; row < rowCount; row++) {
    into[at + row] = column[row] as number;
  }
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
  const doubles = new Float64Array(buffer);
  const words = new Uint32Array(buffer);
  for (const [i, section] of sections.entries()) {
    const from = packed[i]?.columns;
    if (from === undefined) continue;
    const { rowCount } = section;
    let at = section.byteOffset / DOUBLE_BYTES;
    copyRows(from.counts, rowCount, [doubles, at]);
    for (const column of from.accumulators) {
      at += rowCount;
      copyRows(column, rowCount, [doubles, at]);
    }
    at = (at + rowCount) * (DOUBLE_BYTES / WORD_BYTES);
    copyRows(from.word0, rowCount, [words, at]);
    at += wordBytes(rowCount) / WORD_BYTES;
    copyRows(from.word1, rowCount, [words, at]);
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
