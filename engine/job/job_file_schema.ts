/**
 * What a job file may say: a JobSpec whose zones may also lie in files.
 *
 * @module
 */
import { z } from "zod";
import { ZONES_FROM_MAX } from "./limits.ts";
import { JOB_SPEC_SCHEMA } from "./spec.ts";
import {
  BOX_ZONE,
  CELL_ZONE,
  GEOHASH_PART,
  IN_ZONES,
  queriesSchema,
  ZONE_NAME,
  ZONE_PART,
} from "./spec_parts.ts";

const FILE = z.string().min(1).max(1_000);

const GEOJSON = FILE.describe(
  "A GeoJSON file of polygons, relative to the job file.",
);

const PRECISION = z
  .int()
  .min(1)
  .max(9)
  .describe(
    "Precision of the cells that cover the polygons: those whose centre lies inside. 7 is about 150 m.",
  );

const PROPERTY = z
  .string()
  .min(1)
  .max(200)
  .default("name")
  .describe("The property that names a feature.");

const CELLS_FILE_ZONE = z
  .strictObject({
    cellsFile: FILE.describe(
      "A file of geohashes, relative to the job file: one a line (# begins a comment), or a JSON list.",
    ),
  })
  .describe("A zone made of the cells in a file.");

const GEOJSON_ZONE = z
  .strictObject({
    geojson: GEOJSON,
    precision: PRECISION,
    nameProperty: PROPERTY,
    only: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe("Name of the features to take; all when left out."),
  })
  .describe("A zone made of a file's polygons.");

const ZONES_FROM = z
  .strictObject({
    geojson: GEOJSON,
    precision: PRECISION,
    nameProperty: PROPERTY,
  })
  .describe("A zone for each name in a file, called by it.");

const FILE_ZONE = z.union([CELL_ZONE, BOX_ZONE, CELLS_FILE_ZONE, GEOJSON_ZONE]);

/** Zones of a job file: by name, and by the names in files. */
export const FILE_ZONES_SCHEMA = z.record(ZONE_NAME, FILE_ZONE);

const ALL_ZONES_PART = ZONE_PART.extend({
  inZones: z
    .union([z.literal("all"), IN_ZONES])
    .describe(
      'Zones of the job, in order: the first that holds the point. "all": all of them, as they are declared.',
    ),
}).describe("The zone that a point lies in; events in none have no key.");

/** The schema of a job file; also the source of the published JSON Schema. */
export const JOB_FILE_SCHEMA = JOB_SPEC_SCHEMA.extend({
  $schema: z
    .string()
    .max(1_000)
    .optional()
    .describe("Address of this schema, for editors."),
  description: z
    .string()
    .max(10_000)
    .optional()
    .describe("Anything you want to say of the job; nothing reads it."),
  zones: FILE_ZONES_SCHEMA.default({}).describe("Zones by name."),
  zonesFrom: z
    .array(ZONES_FROM)
    .max(ZONES_FROM_MAX)
    .default([])
    .describe("Files whose polygons become zones by their names."),
  queries: queriesSchema(z.union([GEOHASH_PART, ALL_ZONES_PART])),
});

/** A job file's content, checked, before its files are read. */
export type JobFile = z.output<typeof JOB_FILE_SCHEMA>;
/** A job file as a user may write it. */
export type JobFileInput = z.input<typeof JOB_FILE_SCHEMA>;
/** A zone of a job file. */
export type FileZone = z.output<typeof FILE_ZONE>;
