/**
 * The polygons of a GeoJSON file, by the names of their features.
 *
 * @module
 */
import { z } from "zod";
import type { Polygon } from "../geo/cover.ts";

const LONGITUDE = z.number().min(-180).max(180);
const LATITUDE = z.number().min(-90).max(90);

/** A position may have a height, which is left alone. */
const POSITION = z.tuple([LONGITUDE, LATITUDE]).rest(z.number());
const POLYGON = z.array(z.array(POSITION).min(3)).min(1);

const GEOMETRY = z.discriminatedUnion("type", [
  z.object({ type: z.literal("Polygon"), coordinates: POLYGON }),
  z.object({ type: z.literal("MultiPolygon"), coordinates: z.array(POLYGON) }),
]);

const FEATURE = z.object({
  type: z.literal("Feature"),
  properties: z.record(z.string(), z.unknown()).nullish(),
  geometry: GEOMETRY,
});

/** The schema of what is read: polygons, alone or as features. */
export const GEOJSON_SCHEMA = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("FeatureCollection"),
    features: z.array(FEATURE).min(1),
  }),
  FEATURE,
  GEOMETRY,
]);

/** What {@linkcode GEOJSON_SCHEMA} gives. */
export type Geojson = z.output<typeof GEOJSON_SCHEMA>;

/** Some polygons of one name. */
export interface NamedPolygons {
  /** Undefined where the feature has no such property, or isn't a feature. */
  readonly name: string | undefined;
  readonly polygons: readonly Polygon[];
}

function polygonsOf(geometry: z.output<typeof GEOMETRY>): readonly Polygon[] {
  return geometry.type === "Polygon"
    ? [geometry.coordinates]
    : geometry.coordinates;
}

function nameOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

/** The polygons of a file, feature by feature. */
export function namedPolygons(
  geojson: Geojson,
  nameProperty: string,
): NamedPolygons[] {
  switch (geojson.type) {
    case "FeatureCollection":
      return geojson.features.map(({ properties, geometry }) => ({
        name: nameOf(properties?.[nameProperty]),
        polygons: polygonsOf(geometry),
      }));
    case "Feature":
      return [
        {
          name: nameOf(geojson.properties?.[nameProperty]),
          polygons: polygonsOf(geojson.geometry),
        },
      ];
    default:
      return [{ name: undefined, polygons: polygonsOf(geojson) }];
  }
}
