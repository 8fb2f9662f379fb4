/** Covers of polygons against asking each cell's centre. */
import assert from "node:assert/strict";
import fc from "fast-check";
import ngeohash from "ngeohash";
import t from "tap";
import {
  CoverLimitError,
  compactCells,
  coverPolygons,
  type Position,
  type Ring,
} from "../../../engine/geo/cover.ts";
import { zoneBoxes } from "../../../engine/geo/zone.ts";

const LIMITS = { cellsMax: 100_000, crossingsMax: 100_000 };

/** Whether a ring goes around a place an odd number of times, by its angle. */
function isInside(rings: readonly Ring[], lon: number, lat: number): boolean {
  let crossings = 0;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i++) {
      const [ax, ay] = ring[i]!;
      const [bx, by] = ring[(i + 1) % ring.length]!;
      if (ay > lat === by > lat) continue;
      if (lon < ((bx - ax) * (lat - ay)) / (by - ay) + ax) crossings++;
    }
  }
  return crossings % 2 === 1;
}

const position = fc.tuple(
  fc.double({ min: 10, max: 14, noNaN: true }),
  fc.double({ min: 50, max: 53, noNaN: true }),
) as fc.Arbitrary<Position>;
const ring = fc.array(position, { minLength: 3, maxLength: 9 });

t.test("coverPolygons() takes the cells whose centre is inside", async () => {
  const cells = ngeohash.bboxes(49.5, 9.5, 53.5, 14.5, 4);
  assert.ok(cells.length > 200);
  fc.assert(
    fc.property(ring, fc.array(ring, { maxLength: 2 }), (outer, holes) => {
      const polygon = [outer, ...holes];
      const covered = new Set(coverPolygons([polygon], 4, LIMITS));
      for (const cell of cells) {
        const { longitude, latitude } = ngeohash.decode(cell);
        const inside = isInside(polygon, longitude, latitude);
        assert.equal(covered.has(cell), inside, cell);
        covered.delete(cell);
      }
      assert.equal(covered.size, 0, "none beyond");
    }),
    { numRuns: 60 },
  );
});

t.test("coverPolygons() covers the whole world, and unites", async (t) => {
  const world: Ring = [
    [-180, -90],
    [180, -90],
    [180, 90],
    [-180, 90],
  ];
  t.equal(coverPolygons([[world]], 2, LIMITS).length, 1024);
  t.equal(coverPolygons([[world], [world]], 2, LIMITS).length, 1024);
  t.same(compactCells(coverPolygons([[world]], 2, LIMITS)).length, 32);
});

t.test("coverPolygons() stops at its limits", async (t) => {
  const tall: Ring = [
    [0, -80],
    [1, 80],
    [2, -80],
  ];
  t.throws(
    () => coverPolygons([[tall]], 6, { ...LIMITS, cellsMax: 100 }),
    CoverLimitError,
  );
  t.throws(
    () => coverPolygons([[tall]], 6, { ...LIMITS, crossingsMax: 100 }),
    CoverLimitError,
  );
});

t.test("compactCells() keeps the area", async (t) => {
  t.same(compactCells(["u33", "u33d", "u34"]), ["u33", "u34"]);
  fc.assert(
    fc.property(ring, (outer) => {
      const cells = coverPolygons([[outer]], 5, LIMITS);
      const compact = compactCells(cells);
      assert.ok(compact.length <= cells.length);
      const area = (list: string[]) =>
        list.reduce((sum, cell) => sum + 32 ** (5 - cell.length), 0);
      assert.equal(area(compact), cells.length);
      if (cells.length === 0) return;
      const extent = (list: string[]) => {
        const boxes = zoneBoxes({ cells: list });
        return boxes.reduce((sum, [s, n, w, e]) => sum + (n - s) * (e - w), 0);
      };
      assert.ok(Math.abs(extent(compact) - extent(cells)) < 1e-9);
    }),
    { numRuns: 15 },
  );
});
