/**
 * Zones that a job file takes from other files: GeoJSON polygons as the cells
 * that cover them, and lists of cells.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { errorLine, FlagdropError } from "../errors.ts";
import {
  CoverLimitError,
  compactCells,
  coverPolygons,
  type Polygon,
} from "../geo/cover.ts";
import { GEOJSON_SCHEMA, type Geojson, namedPolygons } from "./geojson.ts";
import type { FileZone, JobFile } from "./job_file_schema.ts";
import { type JobProblem, quoteValue, schemaProblems } from "./job_problems.ts";
import {
  CROSSINGS_MAX,
  JOB_CELLS_MAX,
  ZONE_CELLS_MAX,
  ZONE_FILE_BYTES_MAX,
  ZONES_FROM_MAX,
} from "./limits.ts";
import type { ZoneSpec } from "./spec.ts";
import { CELL, ZONE_NAME } from "./spec_parts.ts";

/** What is wrong with a file of zones; the path is added by whoever asked. */
class ZoneFileError extends Error {
  override readonly name = "ZoneFileError";
}

/** A file's text; undefined when it is longer: a pipe tells no size beforehand. */
async function textUpTo(
  path: string,
  bytesMax: number,
): Promise<string | undefined> {
  const parts: Buffer[] = [];
  // The end is read too, so one byte more than there may be.
  for await (const part of createReadStream(path, { end: bytesMax })) {
    parts.push(part as Buffer);
  }
  const bytes = Buffer.concat(parts);
  return bytes.length > bytesMax ? undefined : bytes.toString("utf8");
}

/**
 * A file's text.
 *
 * @throws {FlagdropError} `FD_OPTION` saying why it can't be read.
 */
export async function readBounded(
  path: string,
  bytesMax: number,
): Promise<string> {
  const refused = (what: string, cause?: unknown) =>
    new FlagdropError("FD_OPTION", what, { domain: "user", cause });
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw refused("it is a folder: name a file");
    if (found.size > bytesMax) {
      throw refused(
        `it has ${found.size} bytes: make it smaller than ${bytesMax}`,
      );
    }
    const text = await textUpTo(path, bytesMax);
    if (text === undefined) {
      throw refused(`it is longer than ${bytesMax} bytes: make it smaller`);
    }
    return text.startsWith("\uFEFF") ? text.slice(1) : text;
  } catch (error) {
    if (error instanceof FlagdropError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      throw refused("the file does not exist: check its path", error);
    }
    throw refused(errorLine(error), error);
  }
}

/** Zones of one job file; each file that it names is read once. */
class ZoneFiles {
  readonly #folder: string;
  readonly #texts = new Map<string, Promise<string>>();
  readonly #geojsons = new Map<string, Promise<Geojson>>();
  #cellCount = 0;

