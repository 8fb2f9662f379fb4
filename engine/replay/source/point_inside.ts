/**
 * A point inside an outline, well away from its edges: half-way through the
 * widest part along a line across its middle.
 *
 * @module
 */

type Position = readonly [lon: number, lat: number, ...rest: number[]];
type Ring = readonly Position[];
/** An outer ring and its holes. */
type Polygon = readonly Ring[];

/** Lines that are tried, as shares of the height: a half first. */
const SHARES = [0.5, 0.4, 0.6, 0.3, 0.7] as const;

/** Where the rings cross a parallel, from west to east. */
function crossings(polygon: Polygon, lat: number): number[] {
  const lons = polygon.flatMap((ring) =>
    ring.flatMap((from, i) => {
      const to = ring[(i + 1) % ring.length] ?? from;
      // Half open, so that a corner counts once.
      if (from[1] > lat === to[1] > lat) return [];
      const share = (lat - from[1]) / (to[1] - from[1]);
      return [from[0] + share * (to[0] - from[0])];
    }),
  );
  return lons.sort((a, b) => a - b);
}

/** The widest part inside along a parallel. */
function widest(polygon: Polygon, lat: number) {
  const lons = crossings(polygon, lat);
  let found = { width: 0, lon: Number.NaN };
  for (let i = 0; i + 1 < lons.length; i += 2) {
    const [west, east] = [lons[i] ?? 0, lons[i + 1] ?? 0];
    if (east - west > found.width) {
      found = { width: east - west, lon: (west + east) / 2 };
    }
  }
  return found;
}

/**
 * Finds the point.
 *
 * @param polygons Each an outer ring and its holes.
 * @returns NaN twice when they have no inside.
 */
export function pointInside(
  polygons: readonly Polygon[],
): readonly [lon: number, lat: number] {
  let best = { width: 0, lon: Number.NaN, lat: Number.NaN };
  for (const polygon of polygons) {
    const lats = (polygon[0] ?? []).map(([, lat]) => lat);
    const [south, north] = [Math.min(...lats), Math.max(...lats)];
    for (const share of SHARES) {
      const lat = south + share * (north - south);
      const { width, lon } = widest(polygon, lat);
      if (width > best.width) best = { width, lon, lat };
    }
  }
  return [best.lon, best.lat];
}
