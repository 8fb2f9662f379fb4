/** Points of taxi zones out of CSV and GeoJSON. */
import fc from "fast-check";
import t from "tap";
import { pointInside } from "../../../../engine/replay/source/point_inside.ts";
import { ZoneTable } from "../../../../engine/replay/source/zone_table.ts";

type Corner = readonly [number, number];

function collection(...features: readonly (readonly [unknown, unknown])[]) {
  return JSON.stringify({
    type: "FeatureCollection",
    features: features.map(([properties, geometry]) => ({
      type: "Feature",
      properties,
      geometry,
    })),
  });
}

/** Whether a point is inside, by counting crossings to the north. */
function isInside(ring: readonly Corner[], [lon, lat]: Corner): boolean {
  let count = 0;
  ring.forEach(([x1, y1], i) => {
    const [x2, y2] = ring[(i + 1) % ring.length] ?? [x1, y1];
    if (x1 > lon === x2 > lon) return;
    if (y1 + ((lon - x1) / (x2 - x1)) * (y2 - y1) > lat) count++;
  });
  return count % 2 === 1;
}

t.test("GeoJSON gives points, and points inside outlines", async (t) => {
  // A horseshoe: its middle is outside.
  const horseshoe = [
    [0, 0],
    [9, 0],
    [9, 9],
    [6, 9],
    [6, 3],
    [3, 3],
    [3, 9],
    [0, 9],
    [0, 0],
  ] as const;
  const far = horseshoe.map(([x, y]) => [x / 100 + 20, y / 100]);
  const table = new ZoneTable(
    collection(
      [{ LocationID: 4 }, { type: "Point", coordinates: [-73.9, 40.7, 12] }],
      [{ location_id: "5" }, { type: "Polygon", coordinates: [horseshoe] }],
      [
        { OBJECTID: 1, locationid: "6.0" },
        { type: "MultiPolygon", coordinates: [[far], [horseshoe]] },
      ],
    ),
    "zones.geojson",
  );
  t.equal(table.size, 3);
  t.strictSame(table.pointOf("4"), ["-73.9", "40.7"]);
  for (const id of ["5", " 6", "6.0"]) {
    const [lon, lat] = table.pointOf(id) ?? [];
    t.ok(isInside(horseshoe, [Number(lon), Number(lat)]), id);
  }
  t.equal(table.pointOf("7"), undefined);
  t.strictSame(table.pointOf("264"), ["0", "0"]);
});

t.test("a point inside is inside", async (t) => {
  // Stars around a middle have no edges that cross.
  const star = fc
    .array(fc.double({ min: 0.2, max: 3, noNaN: true }), {
      minLength: 4,
      maxLength: 30,
    })
    .map((radii) =>
      radii.map((radius, i): Corner => {
        const angle = (2 * Math.PI * i) / radii.length;
        return [5 + radius * Math.cos(angle), 5 + radius * Math.sin(angle)];
      }),
    );
  fc.assert(
    fc.property(star, (ring) => {
      const point = pointInside([[ring]]);
      return isInside(ring, point);
    }),
  );
  t.pass("all of them");
});

t.test("what is no table is one line", async (t) => {
  for (const [text, message] of [
    ["a,b\n1,2\n", /needs LocationID, lat and lon/],
    ["LocationID,lat,lon\n1,200000,980000\n", /zone 1 has no point in degrees/],
    ["LocationID,lat,lon\n1,,\n", /zone 1 has no point in degrees/],
    ['{"type":"FeatureCollection"}', /no GeoJSON/],
    [collection([{}, { type: "Point", coordinates: [1, 2] }]), /no LocationID/],
    ["{", /as --zone-table/],
  ] as const) {
    t.throws(() => new ZoneTable(text, "z"), { code: "FD_OPTION", message });
  }
});
