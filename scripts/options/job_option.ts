/**
 * The job from `--job`, or the taxi job with `--zones`.
 *
 * @module
 */
import { FlagdropError } from "../../engine/errors.ts";
import { readJobFile, readZonesFile } from "../../engine/job/job_file.ts";
import type { JobProblem } from "../../engine/job/job_problems.ts";
import { JOB_PRESETS, jobPreset } from "../../engine/job/presets/presets.ts";
import {
  type TaxiZones,
  taxiJob,
  taxiZones,
  ZONE_PRESETS,
  type ZonePreset,
} from "../../engine/job/presets/taxi.ts";
import {
  checkJobSpec,
  type JobCheck,
  type JobSpec,
  jobError,
  parseJobSpec,
} from "../../engine/job/spec.ts";

/** Options that choose the job. */
export interface JobOptions {
  readonly job?: string | undefined;
  readonly zones?: string | undefined;
}

function isZonePreset(text: string): text is ZonePreset {
  return (ZONE_PRESETS as readonly string[]).includes(text);
}

/** One line for all that is wrong with a file: the first, and how many more. */
function fileError(
  file: string,
  option: string,
  [first, ...rest]: readonly JobProblem[],
): FlagdropError {
  const error = jobError(first ?? { path: "(top)", problem: "is no job" });
  const subject = `Cannot use "${file}" for ${option}:`;
  const more =
    rest.length === 0 || option === "--zones"
      ? ""
      : ` (and ${rest.length} more: flagdrop job check ${file})`;
  return new FlagdropError(
    error.code,
    error.message.replace("Cannot use job:", subject) + more,
    { domain: "user" },
  );
}

/** Says of a file that can't be read what it was for. */
function unreadable(
  error: unknown,
  { file, option, names }: { file: string; option: string; names: string },
): unknown {
  if (!(error instanceof FlagdropError)) return error;
  const message = error.message
    .replace(`Cannot use "${file}":`, `Cannot use "${file}" for ${option}:`)
    .replace(
      "the file does not exist: check its path",
      `it is no preset (${names}) and no file`,
    );
  return new FlagdropError("FD_OPTION", message, {
    domain: "user",
    cause: error,
  });
}

/**
 * A preset by name, or a job file with all that is wrong with it.
 *
 * @throws {FlagdropError} `FD_OPTION` when the file can't be read.
 */
export async function checkJob(
  choice: string,
  option: string,
): Promise<JobCheck> {
  const preset = jobPreset(choice);
  if (preset !== undefined) return checkJobSpec(preset.job());
  try {
    return await readJobFile(choice);
  } catch (error) {
    const names = Object.keys(JOB_PRESETS).join(", ");
    throw unreadable(error, { file: choice, option, names });
  }
}

async function taxiWith(choice: string): Promise<JobSpec> {
  if (isZonePreset(choice)) return parseJobSpec(taxiJob(taxiZones(choice)));
  const { zones, problems } = await readZonesFile(choice).catch(
    (error: unknown) => {
      const names = ZONE_PRESETS.join(", ");
      throw unreadable(error, { file: choice, option: "--zones", names });
    },
  );
  if (problems.length > 0) throw fileError(choice, "--zones", problems);
  const checked = checkJobSpec(taxiJob(zones as TaxiZones));
  if (checked.spec !== undefined) return checked.spec;
  throw fileError(choice, "--zones", checked.problems);
}

/**
 * The job to run: a preset or file of `--job`, else the taxi job with a zone
 * preset or with the zones `NYC`, `JFK` and `LGA` of a file.
 *
 * @throws {FlagdropError} `FD_OPTION` or `FD_JOB`, one line.
 */
export async function jobFrom({ job, zones }: JobOptions): Promise<JobSpec> {
  if (job === undefined || job === "taxi")
    return await taxiWith(zones ?? "nyc");
  if (zones !== undefined) {
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot use --zones with --job: write the zones into the job file",
      { domain: "user" },
    );
  }
  const { spec, problems } = await checkJob(job, "--job");
  if (spec === undefined) throw fileError(job, "--job", problems);
  return spec;
}
