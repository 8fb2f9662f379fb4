/**
 * The job from `--job FILE` or the taxi job with `--zones`.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import {
  type TaxiZones,
  taxiJob,
  taxiZones,
  ZONE_PRESETS,
  type ZonePreset,
} from "../../engine/job/presets/taxi.ts";
import { type JobSpec, parseJobSpec } from "../../engine/job/spec.ts";

/** A job file is read whole; this is far above any sensible one. */
const JOB_BYTES_MAX = 16 * 1024 * 1024;

function isPreset(text: string): text is ZonePreset {
  return (ZONE_PRESETS as readonly string[]).includes(text);
}

async function readJson(path: string, option: string): Promise<unknown> {
  const problem = (what: string, cause?: unknown) =>
    new FlagdropError(
      "FD_OPTION",
      `Cannot use "${path}" for ${option}: ${what}`,
      {
        domain: "user",
        cause,
      },
    );
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw problem(
      code !== "ENOENT"
        ? errorLine(error)
        : option === "--zones"
          ? `it is no preset (${ZONE_PRESETS.join(", ")}) and no file`
          : "the file does not exist",
      error,
    );
  }
  if (text.length > JOB_BYTES_MAX) throw problem("it is larger than 16 MiB");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw problem(`it is no JSON: ${errorLine(error)}`, error);
  }
}

/** Checks a job of a file; what is wrong is said of the file. */
function parseFile(input: unknown, path: string, option: string): JobSpec {
  try {
    return parseJobSpec(input);
  } catch (error) {
    if (!(error instanceof FlagdropError)) throw error;
    throw new FlagdropError(
      error.code,
      error.message.replace(
        "Cannot use job:",
        `Cannot use "${path}" for ${option}:`,
      ),
      { domain: "user", cause: error },
    );
  }
}

/** Options that choose the job. */
export interface JobOptions {
  readonly job?: string | undefined;
  readonly zones?: string | undefined;
}

/**
 * The job to run: `--job FILE`, else the taxi job with a zone preset or with
 * the zones `NYC`, `JFK` and `LGA` of a file.
 *
 * @throws {FlagdropError} `FD_OPTION` or `FD_JOB`, one line.
 */
export async function jobFrom({ job, zones }: JobOptions): Promise<JobSpec> {
  if (job !== undefined && zones !== undefined) {
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot use --zones with --job: write the zones into the job file",
      { domain: "user" },
    );
  }
  if (job !== undefined) {
    return parseFile(await readJson(job, "--job"), job, "--job");
  }
  const choice = zones ?? "nyc";
  if (isPreset(choice)) return parseJobSpec(taxiJob(taxiZones(choice)));
  const chosen = (await readJson(choice, "--zones")) as TaxiZones;
  return parseFile(taxiJob(chosen), choice, "--zones");
}
