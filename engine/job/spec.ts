/**
 * The job as data: what a JobSpec may say.
 *
 * A spec is plain JSON. {@linkcode parseJobSpec} checks it and names the path
 * of whatever is wrong; `plan.ts` turns it into what the workers execute.
 *
 * @module
 */
import { z } from "zod";
import { FlagdropError } from "../errors.ts";
import { DEDUPE_IDS_MAX, DEDUPE_IDS_MOST } from "../limits.ts";

const name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
    "must be a letter, then letters, digits, _ or -",
  );
const cell = z
  .string()
  .regex(/^[0-9b-hjkmnp-z]{1,12}$/, "must be a geohash of 1 to 12 characters");

const box = z
  .strictObject({
    southDeg: z.number().min(-90).max(90),
    northDeg: z.number().min(-90).max(90),
    westDeg: z.number().min(-180).max(180),
    eastDeg: z.number().min(-180).max(180),
  })
  .refine((b) => b.southDeg <= b.northDeg && b.westDeg <= b.eastDeg, {
    message: "must have southDeg <= northDeg and westDeg <= eastDeg",
  });

/** A set of closed cells or closed boxes: all four edges are inside. */
const zone = z.union([
  z.strictObject({ cells: z.array(cell).min(1).max(100_000) }),
  z.strictObject({ boxes: z.array(box).min(1).max(1_000) }),
]);

/** A value of an event: `from` lists its spellings, the first present wins. */
const field = z.strictObject({
  type: z.enum(["number", "time"]),
  from: z.array(z.string().min(1).max(200)).min(1).max(8),
});

const point = z.strictObject({ latitude: name, longitude: name });

const filter = z.union([
  z.strictObject({
    name,
    field: name,
    min: z.number(),
    max: z.number(),
  }),
  z.strictObject({ name, point: name, inZone: name }),
]);

const event = z.strictObject({
  fields: z.record(name, field),
  points: z.record(name, point).default({}),
  /** The `time` field that is the event time. */
  eventTime: name,
  /** Checked in order; the first that fails is the reason counted. */
  filters: z.array(filter).max(64).default([]),
});

const keyPart = z.union([
  z.strictObject({
    as: name,
    geohash: name,
    precision: z.int().min(1).max(12),
  }),
  /** The first of `inZones` that holds the point; events in none have no key. */
  z.strictObject({
    as: name,
    zoneOf: name,
    inZones: z.array(name).min(1).max(255),
  }),
]);

/** A number of each event: a field, or whole minutes between two times. */
const value = z.union([
  z.strictObject({ field: name }),
  /** Truncated towards zero, for each event. */
  z.strictObject({ minutesFrom: name, minutesTo: name }),
]);

const measure = z.union([
  z.strictObject({ as: name, count: z.literal(true) }),
  z.strictObject({ as: name, sum: value }),
  z.strictObject({ as: name, avg: value }),
  z.strictObject({ as: name, min: value }),
  z.strictObject({ as: name, max: value }),
]);

const query = z.strictObject({
  name,
  event: name,
  key: z.array(keyPart).min(1).max(4),
  /** Length of the tumbling windows, aligned to the epoch. */
  windowMs: z
    .int()
    .min(1_000)
    .max(366 * 86_400_000),
  measures: z.array(measure).min(1).max(16),
  /** Keys with fewer events in a window are not emitted. */
  leastCount: z.int().min(1).default(1),
});

const DAY_MS = 86_400_000;

/** Where the watermark of each shard comes from. */
const watermark = z
  .strictObject({
    /**
     * `punctuated`: events of `kind` carry it in `field`; `bounded`: the
     * greatest event time less `boundMs`; `ingestion`: arrival is event time.
     */
    strategy: z
      .enum(["punctuated", "bounded", "ingestion"])
      .default("punctuated"),
    kind: z.string().min(1).default("watermark"),
    field: z.string().min(1).default("watermark"),
    /** With `bounded`: how far an event may be behind the greatest before it. */
    boundMs: z
      .int()
      .min(0)
      .max(366 * DAY_MS)
      .optional(),
  })
  .refine(
    ({ strategy, boundMs }) =>
      (strategy === "bounded") === (boundMs !== undefined),
    { message: 'must have boundMs with "bounded" and only then' },
  );

/** Leaves out events that producers have sent twice; see `ARCHITECTURE.md`. */
const dedupe = z.strictObject({
  /** Name of the member of an event that is its id: a string or a number. */
  field: z.string().min(1).max(200),
  /** How long an id is remembered, in arrival time. */
  withinMs: z
    .int()
    .min(1)
    .max(366 * DAY_MS),
  /** Ids that a shard remembers; beyond it the oldest is forgotten. */
  idsMax: z.int().min(1).max(DEDUPE_IDS_MOST).default(DEDUPE_IDS_MAX),
});

