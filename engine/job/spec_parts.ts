/**
 * The parts of a JobSpec's schema, each with the description that editors
 * show. `spec.ts` puts them together for a job, `job_file.ts` for a job file.
 *
 * @module
 */
import { z } from "zod";
import { DEDUPE_IDS_MAX, DEDUPE_IDS_MOST } from "../limits.ts";
import { ZONE_CELLS_MAX, ZONE_NAME_BYTES_MAX } from "./limits.ts";

const DAY_MS = 86_400_000;

/** Longest span of time that a job may name: a leap year. */
const SPAN_MS_MAX = 366 * DAY_MS;

/** A name of the job's own: of a field, a point, a query, an output. */
export const NAME = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
    "write a letter, then letters, digits, _ or -, at most 64",
  );

/** Names of zones stand in documents and ids, without being escaped there. */
export const ZONE_NAME = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{M}\p{N} _.,'&()/+-]{0,63}$/u,
    "write a letter or digit, then letters, digits, spaces or _.,'&()/+-, at most 64",
  )
  .refine((text) => Buffer.byteLength(text) <= ZONE_NAME_BYTES_MAX, {
    message: `write at most ${ZONE_NAME_BYTES_MAX} bytes of UTF-8`,
  });

/** A geohash. */
export const CELL = z
  .string()
  .regex(
    /^[0-9b-hjkmnp-z]{1,12}$/,
    "write a geohash of 1 to 12 characters (no a, i, l, o)",
  );

/** The name of a member of an event, as the producer spells it. */
const MEMBER = z.string().min(1).max(200);

const BOX = z
  .strictObject({
    southDeg: z.number().min(-90).max(90).describe("Southern edge, degrees."),
    northDeg: z.number().min(-90).max(90).describe("Northern edge, degrees."),
    westDeg: z.number().min(-180).max(180).describe("Western edge, degrees."),
    eastDeg: z.number().min(-180).max(180).describe("Eastern edge, degrees."),
  })
  .refine((b) => b.southDeg <= b.northDeg && b.westDeg <= b.eastDeg, {
    message: "write southDeg <= northDeg and westDeg <= eastDeg",
  })
  .describe("A box whose four edges are inside.");

/** A zone of cells, all four edges of each inside. */
export const CELL_ZONE = z
  .strictObject({
    cells: z
      .array(CELL)
      .min(1)
      .max(ZONE_CELLS_MAX)
      .describe("Geohash cells, of any precisions; their edges are inside."),
  })
  .describe("A zone made of geohash cells.");

/** A zone of boxes, all four edges of each inside. */
export const BOX_ZONE = z
  .strictObject({
    boxes: z.array(BOX).min(1).max(1_000).describe("Boxes in degrees."),
  })
  .describe("A zone made of boxes.");

const FIELD = z.strictObject({
  type: z
    .enum(["number", "time"])
    .describe(
      "number: a JSON number, or a string that is one. time: YYYY-MM-DDThh:mm[:ss[.f]] with Z, an offset, or nothing for UTC.",
    ),
  from: z
    .array(MEMBER)
    .min(1)
    .max(8)
    .describe("Spellings of the member; the first that is present wins."),
});

const POINT = z
  .strictObject({
    latitude: NAME.describe("The number field that is its latitude."),
    longitude: NAME.describe("The number field that is its longitude."),
  })
  .describe("A place: two number fields.");

const REASON = NAME.describe(
  "The reason under which events that fail are counted.",
);

const FILTER = z.union([
  z
    .strictObject({
      name: REASON,
      field: NAME.describe("A number field."),
      min: z.number().describe("Least value that passes."),
      max: z.number().describe("Greatest value that passes."),
    })
    .describe("Passes events whose field lies in a range, both ends in."),
  z
    .strictObject({
      name: REASON,
      point: NAME.describe("A point of the event."),
      inZone: ZONE_NAME.describe("A zone of the job."),
    })
    .describe("Passes events whose point lies in a zone."),
]);

/** A kind of event. */
export const EVENT = z
  .strictObject({
    fields: z
      .record(NAME, FIELD)
      .describe("Values the job reads. An event that lacks one is refused."),
    points: z
      .record(NAME, POINT)
      .default({})
      .describe("Places of the event, by the names that the job uses."),
    eventTime: NAME.describe("The time field that is the event time."),
    filters: z
      .array(FILTER)
      .max(64)
      .default([])
      .describe("Checked in order; the first that fails is the one counted."),
  })
  .describe("A kind of event that is tallied.");

const AS = NAME.describe("Name of this value in the documents.");

