/**
 * Geohash cells of a whole batch, as integers.
 *
 * Hot path: once an event.
 * Cost avoided: base-32 text per event (about 0.3 µs and a string each).
 * Trick: row and column by one multiplication each, set right by comparing with the
 * cell's exact bounds, and bits interleaved through a 256-entry table.
 * Gives up: nothing; the text is made when a document is written.
 * Breaks: non-null assertions on typed-array reads.
 * Bench: `perf/tally_bench.ts`. Plain twin: `cellOf` in `engine/geo/geohash.ts`.
 *
 * @module
 */
import { columnBits, rowBits } from "../../engine/geo/geohash.ts";
import { BATCH_ROWS_MAX } from "../decode/event_columns.ts";
import type { SievedCells } from "./sieve_kernel.ts";

/** The bits of a byte, with a zero bit put before each. */
const SPREAD = Uint32Array.from({ length: 256 }, (_, byte) => {
  let spread = 0;
  for (let bit = 0; bit < 8; bit++) spread |= ((byte >> bit) & 1) << (2 * bit);
  return spread;
});

/** Rows and columns in the first six characters: 15 bits each. */
const PIECE_BITS = 15;

/** Interleaves up to 15 bits of row and column; the first bit is a column's. */
function interleave(row: number, column: number, isEven: boolean): number {
  const rows = SPREAD[row & 255]! | (SPREAD[row >>> 8]! << 16);
  const columns = SPREAD[column & 255]! | (SPREAD[column >>> 8]! << 16);
  return isEven ? (columns << 1) | rows : (rows << 1) | columns;
}

/** Cells of one point at one precision, for each selected row of a batch. */
export class GeohashColumn {
  /** First six characters (or all, up to precision 6), by row. */
  readonly first: Uint32Array;
  /** Those of the selected rows, one behind the other, when a sieve made them. */
  readonly passed: Uint32Array | undefined;
  /** The characters after the sixth, by row; zero up to precision 6. */
  readonly rest: Uint32Array = new Uint32Array(BATCH_ROWS_MAX);
  /** 1 where the point lies on the globe. */
  readonly valid: Uint8Array = new Uint8Array(BATCH_ROWS_MAX);
  /** Whether it is 1 for all rows of the last batch. */
  areAllValid = true;
  readonly #rowBits: number;
  readonly #columnBits: number;
  readonly #isEven: boolean;
  readonly #rowsMax: number;
  readonly #columnsMax: number;

  /**
   * @param precision Characters of the geohashes.
   * @param sieved Where the sieve puts them, when it does: `compute` isn't
   * needed.
   */
  constructor(precision: number, sieved?: SievedCells) {
    this.first = sieved?.words ?? new Uint32Array(BATCH_ROWS_MAX);
    this.passed = sieved?.passed;
    this.#rowBits = rowBits(precision);
    this.#columnBits = columnBits(precision);
    this.#rowsMax = 2 ** this.#rowBits - 1;
    this.#columnsMax = 2 ** this.#columnBits - 1;
    this.#isEven = precision % 2 === 0;
  }

  /**
   * Fills the columns.
   *
   * @param latitudes Degrees, by row.
   * @param longitudes Degrees, by row.
   * @param selection Rows to do.
   * @param count How many of `selection` there are.
   */
  compute(
    latitudes: Float64Array,
    longitudes: Float64Array,
    selection: Int32Array,
    count: number,
  ): void {
    const rowsMax = this.#rowsMax;
    const columnsMax = this.#columnsMax;
    const rowStep = 180 / (rowsMax + 1);
    const columnStep = 360 / (columnsMax + 1);
    const rowsPerDegree = 1 / rowStep;
    const columnsPerDegree = 1 / columnStep;
    const rowRest = Math.max(0, this.#rowBits - PIECE_BITS);
    const columnRest = Math.max(0, this.#columnBits - PIECE_BITS);
    const isLong = rowRest + columnRest > 0;
    const isEven = this.#isEven;
    this.areAllValid = true;
    for (let i = 0; i < count; i++) {
      const at = selection[i]!;
      const latitude = latitudes[at]!;
      const longitude = longitudes[at]!;
      const onGlobe =
        latitude >= -90 &&
        latitude <= 90 &&
        longitude >= -180 &&
        longitude <= 180;
      this.valid[at] = onGlobe ? 1 : 0;
      if (!onGlobe) {
        this.areAllValid = false;
        continue;
      }
      let row = ((latitude + 90) * rowsPerDegree) | 0;
      if (latitude < row * rowStep - 90) row--;
      else if (latitude >= (row + 1) * rowStep - 90) row++;
      if (row > rowsMax) row = rowsMax;
      let column = ((longitude + 180) * columnsPerDegree) | 0;
      if (longitude < column * columnStep - 180) column--;
      else if (longitude >= (column + 1) * columnStep - 180) column++;
      if (column > columnsMax) column = columnsMax;
      if (!isLong) {
        this.first[at] = interleave(row, column, isEven);
      } else {
        this.first[at] = interleave(
          row >>> rowRest,
          column >>> columnRest,
          true,
        );
        this.rest[at] = interleave(
          row & ((1 << rowRest) - 1),
          column & ((1 << columnRest) - 1),
          isEven,
        );
      }
    }
  }
}
