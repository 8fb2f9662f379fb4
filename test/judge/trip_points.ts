/**
 * Where made-up trips start and end: New York's busy places, places outside,
 * and points exactly on the edges that decide a cell or a zone, each with the
 * next double on both sides.
 *
 * @module
 */
import type { Random } from "./random.ts";

/** Latitude and longitude in degrees. */
export type Point = readonly [lat: number, lon: number];

const PLACES: readonly { at: Point; spread: number; weight: number }[] = [
  { at: [40.7549, -73.984], spread: 0.008, weight: 40 },
  { at: [40.7282, -73.9942], spread: 0.01, weight: 20 },
  { at: [40.7812, -73.9665], spread: 0.012, weight: 16 },
  { at: [40.8075, -73.9465], spread: 0.02, weight: 6 },
  { at: [40.6892, -73.9442], spread: 0.03, weight: 6 },
  { at: [40.7448, -73.9487], spread: 0.02, weight: 5 },
  { at: [40.6447, -73.7822], spread: 0.004, weight: 3 },
  { at: [40.7731, -73.8726], spread: 0.004, weight: 4 },
];
const WEIGHTS_SUM = PLACES.reduce((sum, { weight }) => sum + weight, 0);

/** Both airports, near their middle. */
const AIRPORTS: readonly Point[] = [
  [40.6441, -73.7822],
  [40.7731, -73.872],
];

const SCRATCH = new DataView(new ArrayBuffer(8));

/** The next double above (`1`) or below (`-1`) a finite `value`. */
export function besideDouble(value: number, side: 1 | -1): number {
  if (value === 0) return side * Number.MIN_VALUE;
  SCRATCH.setFloat64(0, value);
  const step = value > 0 === (side === 1) ? 1n : -1n;
  SCRATCH.setBigInt64(0, SCRATCH.getBigInt64(0) + step);
  return SCRATCH.getFloat64(0);
}

/** 180 / 2^17: the height and width of a cell of seven characters. */
const STEP_DEG = 45 / 32_768;

/** Every edge of every zone; a test compares them with the judge's. */
export const ZONE_EDGES = {
  lat: [
    40.56, 40.60546875, 40.632, 40.638427734375, 40.6439208984375,
    40.6494140625, 40.654, 40.6549072265625, 40.766, 40.766143798828125,
    40.76751708984375, 40.768890380859375, 40.770263671875, 40.7757568359375,
    40.778, 40.78125, 40.878, 40.95703125, 41.1328125,
  ],
  lon: [
    -74.53125, -74.1796875, -74.054, -73.883056640625, -73.881, -73.8720703125,
    -73.86383056640625, -73.86245727539062, -73.861083984375,
    -73.85971069335938, -73.859, -73.828125, -73.80615234375, -73.8,
    -73.795166015625, -73.7841796875, -73.773193359375, -73.761, -73.722,
    -73.4765625,
  ],
} as const;

function edgeValue(axis: "lat" | "lon", random: Random): number {
  const roll = random.next();
  let exact: number;
  if (roll < 0.5) exact = random.pick(ZONE_EDGES[axis]);
  else {
    // Any edge in the busy part: of seven characters, or of six in latitude
    // (every fourth of those) and in longitude (every eighth).
    const [from, to] = axis === "lat" ? [40.6, 40.88] : [-74.02, -73.75];
    const step = STEP_DEG * random.pick([1, 4, 8]);
    exact = Math.round(random.between(from, to) / step) * step;
  }
  const side = random.whole(-1, 1);
  return side === 0 ? exact : besideDouble(exact, side as 1 | -1);
}

function busyPlace(random: Random): Point {
  let left = random.next() * WEIGHTS_SUM;
  const place =
    PLACES.find(({ weight }) => {
      left -= weight;
      return left < 0;
    }) ?? PLACES[0];
  if (place === undefined) throw new Error("Cannot pick a place: none is left");
  const lat = place.at[0] + random.bell() * place.spread;
  const lon = place.at[1] + random.bell() * place.spread * 0.8;
  return [lat, lon];
}

/** Rounded as loggers do: six digits most often, else all there are. */
function rounded([lat, lon]: Point, random: Random): Point {
  if (random.chance(0.1)) return [lat, lon];
  const tens = random.chance(0.8) ? 1e6 : 1e4;
  return [Math.round(lat * tens) / tens, Math.round(lon * tens) / tens];
}

/** One end of an ordinary trip. */
export function ordinaryPoint(random: Random): Point {
  const roll = random.next();
  if (roll < 0.93) return rounded(busyPlace(random), random);
  if (roll < 0.96) {
    return rounded(
      [random.between(40.4, 41), random.between(-74.2, -73.4)],
      random,
    );
  }
  if (roll < 0.98) return [0, random.chance(0.5) ? 0 : -0];
  return [random.between(-90, 90), random.between(-180, 180)];
}

/** Near an airport, edges of its cells and boxes included. */
export function airportPoint(random: Random): Point {
  const [lat, lon] = random.pick(AIRPORTS);
  const point: Point = [
    lat + random.bell() * 0.007,
    lon + random.bell() * 0.009,
  ];
  return rounded(point, random);
}

/**
 * A point with at least one coordinate on an edge or one double beside it; the
 * other coordinate, when ordinary, comes from a short list so that cells fill.
 */
export function edgePoint(random: Random): Point {
  const roll = random.next();
  const lat =
    roll < 0.7
      ? edgeValue("lat", random)
      : random.pick([40.75, 40.6441, 40.7731, 40.8]);
  const lon =
    roll > 0.3
      ? edgeValue("lon", random)
      : random.pick([-73.98, -73.7822, -73.8726, -73.95]);
  return [lat, lon];
}

/** The corners of the world and other points that are far away but valid. */
export const FAR_POINTS: readonly Point[] = [
  [90, 180],
  [-90, -180],
  [90, -180],
  [-90, 180],
  [90, -73.98],
  [40.75, 180],
  [40.75, -180],
  [0, 0],
  [-0, -0],
  [Number.MIN_VALUE, -Number.MIN_VALUE],
  [-40.75, 73.98],
  [73.98, 40.75],
];

/** Points out of range; `Infinity` stands for `1e999`. */
export const OUT_OF_RANGE_POINTS: readonly Point[] = [
  [besideDouble(90, 1), -73.98],
  [besideDouble(-90, -1), -73.98],
  [40.75, besideDouble(180, 1)],
  [40.75, besideDouble(-180, -1)],
  [91, -73.98],
  [40.75, 286.02],
  [-73.98, 4075],
  [40_750_000, -73_980_000],
  [1e308, -1e308],
  [Number.POSITIVE_INFINITY, 0],
  [40.75, Number.NEGATIVE_INFINITY],
];
