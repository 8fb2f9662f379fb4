/**
 * What the map shows beside the cells: land, zones and names.
 *
 * @module
 */
import { boundsOf, parseGeohash } from "../../geo/geohash.ts";
import { zoneBoxes } from "../../geo/zone.ts";
import { getJson, type Schema } from "./api.ts";
import type { MapBox } from "./city_map.ts";
import { themeColour } from "./dom.ts";
import { worldPoint } from "./map_cells.ts";
import type { MapColours, MapLabel, MapScene } from "./map_draw.ts";

/** The outline as it is served. */
interface Boroughs {
  readonly boroughs: readonly {
    readonly name: string;
    readonly rings: readonly (readonly (readonly [number, number])[])[];
  }[];
}

/** Where the boroughs' names stand. */
const BOROUGH_LABELS: readonly MapLabel[] = (
  [
    ["Manhattan", -73.9665, 40.779],
    ["Brooklyn", -73.945, 40.645],
    ["Queens", -73.805, 40.713],
    ["The Bronx", -73.868, 40.852],
    ["Staten Island", -74.15, 40.58],
  ] as const
).map(([text, longitudeDeg, latitudeDeg]) => ({
  text,
  longitudeDeg,
  latitudeDeg,
  kind: "area",
}));

/** What is shown at first: where nearly all of the city's trips are. */
const CITY_BOX: MapBox = [-74.09, 40.565, -73.72, 40.905];

/** Names of zones that are better known by others. */
const ZONE_NAMES: Readonly<Record<string, string>> = {
  JFK: "JFK",
  LGA: "LaGuardia",
};

/** The theme's colours for the map. */
export function mapColours(): MapColours {
  return {
    water: themeColour("--water"),
    land: themeColour("--land"),
    shore: themeColour("--shore"),
    text: themeColour("--map-text"),
    halo: themeColour("--map-halo"),
    zone: themeColour("--zone"),
    selected: themeColour("--accent-strong"),
    tilesAlpha: Number(themeColour("--tiles-alpha")),
  };
}

function landOf({ boroughs }: Boroughs): Path2D {
  const path = new Path2D();
  for (const ring of boroughs.flatMap(({ rings }) => rings)) {
    for (const [i, [longitude, latitude]] of ring.entries()) {
      const [x, y] = worldPoint(longitude, latitude);
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    }
    path.closePath();
  }
  return path;
}

/** Boxes and names of the zones that a job's routes end in. */
function zonesOf({ zones, queries }: Schema) {
  const names = [...new Set(queries.flatMap((query) => query.zones))];
  const boxes: MapBox[] = [];
  const labels: MapLabel[] = [];
  for (const name of names) {
    const zone = zones[name];
    if (zone === undefined) continue;
    const found = zoneBoxes(zone);
    for (const [south, north, west, east] of found) {
      boxes.push([west, south, east, north]);
    }
    const west = Math.min(...found.map((box) => box[2]));
    const east = Math.max(...found.map((box) => box[3]));
    labels.push({
      text: ZONE_NAMES[name] ?? name,
      latitudeDeg: Math.max(...found.map(([, north]) => north)),
      longitudeDeg: (west + east) / 2,
      kind: "zone",
    });
  }
  return { boxes, labels };
}

/** Makes the scene of a job. */
export async function mapScene(
  schema: Schema,
): Promise<Omit<MapScene, "cells" | "breaks" | "ramp">> {
  const boroughs = await getJson<Boroughs>("/assets/boroughs.json").catch(
    () => ({ boroughs: [] }),
  );
  const { boxes, labels } = zonesOf(schema);
  return {
    land: landOf(boroughs),
    colours: mapColours(),
    zones: boxes,
    labels: [...BOROUGH_LABELS, ...labels],
    selected: undefined,
  };
}

/** Whether a job says where on the globe it is. */
export function hasHome({ zones, job }: Schema): boolean {
  return /\btaxi\b/.test(job) || Object.keys(zones).length > 0;
}

/** The box around some cells. */
export function boxAround(cells: readonly string[]): MapBox {
  const bounds = cells.map((cell) => boundsOf(parseGeohash(cell)));
  return [
    Math.min(...bounds.map(({ westDeg }) => westDeg)),
    Math.min(...bounds.map(({ southDeg }) => southDeg)),
    Math.max(...bounds.map(({ eastDeg }) => eastDeg)),
    Math.max(...bounds.map(({ northDeg }) => northDeg)),
  ];
}

/** What the map shows at first: the zones that the job's filters name. */
export function homeOf({ zones, job }: Schema): MapBox {
  if (/\btaxi\b/.test(job) || Object.keys(zones).length === 0) {
    return CITY_BOX;
  }
  const boxes = Object.values(zones).flatMap(zoneBoxes);
  return [
    Math.min(...boxes.map(([, , west]) => west)),
    Math.min(...boxes.map(([south]) => south)),
    Math.max(...boxes.map(([, , , east]) => east)),
    Math.max(...boxes.map(([, north]) => north)),
  ];
}
