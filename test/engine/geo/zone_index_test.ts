import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { boundsOf, parseGeohash } from "../../../engine/geo/geohash.ts";
import { zoneBoxes } from "../../../engine/geo/zone.ts";
import { ZoneIndex } from "../../../engine/geo/zone_index.ts";
import {
  type TaxiZones,
  taxiZones,
  ZONE_PRESETS,
} from "../../../engine/job/presets/taxi.ts";
import type { ZoneSpec } from "../../../engine/job/spec.ts";

/** The definition: in one of the cells or boxes, all four edges included. */
function holds(zone: ZoneSpec, lat: number, lon: number): boolean {
  const boxes =
    "cells" in zone
      ? zone.cells.map((cell) => boundsOf(parseGeohash(cell)))
      : zone.boxes;
  return boxes.some(
    (b) =>
      lat >= b.southDeg &&
      lat <= b.northDeg &&
      lon >= b.westDeg &&
      lon <= b.eastDeg,
  );
}

/** Edges of the zone's cells and boxes, where the mistakes are. */
function edges(zone: ZoneSpec): { lats: number[]; lons: number[] } {
  const boxes =
    "cells" in zone
      ? zone.cells.map((cell) => boundsOf(parseGeohash(cell)))
      : zone.boxes;
  return {
    lats: boxes.flatMap((b) => [b.southDeg, b.northDeg]),
    lons: boxes.flatMap((b) => [b.westDeg, b.eastDeg]),
  };
}

function agrees(zone: ZoneSpec): void {
  const index = new ZoneIndex(zone);
  const { lats, lons } = edges(zone);
  const near = (values: number[], spread: number) =>
    fc
      .tuple(
        fc.constantFrom(...values),
        fc.oneof(
          fc.constantFrom(0, 2 ** -46, -(2 ** -46)),
          fc.double({ min: -spread, max: spread, noNaN: true }),
        ),
      )
      .map(([value, offset]) => value + offset);
  fc.assert(
    fc.property(near(lats, 0.3), near(lons, 0.3), (lat, lon) => {
      assert.equal(index.holds(lat, lon), holds(zone, lat, lon));
    }),
    { numRuns: 2_000 },
  );
}

for (const preset of ZONE_PRESETS) {
  for (const name of ["NYC", "JFK", "LGA"] as (keyof TaxiZones)[]) {
    t.test(`ZoneIndex of ${preset} ${name} agrees with its cells`, async () => {
      agrees(taxiZones(preset)[name]);
    });
  }
}

t.test("ZoneIndex of any set of cells agrees with them", async () => {
  const cells = fc.uniqueArray(
    fc
      .tuple(
        fc.constantFrom("dr5", "dr7"),
        fc.stringMatching(/^[0-9b-hjkmnp-z]{1,2}$/),
      )
      .map(([prefix, rest]) => prefix + rest),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(cells, (chosen) => agrees({ cells: chosen })),
    { numRuns: 20 },
  );
});

t.test("zoneBoxes() joins the city's nine cells into one box", async (t) => {
  t.equal(zoneBoxes(taxiZones("nyc").NYC).length, 1);
});

t.test("ZoneIndex of refarch NYC leaves the inside of dr72 out", async (t) => {
  const zone = new ZoneIndex(taxiZones("refarch").NYC);
  t.notOk(zone.holds(40.8, -73.9));
  t.ok(zone.holds(40.78125, -73.9), "its southern edge belongs to dr5r");
  t.ok(zone.holds(40.7, -73.9));
});
