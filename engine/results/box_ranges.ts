/**
 * A box as ranges of cell numbers, which a store can look up by comparing.
 *
 * @module
 */
import {
  boundsOf,
  type CellBounds,
  columnBits,
  columnOf,
  geohashOf,
  rowBits,
  rowOf,
} from "../geo/geohash.ts";
import { cellNumber } from "./cell_number.ts";
import { BOX_RANGES_MAX } from "./limits.ts";

/** Numbers of cells, both ends included. */
export type CellRange = readonly [first: number, last: number];

/** Rows and columns that a box covers at a precision. */
function spanOf(box: CellBounds, precision: number) {
  const rows = rowBits(precision);
  const columns = columnBits(precision);
  return {
    south: rowOf(box.southDeg, rows),
    north: rowOf(box.northDeg, rows),
    west: columnOf(box.westDeg, columns),
    east: columnOf(box.eastDeg, columns),
  };
}

function cellCount(box: CellBounds, precision: number): number {
  const { south, north, west, east } = spanOf(box, precision);
  return (north - south + 1) * (east - west + 1);
}

/**
 * The ranges that hold every cell touching a box, and some around it.
 *
 * @param box Within the world, south below north, west below east.
 * @param precision Characters of the cells, 1 to 6.
 * @returns Ascending, at most {@linkcode BOX_RANGES_MAX}.
 */
export function boxRanges(box: CellBounds, precision: number): CellRange[] {
  let coarse = precision;
  while (coarse > 1 && cellCount(box, coarse) > BOX_RANGES_MAX) coarse--;
  const { south, north, west, east } = spanOf(box, coarse);
  const numbers: number[] = [];
  for (let row = south; row <= north; row++) {
    for (let column = west; column <= east; column++) {
      numbers.push(cellNumber(geohashOf({ precision: coarse, row, column })));
    }
  }
  numbers.sort((a, b) => a - b);
  const scale = 32 ** (precision - coarse);
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    const first = number * scale;
    if (last !== undefined && last[1] + 1 === first) last[1] += scale;
    else ranges.push([first, first + scale - 1]);
  }
  return ranges;
}

/** Whether a cell and a box share more than an edge. */
export function touchesBox(
  cell: Parameters<typeof boundsOf>[0],
  box: CellBounds,
): boolean {
  const { southDeg, northDeg, westDeg, eastDeg } = boundsOf(cell);
  return (
    southDeg < box.northDeg &&
    northDeg > box.southDeg &&
    westDeg < box.eastDeg &&
    eastDeg > box.westDeg
  );
}
