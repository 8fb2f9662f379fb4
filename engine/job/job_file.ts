/**
 * Job files: a job as JSON, with zones in it or in files beside it.
 *
 * @module
 */
import { dirname } from "node:path";
import { errorLine, FlagdropError } from "../errors.ts";
import {
  FILE_ZONES_SCHEMA,
  JOB_FILE_SCHEMA,
  type JobFile,
} from "./job_file_schema.ts";
import { type JobProblem, schemaProblems } from "./job_problems.ts";
import { JOB_BYTES_MAX } from "./limits.ts";
import { checkJobSpec, type JobCheck, type ZoneSpec } from "./spec.ts";
import { parseJson, readBounded, readZones } from "./zone_files.ts";

async function readJsonFile(path: string): Promise<unknown> {
  try {
    return parseJson(await readBounded(path, JOB_BYTES_MAX));
  } catch (error) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot use "${path}": ${errorLine(error)}`,
      { domain: "user", cause: error },
    );
  }
}

/** All zones of a job, in order, where a query says so. */
function withZoneLists(
  { queries }: JobFile,
  zones: Readonly<Record<string, ZoneSpec>>,
): unknown {
  return queries.map((query) => ({
    ...query,
    key: query.key.map((part) =>
      "inZones" in part && part.inZones === "all"
        ? { ...part, inZones: Object.keys(zones) }
        : part,
    ),
  }));
}

/**
 * Checks a job file's content and reads the files that it names.
 *
 * @param input The parsed JSON.
 * @param folder What its paths are relative to.
 */
export async function checkJobFile(
  input: unknown,
  folder: string,
): Promise<JobCheck> {
  const parsed = JOB_FILE_SCHEMA.safeParse(input);
  if (!parsed.success) {
    const [first, ...rest] = schemaProblems(parsed.error, input);
    return {
      spec: undefined,
      problems: [first ?? { path: "(top)", problem: "is no job" }, ...rest],
    };
  }
  const { $schema: _, description: __, zonesFrom, ...job } = parsed.data;
  const { zones, problems } = await readZones(
    { zones: job.zones, zonesFrom },
    folder,
  );
  const [first, ...rest] = problems;
  if (first !== undefined) {
    return { spec: undefined, problems: [first, ...rest] };
  }
  const queries = withZoneLists(parsed.data, zones);
  return checkJobSpec({ ...job, zones, queries });
}

/**
 * Reads and checks a job file.
 *
 * @returns The job, or all that is wrong with it.
 * @throws {FlagdropError} `FD_OPTION` when the file can't be read or is no JSON.
 */
export async function readJobFile(path: string): Promise<JobCheck> {
  return await checkJobFile(await readJsonFile(path), dirname(path));
}

/** Zones of a file, or all that is wrong with them. */
export interface ZonesCheck {
  readonly zones: Record<string, ZoneSpec>;
  readonly problems: readonly JobProblem[];
}

/**
 * Reads a file of zones alone, by name, as they stand in a job file.
 *
 * @throws {FlagdropError} `FD_OPTION` when the file can't be read or is no JSON.
 */
export async function readZonesFile(path: string): Promise<ZonesCheck> {
  const input = await readJsonFile(path);
  const { success, data, error } = FILE_ZONES_SCHEMA.safeParse(input);
  if (!success) return { zones: {}, problems: schemaProblems(error, input) };
  return await readZones({ zones: data, zonesFrom: [] }, dirname(path));
}
