/**
 * Points in the TLC's taxi zones, from a file of the user's: CSV with
 * `LocationID`, `lat` and `lon`, or GeoJSON with points or outlines.
 *
 * @module
 */
import { z } from "zod";
import { FlagdropError } from "../../errors.ts";
import { pointInside } from "./point_inside.ts";
import { rowFields, separatorOf } from "./row_fields.ts";

/**
 * Zones that are no place: "unknown" and "outside of New York". They become
 * what the TLC's files had before there were zones.
 */
const NOWHERE: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["264", ["0", "0"]],
  ["265", ["0", "0"]],
]);

const ID_NAMES = ["locationid", "location_id", "objectid", "id"];
const LAT_NAMES = ["lat", "latitude", "y"];
const LON_NAMES = ["lon", "lng", "long", "longitude", "x"];

const POSITION = z.tuple([z.number(), z.number()]).rest(z.number());
const RINGS = z.array(z.array(POSITION).min(4)).min(1);
const GEOMETRY = z.discriminatedUnion("type", [
  z.object({ type: z.literal("Point"), coordinates: POSITION }),
  z.object({ type: z.literal("Polygon"), coordinates: RINGS }),
  z.object({
    type: z.literal("MultiPolygon"),
    coordinates: z.array(RINGS).min(1),
  }),
]);
const COLLECTION = z.object({
  type: z.literal("FeatureCollection"),
  features: z.array(
    z.object({
      properties: z.record(z.string(), z.unknown()),
      geometry: GEOMETRY,
    }),
  ),
});

type Point = readonly [lon: number, lat: number];
type Entry = readonly [id: string, point: Point];

/** `17`, `17.0` (Parquet's way with missing ones) and ` 17` are one zone. */
function zoneId(text: string): string {
  return text.trim().replace(/\.0+$/, "");
}

function fromGeoJson(text: string): Entry[] {
  const { features } = COLLECTION.parse(JSON.parse(text));
  return features.map(({ properties, geometry }) => {
    const names = Object.keys(properties);
    const name = ID_NAMES.map((one) =>
      names.find((property) => property.toLowerCase() === one),
    ).find((property) => property !== undefined);
    if (name === undefined) throw new Error("a feature has no LocationID");
    const rings =
      geometry.type === "MultiPolygon"
        ? geometry.coordinates
        : geometry.type === "Polygon"
          ? [geometry.coordinates]
          : undefined;
    const point =
      geometry.type === "Point"
        ? geometry.coordinates
        : pointInside(rings ?? []);
    return [String(properties[name]), [point[0], point[1]]];
  });
}

function fromCsv(text: string): Entry[] {
  const [header = "", ...rows] = text.split(/\r?\n/);
  const separator = separatorOf(header);
  const names = rowFields(header, separator).map((name) =>
    name
      .replace(/^\ufeff/, "")
      .trim()
      .toLowerCase(),
  );
  const column = (known: readonly string[]) =>
    names.findIndex((name) => known.includes(name));
  const [id, lat, lon] = [
    column(ID_NAMES),
    column(LAT_NAMES),
    column(LON_NAMES),
  ];
  if (id < 0 || lat < 0 || lon < 0) {
    throw new Error("its header needs LocationID, lat and lon");
  }
  return rows
    .filter((row) => row.trim() !== "")
    .map((row) => {
      const fields = rowFields(row, separator);
      const number = (at: number) => Number(fields[at]?.trim() || Number.NaN);
      return [fields[id] ?? "", [number(lon), number(lat)]];
    });
}

/** The table. */
export class ZoneTable {
  readonly #points = new Map<string, readonly [lon: string, lat: string]>();

  /**
   * @param text The file.
   * @param path Its name, for errors.
   * @throws {FlagdropError} `FD_OPTION` when it is no such file.
   */
  constructor(text: string, path: string) {
    try {
      const isJson = text.trimStart().startsWith("{");
      for (const [id, [lon, lat]] of isJson
        ? fromGeoJson(text)
        : fromCsv(text)) {
        if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) {
          throw new Error(
            `zone ${id} has no point in degrees: the coordinates must be WGS 84`,
          );
        }
        this.#points.set(zoneId(id), [String(lon), String(lat)]);
      }
    } catch (error) {
      const reason =
        error instanceof z.ZodError
          ? "it is no GeoJSON of points or outlines"
          : error instanceof Error
            ? error.message
            : String(error);
      throw new FlagdropError(
        "FD_OPTION",
        `Cannot use "${path}" as --zone-table: ${reason}`,
        { domain: "user", cause: error },
      );
    }
  }

  /** Zones in it. */
  get size(): number {
    return this.#points.size;
  }

  /** The point of a zone, as JSON's numbers; undefined when there is none. */
  pointOf(id: string): readonly [lon: string, lat: string] | undefined {
    const zone = zoneId(id);
    return this.#points.get(zone) ?? NOWHERE.get(zone);
  }
}
