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
const WORDS_PER_DOUBLE: number = DOUBLE_BYTES / WORD_BYTES;

/** Rows up to which a loop is faster than to make a view and copy that. */
const LOOP_ROWS_MAX = 128;

/** Copies columns into one buffer; places are in numbers of the column's kind. */
class ColumnWriter {
  readonly #doubles: Float64Array;
  readonly #words: Uint32Array;

  constructor(buffer: ArrayBufferLike) {
    this.#doubles = new Float64Array(buffer);
    this.#words = new Uint32Array(buffer);
  }

  doubles(at: number, column: Float64Array, rowCount: number): void {
    const into = this.#doubles;
    if (rowCount > LOOP_ROWS_MAX) into.set(column.subarray(0, rowCount), at);
    else {
      for (let row = 0; row < rowCount; row++) {
        into[at + row] = column[row] as number;
      }
    }
  }

  words(at: number, column: Uint32Array, rowCount: number): void {
    const into = this.#words;
    if (rowCount > LOOP_ROWS_MAX) into.set(column.subarray(0, rowCount), at);
    else {
      for (let row = 0; row < rowCount; row++) {
        into[at + row] = column[row] as number;
      }
    }
  }
}

/** Bytes of a column of 32-bit words, rounded up to the next double. */
function wordBytes(rowCount: number): number {
  return (rowCount * 4 + 7) & ~7;
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
  const writer = new ColumnWriter(buffer);
  for (let i = 0; i < sections.length; i++) {
    const section = sections[i] as TallySection;
    const { columns } = packed[i] as WindowTally;
    const { rowCount } = section;
    let at = section.byteOffset / DOUBLE_BYTES;
    writer.doubles(at, columns.counts, rowCount);
    for (const column of columns.accumulators) {
      at += rowCount;
      writer.doubles(at, column, rowCount);
    }
    at = (at + rowCount) * WORDS_PER_DOUBLE;
    writer.words(at, columns.word0, rowCount);
    at += wordBytes(rowCount) / WORD_BYTES;
    writer.words(at, columns.word1, rowCount);
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
