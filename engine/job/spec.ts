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
import { checkNames } from "./check_names.ts";
import { type JobProblem, schemaProblems } from "./job_problems.ts";
import {
  BOX_ZONE,
  CELL_ZONE,
  DEDUPE,
  EVENT,
  GEOHASH_PART,
  NAME,
  PAYLOAD,
  queriesSchema,
  WATERMARK,
  ZONE_NAME,
  ZONE_PART,
} from "./spec_parts.ts";

/** The schema of a JobSpec. */
export const JOB_SPEC_SCHEMA = z.strictObject({
  version: z.literal(1).describe("Version of this form: 1."),
  name: NAME.describe("Name of the job."),
  kindField: z
    .string()
    .min(1)
    .max(200)
    .default("type")
    .describe("The member that names an event's kind."),
  events: z
    .record(z.string().min(1).max(200), EVENT)
    .describe("Kinds of events that are tallied; others are only counted."),
  watermark: WATERMARK.default({
    strategy: "punctuated",
    kind: "watermark",
    field: "watermark",
  }).describe("Where the watermark of each shard comes from."),
  allowedLatenessMs: z
    .int()
    .min(0)
    .max(366 * 86_400_000)
    .default(0)
    .describe("How long, ms of event time, fired windows are corrected."),
  dedupe: DEDUPE.nullable()
    .default(null)
    .describe("Leaves out events that producers have sent twice."),
  payload: PAYLOAD.default({ framing: "text", compression: "none" }).describe(
    "What a record's bytes are.",
  ),
  zones: z
    .record(ZONE_NAME, z.union([CELL_ZONE, BOX_ZONE]))
    .default({})
    .describe("Zones by name."),
  queries: queriesSchema(z.union([GEOHASH_PART, ZONE_PART])),
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
/** What a record's bytes are. */
export type PayloadSpec = JobSpec["payload"];
/** One zone of a {@linkcode JobSpec}. */
export type ZoneSpec = JobSpec["zones"][string];

/** A checked job, or all that is wrong with it. */
export type JobCheck =
  | { readonly spec: JobSpec; readonly problems: readonly [] }
  | {
      readonly spec: undefined;
      readonly problems: readonly [JobProblem, ...JobProblem[]];
    };

/**
 * Checks a JobSpec and says all that is wrong with it.
 *
 * @param input Anything, usually parsed JSON.
 */
export function checkJobSpec(input: unknown): JobCheck {
  const parsed = JOB_SPEC_SCHEMA.safeParse(input);
  const [first, ...rest] = parsed.success
    ? checkNames(parsed.data)
    : schemaProblems(parsed.error, input);
  if (first !== undefined) {
    return { spec: undefined, problems: [first, ...rest] };
  }
  return { spec: parsed.data as JobSpec, problems: [] };
}

/** The error that names one problem of a job. */
export function jobError({ path, problem }: JobProblem): FlagdropError {
  return new FlagdropError("FD_JOB", `Cannot use job: "${path}" ${problem}`, {
    domain: "user",
  });
}

/**
 * Checks a JobSpec and fills in its defaults.
 *
 * @param input Anything, usually parsed JSON.
 * @returns The checked spec.
 * @throws {FlagdropError} `FD_JOB`, naming the path of what is wrong.
 */
export function parseJobSpec(input: unknown): JobSpec {
  const { spec, problems } = checkJobSpec(input);
  if (spec === undefined) throw jobError(problems[0]);
  return spec;
}