/** The schema of a JobSpec; also the source of the published JSON Schema. */
export const JOB_SPEC_SCHEMA = z.strictObject({
  version: z.literal(1),
  name,
  /** The field that names an event's kind. */
  kindField: z.string().min(1).max(200).default("type"),
  /** Event kinds that are tallied, by kind. */
  events: z.record(z.string().min(1).max(200), event),
  watermark: watermark.default({
    strategy: "punctuated",
    kind: "watermark",
    field: "watermark",
  }),
  /** How long a fired window is kept and corrected, in event time. */
  allowedLatenessMs: z
    .int()
    .min(0)
    .max(366 * DAY_MS)
    .default(0),
  dedupe: dedupe.nullable().default(null),
  zones: z.record(name, zone).default({}),
  queries: z.array(query).min(1).max(32),
});

/** A job, checked and with its defaults filled in. */
export type JobSpec = z.output<typeof JOB_SPEC_SCHEMA>;
/** A job as a user may write it. */
export type JobSpecInput = z.input<typeof JOB_SPEC_SCHEMA>;
/** One kind of event of a {@linkcode JobSpec}. */
export type EventSpec = JobSpec["events"][string];
/** One query of a {@linkcode JobSpec}. */
export type QuerySpec = JobSpec["queries"][number];
/** Where watermarks come from. */
export type WatermarkStrategy = JobSpec["watermark"]["strategy"];
/** One zone of a {@linkcode JobSpec}. */
export type ZoneSpec = JobSpec["zones"][string];

function invalid(path: string, problem: string): FlagdropError {
  return new FlagdropError("FD_JOB", `Cannot use job: "${path}" ${problem}`, {
    domain: "user",
  });
}

function checkEvent(path: string, spec: EventSpec, zones: object): void {
  const fieldOf = (at: string, key: string, type: "number" | "time") => {
    if (spec.fields[key]?.type !== type) {
      throw invalid(
        at,
        `names "${key}", which is no ${type} field of the event`,
      );
    }
  };
  fieldOf(`${path}.eventTime`, spec.eventTime, "time");
  for (const [key, { latitude, longitude }] of Object.entries(spec.points)) {
    fieldOf(`${path}.points.${key}.latitude`, latitude, "number");
    fieldOf(`${path}.points.${key}.longitude`, longitude, "number");
  }
  for (const [i, one] of spec.filters.entries()) {
    const at = `${path}.filters.${i}`;
    if ("field" in one) fieldOf(`${at}.field`, one.field, "number");
    else {
      if (!(one.point in spec.points)) {
        throw invalid(`${at}.point`, `names unknown point "${one.point}"`);
      }
      if (!(one.inZone in zones)) {
        throw invalid(`${at}.inZone`, `names unknown zone "${one.inZone}"`);
      }
    }
  }
}

function checkQuery(path: string, query: QuerySpec, spec: JobSpec): void {
  const event = spec.events[query.event];
  if (event === undefined) {
    throw invalid(`${path}.event`, `names undeclared event "${query.event}"`);
  }
  for (const [i, part] of query.key.entries()) {
    const point = "geohash" in part ? part.geohash : part.zoneOf;
    if (!(point in event.points)) {
      throw invalid(`${path}.key.${i}`, `names unknown point "${point}"`);
    }
    if (!("inZones" in part)) continue;
    for (const zone of part.inZones) {
      if (!(zone in spec.zones)) {
        throw invalid(
          `${path}.key.${i}.inZones`,
          `names unknown zone "${zone}"`,
        );
      }
    }
  }
  for (const [i, measure] of query.measures.entries()) {
    const at = `${path}.measures.${i}`;
    for (const value of Object.values(measure)) {
      if (typeof value !== "object") continue;
      const [type, keys] =
        "field" in value
          ? (["number", [value.field]] as const)
          : (["time", [value.minutesFrom, value.minutesTo]] as const);
      for (const key of keys) {
        if (event.fields[key]?.type !== type) {
          throw invalid(at, `names "${key}", which is no ${type} field`);
        }
      }
    }
  }
  const names = [...query.key, ...query.measures].map((part) => part.as);
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  const taken = ["_id", "query", "timestamp"].find((one) =>
    names.includes(one),
  );
  if (twice ?? taken) {
    throw invalid(path, `uses the output name "${twice ?? taken}" twice`);
  }
}

/**
 * Checks a JobSpec and fills in its defaults.
 *
 * @param input Anything, usually parsed JSON.
 * @returns The checked spec.
 * @throws {FlagdropError} `FD_JOB`, naming the path of what is wrong.
 */
export function parseJobSpec(input: unknown): JobSpec {
  const parsed = JOB_SPEC_SCHEMA.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = issue?.path.join(".") || "(top)";
    throw invalid(path, `is not valid: ${issue?.message ?? "unknown problem"}`);
  }
  const spec = parsed.data;
  for (const [kind, event] of Object.entries(spec.events)) {
    if (kind === spec.watermark.kind) {
      throw invalid(`events.${kind}`, "is the watermark's kind as well");
    }
    checkEvent(`events.${kind}`, event, spec.zones);
  }
  for (const [i, query] of spec.queries.entries()) {
    checkQuery(`queries.${i}`, query, spec);
    if (spec.queries.findIndex((q) => q.name === query.name) !== i) {
      throw invalid(`queries.${i}.name`, `"${query.name}" is used twice`);
    }
  }
  return spec;
}
