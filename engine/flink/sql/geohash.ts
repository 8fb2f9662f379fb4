/**
 * Geohash in plain SQL arithmetic.
 *
 * A point's cell is a row and a column, two BIGINTs; windows are grouped by
 * them, and only what comes out is made a text. Every expression here is plain
 * enough for DuckDB too, which is how the tests judge it.
 *
 * @module
 */
import { BASE32, columnBits, rowBits } from "../../geo/geohash.ts";
import { doubleLiteral, quoteText } from "./text.ts";

/**
 * The digits, by three bits of one axis (× 4) and two of the other. A character
 * has five bits, of both axes in turn; in even places the columns give three,
 * in odd places the rows.
 */
const DIGITS = Array.from({ length: 32 }, (_, i) => {
  const [major, minor] = [i >> 2, i & 3];
  const digit =
    ((major & 4) << 2) |
    ((minor & 2) << 2) |
    ((major & 2) << 1) |
    ((minor & 1) << 1) |
    (major & 1);
  return BASE32[digit] ?? "";
}).join("");

interface Axis {
  /** Degrees from the equator or the prime meridian to the grid's begin. */
  readonly halfDeg: 90 | 180;
  /** The grid has 2^bits rows or columns. */
  readonly bits: number;
}

/**
 * A row or column as BIGINT: the scaled position, put right by comparing with
 * the cell's exact edges, as `rowOf` does.
 */
function cellIndex(degrees: string, { halfDeg, bits }: Axis): string {
  const half = doubleLiteral(halfDeg);
  const step = doubleLiteral((2 * halfDeg) / 2 ** bits);
  const scaled = `FLOOR((${degrees} + ${half}) / ${step})`;
  const index = [
    `${scaled} + CASE`,
    `WHEN ${degrees} < ${scaled} * ${step} - ${half} THEN -1`,
    `WHEN ${degrees} >= (${scaled} + 1) * ${step} - ${half} THEN 1`,
    "ELSE 0 END",
  ].join(" ");
  return `LEAST(CAST(${index} AS BIGINT), ${2 ** bits - 1})`;
}

/** The row of a latitude, in the grid of a precision. */
export function rowExpression(latitude: string, precision: number): string {
  return cellIndex(latitude, { halfDeg: 90, bits: rowBits(precision) });
}

/** The column of a longitude, in the grid of a precision. */
export function columnExpression(longitude: string, precision: number): string {
  return cellIndex(longitude, { halfDeg: 180, bits: columnBits(precision) });
}

/** Bits `to` and those below it, `count` of them, of an index of `bits`. */
function bitsOf(index: string, shift: number, count: number): string {
  const moved = shift === 0 ? index : `${index} / ${2 ** shift}`;
  return `MOD(${moved}, ${2 ** count})`;
}

/**
 * The geohash of a cell.
 *
 * @param row,column Expressions of type BIGINT, not negative.
 */
export function geohashExpression(
  row: string,
  column: string,
  precision: number,
): string {
  let rowLeft = rowBits(precision);
  let columnLeft = columnBits(precision);
  const characters: string[] = [];
  for (let i = 0; i < precision; i++) {
    const isEven = i % 2 === 0;
    columnLeft -= isEven ? 3 : 2;
    rowLeft -= isEven ? 2 : 3;
    const [major, minor] = isEven
      ? [bitsOf(column, columnLeft, 3), bitsOf(row, rowLeft, 2)]
      : [bitsOf(row, rowLeft, 3), bitsOf(column, columnLeft, 2)];
    characters.push(
      `SUBSTRING(${quoteText(DIGITS)}, CAST(1 + ${major} * 4 + ${minor} AS INT), 1)`,
    );
  }
  return characters.join("\n|| ");
}
