/**
 * Cells as the map draws them: rectangles on the unit square of the world.
 *
 * @module
 */
import { geoMercatorRaw } from "d3-geo";
import { boundsOf, parseGeohash } from "../../geo/geohash.ts";
import { weightedMean } from "../../results/weighted_mean.ts";

/** One cell. */
export interface MapCell {
  readonly cell: string;
  /** Events of fired and of open windows. */
  readonly fired: number;
  readonly open: number;
  /** What its colour stands for. @default the events */
  readonly shade?: number;
  /** Western, northern, eastern, southern edge, 0 to 1 over the world. */
  readonly edges: readonly [number, number, number, number];
}

const RADIANS = Math.PI / 180;
/** Mercator ends here. */
const LATITUDE_MAX = 85.05;

/** A place on the unit square: x eastwards, y southwards. */
export function worldPoint(
  longitudeDeg: number,
  latitudeDeg: number,
): [x: number, y: number] {
  const latitude = Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitudeDeg));
  const [x, y] = geoMercatorRaw(longitudeDeg * RADIANS, latitude * RADIANS);
  return [x / (2 * Math.PI) + 0.5, 0.5 - y / (2 * Math.PI)];
}

/** The longitude and latitude of a place on the unit square. */
export function worldPlace(
  x: number,
  y: number,
): [longitudeDeg: number, latitudeDeg: number] {
  const [longitude, latitude] = geoMercatorRaw.invert?.(
    (x - 0.5) * 2 * Math.PI,
    (0.5 - y) * 2 * Math.PI,
  ) ?? [0, 0];
  return [longitude / RADIANS, latitude / RADIANS];
}

const edgesByCell = new Map<string, MapCell["edges"]>();
/** Cells kept between pictures; a city at all precisions has fewer. */
const EDGES_KEPT_MAX = 60_000;

/** A cell's edges. */
export function cellEdges(cell: string): MapCell["edges"] {
  const known = edgesByCell.get(cell);
  if (known !== undefined) return known;
  const { southDeg, northDeg, westDeg, eastDeg } = boundsOf(parseGeohash(cell));
  const [west, north] = worldPoint(westDeg, northDeg);
  const [east, south] = worldPoint(eastDeg, southDeg);
  const edges = [west, north, east, south] as const;
  if (edgesByCell.size >= EDGES_KEPT_MAX) edgesByCell.clear();
  edgesByCell.set(cell, edges);
  return edges;
}

/** Averages by cell. */
export interface CellAverages {
  readonly fired: Readonly<Record<string, number>>;
  readonly open: Readonly<Record<string, number>>;
}

/**
 * Cells by their totals, the busiest last, so that they are drawn on top.
 *
 * @param averages What their colours stand for. @default the events
 */
export function mapCells(
  fired: Readonly<Record<string, number>>,
  open: Readonly<Record<string, number>>,
  averages?: CellAverages,
): MapCell[] {
  const names = new Set([...Object.keys(fired), ...Object.keys(open)]);
  return [...names]
    .map((cell) => ({
      cell,
      fired: fired[cell] ?? 0,
      open: open[cell] ?? 0,
      ...(averages && {
        shade: weightedMean(
          [fired[cell] ?? 0, averages.fired[cell] ?? 0],
          [open[cell] ?? 0, averages.open[cell] ?? 0],
        ),
      }),
      edges: cellEdges(cell),
    }))
    .sort((a, b) => a.fired + a.open - b.fired - b.open);
}

/** Width of the world in pixels at which cells of each precision are shown. */
const WIDTH_BY_PRECISION: readonly (readonly [number, number])[] = [
  [6, 150_000],
  [5, 24_000],
  [4, 5_000],
  [3, 900],
  [2, 0],
];

/**
 * The precision for a zoom: cells of some 5 to 30 pixels.
 *
 * @param worldWidth The whole world's width in pixels.
 * @param precisionMax The finest that there is.
 */
export function precisionFor(worldWidth: number, precisionMax: number): number {
  const found = WIDTH_BY_PRECISION.find(([, width]) => worldWidth >= width);
  return Math.max(1, Math.min(found?.[0] ?? 2, precisionMax));
}