  /** @param folder What paths are relative to: that of the job file. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  #text(file: string): Promise<string> {
    const path = isAbsolute(file) ? file : join(this.#folder, file);
    const text =
      this.#texts.get(path) ?? readBounded(path, ZONE_FILE_BYTES_MAX);
    this.#texts.set(path, text);
    return text;
  }

  #geojson(file: string): Promise<Geojson> {
    const known = this.#geojsons.get(file);
    if (known !== undefined) return known;
    const parsed = this.#text(file).then((text) => {
      const value = parseJson(text);
      const { success, data, error } = GEOJSON_SCHEMA.safeParse(value);
      if (success) return data;
      const [first] = schemaProblems(error, value);
      throw new ZoneFileError(
        `in it, "${first?.path}" ${first?.problem} (zones are Polygons and MultiPolygons, alone, as Features or in a FeatureCollection)`,
      );
    });
    this.#geojsons.set(file, parsed);
    return parsed;
  }

  /** Counts a zone's cells against those of the job. */
  #take(cells: readonly string[]): ZoneSpec {
    if (cells.length > ZONE_CELLS_MAX) {
      throw new ZoneFileError(
        `it has ${cells.length} cells: a zone may have ${ZONE_CELLS_MAX}`,
      );
    }
    this.#cellCount += cells.length;
    if (this.#cellCount > JOB_CELLS_MAX) {
      throw new ZoneFileError(
        `the job's zones have more than ${JOB_CELLS_MAX} cells with it: use a lower precision`,
      );
    }
    return { cells: [...cells] };
  }

  /** A cell list: JSON, or words with comments. */
  async #cells(file: string): Promise<ZoneSpec> {
    const text = await this.#text(file);
    const isJson = /^\s*\[/.test(text);
    const lines = text.split("\n").map((line) => line.replace(/#.*/s, ""));
    const cells: unknown = isJson
      ? parseJson(text)
      : lines
          .join(" ")
          .split(/[\s,]+/)
          .filter((word) => word !== "");
    if (!Array.isArray(cells) || cells.length === 0) {
      throw new ZoneFileError("it has no cells: write one a line");
    }
    for (const cell of cells) {
      const { success, error } = CELL.safeParse(cell);
      if (success) continue;
      throw new ZoneFileError(
        `it has ${quoteValue(cell)}: ${error.issues[0]?.message}`,
      );
    }
    return this.#take(compactCells(cells as string[]));
  }

  #cover(polygons: readonly Polygon[], precision: number): ZoneSpec {
    let cells: string[];
    try {
      cells = coverPolygons(polygons, precision, {
        // What is compacted afterwards may be more at first.
        cellsMax: JOB_CELLS_MAX,
        crossingsMax: CROSSINGS_MAX,
      });
    } catch (error) {
      if (!(error instanceof CoverLimitError)) throw error;
      throw new ZoneFileError(
        `${error.message} at precision ${precision}: use a lower one`,
      );
    }
    if (cells.length === 0) {
      throw new ZoneFileError(
        `no cell of precision ${precision} has its centre inside: use a higher one`,
      );
    }
    return this.#take(compactCells(cells));
  }

  async #polygonZone(
    zone: Extract<FileZone, { geojson: string }>,
  ): Promise<ZoneSpec> {
    const named = namedPolygons(
      await this.#geojson(zone.geojson),
      zone.nameProperty,
    );
    const taken = named.filter(
      ({ name }) => zone.only === undefined || name === zone.only,
    );
    if (taken.length === 0) {
      const names = [...new Set(named.map(({ name }) => name))].slice(0, 8);
      throw new ZoneFileError(
        `no feature has ${zone.nameProperty} ${quoteValue(zone.only)}: write one of ${names.map(quoteValue).join(", ")}`,
      );
    }
    return this.#cover(
      taken.flatMap(({ polygons }) => polygons),
      zone.precision,
    );
  }

  /** A zone of a job file as cells or boxes. */
  async zone(zone: FileZone): Promise<ZoneSpec> {
    if ("cellsFile" in zone) return await this.#cells(zone.cellsFile);
    if ("geojson" in zone) return await this.#polygonZone(zone);
    return zone;
  }

  /** A zone for each name in a file. */
  async zonesFrom({
    geojson,
    precision,
    nameProperty,
  }: JobFile["zonesFrom"][number]): Promise<Map<string, ZoneSpec>> {
    const byName = new Map<string, Polygon[]>();
    const named = namedPolygons(await this.#geojson(geojson), nameProperty);
    for (const [i, { name, polygons }] of named.entries()) {
      const { success, data, error } = ZONE_NAME.safeParse(name);
      if (!success) {
        throw new ZoneFileError(
          `feature ${i} has ${nameProperty} ${quoteValue(name ?? null)}, which can't name a zone: ${name === undefined ? "set nameProperty" : error.issues[0]?.message}`,
        );
      }
      byName.set(data, [...(byName.get(data) ?? []), ...polygons]);
    }
    if (byName.size > ZONES_FROM_MAX) {
      throw new ZoneFileError(
        `it has ${byName.size} names: a job tells ${ZONES_FROM_MAX} zones apart`,
      );
    }
    const zones = new Map<string, ZoneSpec>();
    for (const [name, polygons] of byName) {
      try {
        zones.set(name, this.#cover(polygons, precision));
      } catch (error) {
        if (!(error instanceof ZoneFileError)) throw error;
        throw new ZoneFileError(`for "${name}", ${error.message}`);
      }
    }
    return zones;
  }
}

/** Parses JSON; says where it goes wrong. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const line = errorLine(error);
    const position = Number(/position (\d+)/.exec(line)?.[1] ?? Number.NaN);
    if (Number.isNaN(position) || /line \d/.test(line)) {
      throw new ZoneFileError(`it is no JSON: ${line}`, { cause: error });
    }
    const before = text.slice(0, position).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new ZoneFileError(
      `it is no JSON: ${line} (line ${before.length}, column ${column})`,
      { cause: error },
    );
  }
}

/** What is wrong with a file, when an error is of that sort. */
function fileProblem(error: unknown): string | undefined {
  return error instanceof ZoneFileError || error instanceof FlagdropError
    ? errorLine(error)
    : undefined;
}

/** Zones by name, and what is wrong with them. */
export interface ReadZones {
  readonly zones: Record<string, ZoneSpec>;
  readonly problems: readonly JobProblem[];
}

/** Reads the zones of a job file. */
export async function readZones(
  { zones, zonesFrom }: Pick<JobFile, "zones" | "zonesFrom">,
  folder: string,
): Promise<ReadZones> {
  const files = new ZoneFiles(folder);
  const found: Record<string, ZoneSpec> = {};
  const problems: JobProblem[] = [];
  const attempt = async (
    path: string,
    file: string | undefined,
    read: () => Promise<void>,
  ) => {
    try {
      await read();
    } catch (error) {
      const what = fileProblem(error);
      if (what === undefined) throw error;
      problems.push({ path, problem: `is ${quoteValue(file)}: ${what}` });
    }
  };
  for (const [name, zone] of Object.entries(zones)) {
    const member = "cellsFile" in zone ? "cellsFile" : "geojson";
    const file =
      "cellsFile" in zone
        ? zone.cellsFile
        : "geojson" in zone
          ? zone.geojson
          : undefined;
    await attempt(`zones.${name}.${member}`, file, async () => {
      found[name] = await files.zone(zone);
    });
  }
  for (const [i, from] of zonesFrom.entries()) {
    const path = `zonesFrom.${i}.geojson`;
    await attempt(path, from.geojson, async () => {
      for (const [name, zone] of await files.zonesFrom(from)) {
        if (Object.hasOwn(found, name)) {
          throw new ZoneFileError(
            `it has the zone "${name}", which the job has already: rename one`,
          );
        }
        found[name] = zone;
      }
    });
  }
  return { zones: found, problems };
}
