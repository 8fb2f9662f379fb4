import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import {
  BASE32,
  boundsOf,
  cellOf,
  geohashOf,
  neighbours,
  parseGeohash,
} from "../../../engine/geo/geohash.ts";

/** The textbook way: halve the interval, one bit after the other. */
function bisect(latitude: number, longitude: number, precision: number) {
  const range = { lat: [-90, 90], lon: [-180, 180] } as Record<
    string,
    number[]
  >;
  let text = "";
  let isLon = true;
  for (let i = 0; i < precision; i++) {
    let digit = 0;
    for (let bit = 0; bit < 5; bit++) {
      const [axis, value] = isLon ? ["lon", longitude] : ["lat", latitude];
      const at = range[axis as string] as number[];
      const middle = ((at[0] as number) + (at[1] as number)) / 2;
      const upper = (value as number) >= middle;
      digit = digit * 2 + (upper ? 1 : 0);
      at[upper ? 0 : 1] = middle;
      isLon = !isLon;
    }
    text += BASE32[digit];
  }
  return text;
}

/** The next double in a direction. */
function beside(value: number, direction: 1 | -1): number {
  const view = new DataView(new ArrayBuffer(8));
  if (value === 0) return direction * Number.MIN_VALUE;
  view.setFloat64(0, value);
  const bits = view.getBigInt64(0);
  view.setBigInt64(0, bits + BigInt(value > 0 ? direction : -direction));
  return view.getFloat64(0);
}

const latitudes = fc.double({ min: -90, max: 90, noNaN: true });
const longitudes = fc.double({ min: -180, max: 180, noNaN: true });
const precisions = fc.integer({ min: 1, max: 12 });

t.test("cellOf() agrees with bisection for any point", async () => {
  fc.assert(
    fc.property(latitudes, longitudes, precisions, (lat, lon, precision) => {
      assert.equal(
        geohashOf(cellOf(lat, lon, precision)),
        bisect(lat, lon, precision),
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test(
  "cellOf() puts an edge into the upper cell, one double below not",
  async () => {
    fc.assert(
      fc.property(latitudes, longitudes, precisions, (lat, lon, precision) => {
        const { southDeg, westDeg } = boundsOf(cellOf(lat, lon, precision));
        for (const [la, lo] of [
          [southDeg, westDeg],
          [Math.max(-90, beside(southDeg, -1)), westDeg],
          [beside(southDeg, 1), westDeg],
          [southDeg, Math.max(-180, beside(westDeg, -1))],
          [southDeg, beside(westDeg, 1)],
        ] as const) {
          assert.equal(
            geohashOf(cellOf(la, lo, precision)),
            bisect(la, lo, precision),
          );
        }
      }),
      { numRuns: 1_000 },
    );
  },
);

t.test("cellOf() gives the last cell for 90 and 180 degrees", async (t) => {
  t.equal(geohashOf(cellOf(90, 180, 6)), "zzzzzz");
  t.equal(geohashOf(cellOf(-90, -180, 6)), "000000");
});

t.test("cellOf() knows published examples", async (t) => {
  // From the geohash article of Wikipedia and from OpenSearch's documentation.
  t.equal(geohashOf(cellOf(57.64911, 10.40744, 11)), "u4pruydqqvj");
  t.equal(geohashOf(cellOf(42.605, -5.603, 5)), "ezs42");
  t.equal(geohashOf(cellOf(40.78125, -73.9, 4)), "dr72");
  t.equal(geohashOf(cellOf(40.781249999999996, -73.9, 4)), "dr5r");
});

t.test("parseGeohash() is the inverse of geohashOf()", async () => {
  fc.assert(
    fc.property(latitudes, longitudes, precisions, (lat, lon, precision) => {
      const cell = cellOf(lat, lon, precision);
      assert.deepEqual(parseGeohash(geohashOf(cell)), cell);
    }),
  );
});

t.test("parseGeohash() refuses what is no geohash", async (t) => {
  t.throws(() => parseGeohash(""), RangeError);
  t.throws(() => parseGeohash("dr5a"), RangeError);
  t.throws(() => parseGeohash("0123456789bcd"), RangeError);
});

t.test("neighbours() gives the eight cells around", async (t) => {
  t.strictSame(neighbours("dr72").sort(), neighboursByBounds("dr72"));
  t.strictSame(neighbours("dr5rzjx").sort(), neighboursByBounds("dr5rzjx"));
});

t.test(
  "neighbours() goes around the back of the world and stops at poles",
  async (t) => {
    t.equal(neighbours("zzzz").length, 5);
    t.equal(neighbours("xbpb").length, 8);
    t.ok(neighbours("xbpb").includes("8000"));
  },
);

/** Cells that hold points just outside the cell's edges and corners. */
function neighboursByBounds(text: string): string[] {
  const { southDeg, northDeg, westDeg, eastDeg } = boundsOf(parseGeohash(text));
  const height = northDeg - southDeg;
  const width = eastDeg - westDeg;
  const found: string[] = [];
  for (const dLat of [-1, 0, 1]) {
    for (const dLon of [-1, 0, 1]) {
      if (dLat === 0 && dLon === 0) continue;
      const lat = southDeg + height / 2 + dLat * height;
      const lon = westDeg + width / 2 + dLon * width;
      found.push(bisect(lat, lon, text.length));
    }
  }
  return found.sort();
}
