/** Zones in SQL hold the points that the engine's zones hold. */
import fc from "fast-check";
import t from "tap";
import { inZone } from "../../../../engine/flink/sql/zone.ts";
import { ZoneIndex } from "../../../../engine/geo/zone_index.ts";
import { taxiZones } from "../../../../engine/job/presets/taxi.ts";
import type { ZoneSpec } from "../../../../engine/job/spec.ts";
import { besideDouble } from "../../../judge/trip_points.ts";
import { type PointRow, valuesAt } from "./duckdb_values.ts";

const ZONES: Readonly<Record<string, ZoneSpec>> = {
  ...taxiZones("nyc"),
  ring: taxiZones("refarch").LGA,
  boxes: taxiZones("boxes").NYC,
  apart: { cells: ["dr5ru7", "dr5rsh", "dr5x0zz", "9q8yyk"] },
};

for (const [name, zone] of Object.entries(ZONES)) {
  t.test(`zone ${name} holds the same points in SQL`, async (t) => {
    const { southDeg, northDeg, westDeg, eastDeg } = new ZoneIndex(zone);
    const near = (value: number) => [
      besideDouble(value, -1),
      value,
      besideDouble(value, 1),
    ];
    const points: PointRow[] = [
      ...[southDeg, northDeg]
        .flatMap(near)
        .flatMap((lat) =>
          [westDeg, eastDeg].flatMap(near).map((lon): PointRow => [lat, lon]),
        ),
      ...fc.sample(
        fc.tuple(
          fc.double({ min: southDeg, max: northDeg, noNaN: true }),
          fc.double({ min: westDeg, max: eastDeg, noNaN: true }),
        ),
        { numRuns: 500, seed: 7 },
      ),
    ];
    const index = new ZoneIndex(zone);
    t.strictSame(
      await valuesAt(
        inZone({ latitude: "lat", longitude: "lon" }, zone),
        points,
      ),
      points.map(([lat, lon]) => index.holds(lat, lon)),
    );
  });
}
