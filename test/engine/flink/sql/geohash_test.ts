/**
 * The geohash of SQL arithmetic is that of the engine, judged by DuckDB on
 * drawn points, on edges of cells, and on the doubles beside them.
 */
import fc from "fast-check";
import t from "tap";
import {
  geohashExpression,
  columnExpression as sqlColumn,
  rowExpression as sqlRow,
} from "../../../../engine/flink/sql/geohash.ts";
import { boundsOf, cellOf, geohashOf } from "../../../../engine/geo/geohash.ts";
import { besideDouble } from "../../../judge/trip_points.ts";
import { type PointRow, valuesAt } from "./duckdb_values.ts";

const latitude = fc.double({ min: -90, max: 90, noNaN: true });
const longitude = fc.double({ min: -180, max: 180, noNaN: true });

function clamped([lat, lon]: PointRow): PointRow {
  return [Math.max(-90, Math.min(90, lat)), Math.max(-180, Math.min(180, lon))];
}

/** The corners of a point's cell and the doubles beside them. */
function aroundCorners([lat, lon]: PointRow, precision: number): PointRow[] {
  const bounds = boundsOf(cellOf(lat, lon, precision));
  const near = (value: number) => [
    besideDouble(value, -1),
    value,
    besideDouble(value, 1),
  ];
  return near(bounds.southDeg).flatMap((south) =>
    near(bounds.eastDeg).map((east) => clamped([south, east])),
  );
}

for (const precision of [1, 2, 5, 6, 7, 11, 12]) {
  t.test(`geohash of ${precision} characters is the engine's`, async (t) => {
    const drawn = fc.sample(fc.tuple(latitude, longitude), {
      numRuns: 300,
      seed: 20_160_101 + precision,
    });
    const points: PointRow[] = [
      ...drawn,
      ...drawn.slice(0, 60).flatMap((one) => aroundCorners(one, precision)),
      [40.781249999999996, -73.828125],
      [90, 180],
      [-90, -180],
      [0, -0],
    ];
    const found = await valuesAt(
      geohashExpression(
        sqlRow("lat", precision),
        sqlColumn("lon", precision),
        precision,
      ),
      points,
    );
    const wanted = points.map(([lat, lon]) =>
      geohashOf(cellOf(lat, lon, precision)),
    );
    t.strictSame(found, wanted);
  });
}
