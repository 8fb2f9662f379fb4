import fc from "fast-check";
import ngeohash from "ngeohash";
import t from "tap";
import { boundsOf, cellOf, geohashOf } from "../../../engine/geo/geohash.ts";
import { boxRanges, touchesBox } from "../../../engine/results/box_ranges.ts";
import { cellNumber, cellText } from "../../../engine/results/cell_number.ts";
import { BOX_RANGES_MAX } from "../../../engine/results/limits.ts";

const latitude = fc.double({ min: -90, max: 90, noNaN: true });
const longitude = fc.double({ min: -180, max: 180, noNaN: true });
const box = fc
  .tuple(latitude, latitude, longitude, longitude)
  .map(([a, b, c, d]) => ({
    southDeg: Math.min(a, b),
    northDeg: Math.max(a, b),
    westDeg: Math.min(c, d),
    eastDeg: Math.max(c, d),
  }));
const point = fc.tuple(latitude, longitude);
const precision = fc.integer({ min: 1, max: 6 });

/** A share of the way; rounding must not lead beyond its end. */
function between(low: number, high: number, share: number): number {
  return Math.min(high, low + (high - low) * share);
}

t.test("boxRanges() hold every cell with a point in the box", async (t) => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(box, precision, fc.tuple(share, share), (...given) => {
      const [box, precision, [a, b]] = given;
      const lat = between(box.southDeg, box.northDeg, a);
      const lon = between(box.westDeg, box.eastDeg, b);
      const number = cellNumber(geohashOf(cellOf(lat, lon, precision)));
      const ranges = boxRanges(box, precision);
      t.ok(ranges.length <= BOX_RANGES_MAX);
      return ranges.some(([first, last]) => first <= number && number <= last);
    }),
  );
});

t.test("boxRanges() of a small box say no more than its cells", async (t) => {
  const { southDeg, northDeg, westDeg, eastDeg } = boundsOf(
    cellOf(40.7, -73.9, 6),
  );
  const box = {
    southDeg: southDeg + 1e-6,
    northDeg: northDeg - 1e-6,
    westDeg: westDeg + 1e-6,
    eastDeg: eastDeg - 1e-6,
  };
  const number = cellNumber(geohashOf(cellOf(40.7, -73.9, 6)));
  t.strictSame(boxRanges(box, 6), [[number, number]]);
});

t.test("touchesBox() is what comparing with every edge says", async () => {
  fc.assert(
    fc.property(box, point, precision, (box, [lat, lon], p) => {
      const text = geohashOf(cellOf(lat, lon, p));
      const [south, west, north, east] = ngeohash.decode_bbox(text);
      const apart =
        north <= box.southDeg ||
        south >= box.northDeg ||
        east <= box.westDeg ||
        west >= box.eastDeg;
      return touchesBox(cellOf(lat, lon, p), box) === !apart;
    }),
  );
});

t.test("cellText() undoes cellNumber()", async () => {
  fc.assert(
    fc.property(latitude, longitude, precision, (lat, lon, p) => {
      const text = geohashOf(cellOf(lat, lon, p));
      return cellText(cellNumber(text), p) === text;
    }),
  );
});
