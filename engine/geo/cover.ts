/**
 * Polygons as cells: those of one precision whose centre lies inside.
 *
 * Along the centre line of each row of cells the polygon's edges are crossed;
 * between an odd crossing and the next lies its inside. Holes are rings like
 * others then, and the time grows with crossings, not with cells times edges.
 *
 * @module
 */
import {
  BASE32,
  columnBits,
  geohashOf,
  PRECISION_MAX,
  rowBits,
} from "./geohash.ts";

/** Longitude and latitude in degrees, as GeoJSON has them. */
export type Position = readonly [
  longitudeDeg: number,
  latitudeDeg: number,
  ...others: number[],
];

/** A ring; whether its last position repeats the first makes no difference. */
export type Ring = readonly Position[];

/** A boundary and the holes in it. */
export type Polygon = readonly Ring[];

/** Limits of a cover. */
export interface CoverLimits {
  readonly cellsMax: number;
  readonly crossingsMax: number;
}

/** A polygon that needs more cells or crossings than it may. */
export class CoverLimitError extends Error {
  override readonly name = "CoverLimitError";
}

/** Where rows' centre lines are crossed, by row. */
type Crossings = Map<number, number[]>;

/** Adds the crossings of one edge; both ends' rows are found exactly. */
function crossEdge(
  [fromLon, fromLat]: Position,
  [toLon, toLat]: Position,
  { step, add }: { step: number; add: (row: number, lon: number) => void },
): void {
  const south = Math.min(fromLat, toLat);
  const north = Math.max(fromLat, toLat);
  const rowCount = Math.round(180 / step);
  const first = Math.max(0, Math.floor((south + 90) / step - 0.5) - 1);
  const last = Math.min(rowCount - 1, Math.ceil((north + 90) / step) + 1);
  for (let row = first; row <= last; row++) {
    const centre = (row + 0.5) * step - 90;
    // An end on the line counts with what is south of it, once.
    if (fromLat <= centre === toLat <= centre) continue;
    const share = (centre - fromLat) / (toLat - fromLat);
    add(row, fromLon + share * (toLon - fromLon));
  }
}

function crossingsOf(polygon: Polygon, step: number, max: number): Crossings {
  const crossings: Crossings = new Map();
  let count = 0;
  const add = (row: number, longitudeDeg: number) => {
    if (++count > max) {
      throw new CoverLimitError(
        `its edges cross more than ${max} rows of cells`,
      );
    }
    const list = crossings.get(row);
    if (list === undefined) crossings.set(row, [longitudeDeg]);
    else list.push(longitudeDeg);
  };
  for (const ring of polygon) {
    for (const [i, position] of ring.entries()) {
      const next = ring[(i + 1) % ring.length] ?? position;
      crossEdge(position, next, { step, add });
    }
  }
  return crossings;
}

/**
 * The cells whose centres lie in any of some polygons.
 *
 * @param polygons Within ±180 and ±90 degrees; edges are straight in degrees.
 * @param precision Characters of the geohashes.
 * @returns Geohashes, without doubles.
 * @throws {CoverLimitError} When a limit is passed.
 */
export function coverPolygons(
  polygons: readonly Polygon[],
  precision: number,
  { cellsMax, crossingsMax }: CoverLimits,
): string[] {
  const step = 180 / 2 ** rowBits(precision);
  const columnCount = 2 ** columnBits(precision);
  const width = 360 / columnCount;
  const found = new Set<string>();
  for (const polygon of polygons) {
    for (const [row, list] of crossingsOf(polygon, step, crossingsMax)) {
      list.sort((a, b) => a - b);
      for (let i = 0; i + 1 < list.length; i += 2) {
        const [west = 0, east = 0] = [list[i], list[i + 1]];
        const centreOf = (column: number) => (column + 0.5) * width - 180;
        // One to the west, as the quotient may have been rounded up.
        const first = Math.ceil((west + 180) / width - 0.5) - 1;
        for (let column = Math.max(0, first); column < columnCount; column++) {
          if (centreOf(column) >= east) break;
          if (centreOf(column) < west) continue;
          found.add(geohashOf({ precision, row, column }));
          if (found.size > cellsMax) {
            throw new CoverLimitError(`it takes more than ${cellsMax} cells`);
          }
        }
      }
    }
  }
  return [...found];
}

/**
 * The same area in fewer cells: 32 cells that fill a larger one become it.
 *
 * @param cells Geohashes of any precisions.
 * @returns Sorted geohashes, none inside another.
 */
export function compactCells(cells: Iterable<string>): string[] {
  const kept = new Set(cells);
  for (const cell of [...kept]) {
    for (let length = 1; length < cell.length; length++) {
      if (kept.has(cell.slice(0, length))) kept.delete(cell);
    }
  }
  for (let length = PRECISION_MAX; length > 1; length--) {
    const siblings = new Map<string, number>();
    for (const cell of kept) {
      if (cell.length !== length) continue;
      const parent = cell.slice(0, -1);
      siblings.set(parent, (siblings.get(parent) ?? 0) + 1);
    }
    for (const [parent, count] of siblings) {
      if (count < BASE32.length) continue;
      for (const digit of BASE32) kept.delete(parent + digit);
      kept.add(parent);
    }
  }
  return [...kept].sort();
}