/** A part of a key that is a cell. */
export const GEOHASH_PART = z
  .strictObject({
    as: AS,
    geohash: NAME.describe("A point of the event."),
    precision: z
      .int()
      .min(1)
      .max(12)
      .describe("Characters of the geohash: 6 is about 1.2 km, 7 150 m."),
  })
  .describe("The geohash of a point.");

/** Names of the zones that a part of a key tells apart. */
export const IN_ZONES = z
  .array(ZONE_NAME)
  .min(1)
  .max(255)
  .describe("Zones of the job, in order: the first that holds the point.");

/** A part of a key that is a zone. */
export const ZONE_PART = z
  .strictObject({
    as: AS,
    zoneOf: NAME.describe("A point of the event."),
    inZones: IN_ZONES,
  })
  .describe("The zone that a point lies in; events in none have no key.");

const VALUE = z.union([
  z
    .strictObject({ field: NAME.describe("A number field.") })
    .describe("The value of a field."),
  z
    .strictObject({
      minutesFrom: NAME.describe("A time field: the beginning."),
      minutesTo: NAME.describe("A time field: the end."),
    })
    .describe("Whole minutes between two times, truncated for each event."),
]);

const MEASURE = z.union([
  z
    .strictObject({
      as: AS,
      count: z.literal(true).describe("Always true."),
    })
    .describe("The number of events."),
  z
    .strictObject({ as: AS, sum: VALUE.describe("What is added up.") })
    .describe("The sum of a value."),
  z
    .strictObject({ as: AS, avg: VALUE.describe("What is averaged.") })
    .describe("The average of a value: sum divided by count."),
  z
    .strictObject({ as: AS, min: VALUE.describe("Whose least is taken.") })
    .describe("The least value."),
  z
    .strictObject({ as: AS, max: VALUE.describe("Whose greatest is taken.") })
    .describe("The greatest value."),
]);

/**
 * Queries whose keys are made of such parts. The order of a query's members is
 * that of a spec's text, of which its hash is made.
 */
export function queriesSchema<Part extends z.ZodType>(part: Part) {
  const query = z.strictObject({
    name: NAME.describe("Name of the query: the first part of each id."),
    event: MEMBER.describe("The kind of event that is tallied."),
    key: z.array(part).min(1).max(4).describe("What events are grouped by."),
    windowMs: z
      .int()
      .min(1_000)
      .max(SPAN_MS_MAX)
      .describe("Length of the tumbling windows, ms, aligned to the epoch."),
    measures: z
      .array(MEASURE)
      .min(1)
      .max(16)
      .describe(
        "What is told of each key; the lines of the page show the first avg.",
      ),
    leastCount: z
      .int()
      .min(1)
      .default(1)
      .describe("Keys with fewer events in a window are not emitted."),
  });
  return z.array(query).min(1).max(32).describe("What is tallied.");
}

/** Where the watermark of each shard comes from. */
export const WATERMARK = z
  .strictObject({
    strategy: z
      .enum(["punctuated", "bounded", "ingestion"])
      .default("punctuated")
      .describe(
        "punctuated: events of kind carry it in field. bounded: the greatest event time less boundMs. ingestion: arrival is event time.",
      ),
    kind: z
      .string()
      .min(1)
      .default("watermark")
      .describe("Kind of the events that carry a watermark."),
    field: z
      .string()
      .min(1)
      .default("watermark")
      .describe("Their member that is the watermark, a time."),
    boundMs: z
      .int()
      .min(0)
      .max(SPAN_MS_MAX)
      .optional()
      .describe(
        "With bounded: how far, ms, an event may be behind the greatest before it.",
      ),
  })
  .refine(
    ({ strategy, boundMs }) =>
      (strategy === "bounded") === (boundMs !== undefined),
    { message: 'write boundMs with "bounded", and only then' },
  );

/** Leaves out events that producers have sent twice; see `ARCHITECTURE.md`. */
export const DEDUPE = z.strictObject({
  field: MEMBER.describe("Member of an event that is its id, text or number."),
  withinMs: z
    .int()
    .min(1)
    .max(SPAN_MS_MAX)
    .describe("How long an id is remembered, ms of arrival time."),
  idsMax: z
    .int()
    .min(1)
    .max(DEDUPE_IDS_MOST)
    .default(DEDUPE_IDS_MAX)
    .describe("Ids that a shard remembers; beyond, the oldest is forgotten."),
});

/** What a record's bytes are. */
export const PAYLOAD = z.strictObject({
  framing: z
    .enum(["text", "lines", "glued"])
    .default("text")
    .describe(
      "text: a record is one JSON text. lines: one a line. glued: one right after the other.",
    ),
  compression: z
    .enum(["none", "gzip", "zstd", "detect"])
    .default("none")
    .describe(
      "How each record is compressed; detect looks at its first bytes, so that plain records pass too.",
    ),
});
