/**
 * What a sieve does with each row, and where things lie.
 *
 * @module
 */

/** A closed box, in degrees. */
export interface SieveBox {
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

/** Where a point's coordinates are. */
export interface PointSlots {
  readonly latitudeSlot: number;
  readonly longitudeSlot: number;
}

/** A filter that rows are compared with. */
export type SieveFilter =
  | {
      readonly type: "range";
      readonly slot: number;
      readonly min: number;
      readonly max: number;
    }
  | ({
      readonly type: "boxes";
      readonly boxes: readonly SieveBox[];
    } & PointSlots);

/** Cells of a point, of up to 15 bits of row and column. */
export interface SieveCells extends PointSlots {
  readonly rowBits: number;
  readonly columnBits: number;
  /** Whether the last bit is a row's. */
  readonly isEven: boolean;
  /** Where they go, by row, four bytes each. */
  readonly at: number;
  /** Where those of the rows that pass go as well, one behind the other. */
  readonly passedAt: number;
}

/** Rows that lie in one of some boxes. */
export interface SieveList extends PointSlots {
  readonly boxes: readonly SieveBox[];
  /** Where they go, four bytes each. */
  readonly at: number;
}

/** What to do with each row, and where things lie. */
export interface SievePlan {
  readonly filters: readonly SieveFilter[];
  readonly cells: readonly SieveCells[];
  readonly lists: readonly SieveList[];
  /** Addresses of the columns. */
  readonly columnsAt: readonly number[];
  /** Where the rows that pass go, four bytes each. */
  readonly rowsAt: number;
  /**
   * Where counts go: of the rows that have passed each filter and those before
   * it two, in sixteen bytes, to be added; then the end of each list, four bytes
   * each.
   */
  readonly countsAt: number;
  /** Where constants may lie. */
  readonly constantsAt: number;
}
