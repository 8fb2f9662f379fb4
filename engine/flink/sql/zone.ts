/**
 * Zones in SQL: whether a point lies in one of its boxes, edges included.
 *
 * @module
 */
import { type Box, zoneBoxes } from "../../geo/zone.ts";
import type { ZoneSpec } from "../../job/spec.ts";
import { doubleLiteral, indent } from "./text.ts";

/** A point's two columns, as expressions. */
export interface PointColumns {
  readonly latitude: string;
  readonly longitude: string;
}

function inBox(
  { latitude, longitude }: PointColumns,
  [south, north, west, east]: Box,
): string {
  const between = (value: string, low: number, high: number) =>
    `${value} BETWEEN ${doubleLiteral(low)} AND ${doubleLiteral(high)}`;
  return `${between(latitude, south, north)} AND ${between(longitude, west, east)}`;
}

/** How many boxes a zone has once its cells are joined. */
export function boxCount(zone: ZoneSpec): number {
  return zoneBoxes(zone).length;
}

/** Whether a point lies in a zone, in brackets where it needs them. */
export function inZone(point: PointColumns, zone: ZoneSpec): string {
  const boxes = zoneBoxes(zone);
  const tests = boxes.map((box) => inBox(point, box));
  if (tests.length === 1) return tests[0] ?? "FALSE";
  const around = boxes.reduce((a, b) => [
    Math.min(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.max(a[3], b[3]),
  ]);
  const any = tests.map((test) => `(${test})`).join("\nOR ");
  return `(${inBox(point, around)} AND (\n${indent(any)}\n))`;
}
