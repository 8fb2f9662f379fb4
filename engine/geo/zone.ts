/**
 * Zones as closed boxes: what "a point lies in the zone" means for workers.
 *
 * A zone of cells is the union of its cells with all four edges of each inside,
 * so adjoining cells can be joined into larger boxes without changing which
 * points are in. The city's zone of nine cells becomes one box that way.
 *
 * @module
 */
import type { ZoneSpec } from "../job/spec.ts";
import { boundsOf, parseGeohash } from "./geohash.ts";

/** A closed box: south, north, west, east in degrees. */
export type Box = readonly [
  southDeg: number,
  northDeg: number,
  westDeg: number,
  eastDeg: number,
];

/** Joins boxes that share a whole edge along one axis. */
function join(boxes: readonly Box[], axis: "row" | "column"): Box[] {
  const [a, b, c, d] =
    axis === "row" ? ([0, 1, 2, 3] as const) : ([2, 3, 0, 1] as const);
  const sorted = [...boxes].sort(
    (x, y) => x[a] - y[a] || x[b] - y[b] || x[c] - y[c],
  );
  const joined: Box[] = [];
  for (const box of sorted) {
    const last = joined.at(-1);
    if (last && last[a] === box[a] && last[b] === box[b] && last[d] >= box[c]) {
      const end = Math.max(last[d], box[d]);
      joined[joined.length - 1] =
        axis === "row"
          ? [last[0], last[1], last[2], end]
          : [last[0], end, last[2], last[3]];
    } else joined.push(box);
  }
  return joined;
}

/**
 * The boxes of a zone, as few as joining rows and then columns gives.
 *
 * @param zone Cells or boxes.
 * @returns Closed boxes whose union is the zone.
 */
export function zoneBoxes(zone: ZoneSpec): Box[] {
  const boxes = (
    "cells" in zone
      ? zone.cells.map((text) => boundsOf(parseGeohash(text)))
      : zone.boxes
  ).map((b): Box => [b.southDeg, b.northDeg, b.westDeg, b.eastDeg]);
  return join(join(boxes, "row"), "column");
}
