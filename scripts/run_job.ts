/**
 * What `flagdrop job` does once its arguments are read.
 *
 * @module
 */
import { FlagdropError } from "../engine/errors.ts";
import { explainJob, summarizeJob } from "../engine/job/explain_job.ts";
import { jobSchemaText } from "../engine/job/json_schema.ts";
import { planJob } from "../engine/job/plan.ts";
import { JOB_PRESETS, jobPreset } from "../engine/job/presets/presets.ts";
import type { JobSpec } from "../engine/job/spec.ts";
import type { JobRequest } from "./commands/job.ts";
import { checkJob, jobFrom } from "./options/job_option.ts";

/** Where a job file finds its schema, in a folder with the package. */
const SCHEMA_ADDRESS = "./node_modules/flagdrop/engine/job/job.schema.json";

function refused(what: string): FlagdropError {
  return new FlagdropError("FD_OPTION", what, { domain: "user" });
}

function presetNames(): string {
  return Object.keys(JOB_PRESETS).join(", ");
}

/** The argument, where the action takes one. */
function jobOf({ action, job }: JobRequest): string {
  const takesOne = !(action === "list" || action === "schema");
  if (takesOne && job === undefined) {
    throw refused(
      `Cannot ${action} without a job: name a file or a preset (${presetNames()})`,
    );
  }
  if (!takesOne && job !== undefined) {
    throw refused(
      `Cannot use argument "${job}": flagdrop job ${action} takes none`,
    );
  }
  return job ?? "";
}

function showText(name: string): string {
  const preset = jobPreset(name);
  if (preset === undefined) {
    throw refused(
      `Cannot show "${name}" as it is no preset: write one of ${presetNames()}`,
    );
  }
  const file = {
    $schema: SCHEMA_ADDRESS,
    description: `Tallies ${preset.summary}.`,
    ...preset.job(),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function listText(): string {
  const width = Math.max(...Object.keys(JOB_PRESETS).map((n) => n.length));
  const lines = Object.entries(JOB_PRESETS).map(
    ([name, { summary }]) => `${name.padEnd(width)}  ${summary}`,
  );
  return `${lines.join("\n")}\n`;
}

/**
 * Checks, explains, lists or shows jobs.
 *
 * @throws {FlagdropError} `FD_OPTION` for a wrong argument, `FD_JOB` for a job
 * that can't be used.
 */
export async function runJob(request: JobRequest): Promise<void> {
  const { action, context } = request;
  const { stdout } = context;
  const job = jobOf(request);
  switch (action) {
    case "list":
      stdout.write(listText());
      break;
    case "schema":
      stdout.write(jobSchemaText());
      break;
    case "show":
      stdout.write(showText(job));
      break;
    case "explain":
      stdout.write(await explanation(await jobFrom({ job }), request.sql));
      break;
    case "check":
      await check(job, stdout);
      break;
  }
}

/** The plan in words, or the job as Flink SQL. */
async function explanation(spec: JobSpec, asSql: boolean): Promise<string> {
  if (!asSql) return explainJob(spec);
  const { flinkSql } = await import("../engine/flink/translate.ts");
  return flinkSql(spec).script;
}

/** Prints what a job is in one line, or all that is wrong with it. */
async function check(
  job: string,
  stdout: NodeJS.WritableStream,
): Promise<void> {
  const { spec, problems } = await checkJob(job, "flagdrop job");
  if (spec !== undefined) {
    planJob(spec);
    stdout.write(`${job} is right: ${summarizeJob(spec)}\n`);
    return;
  }
  const lines = problems.map(({ path, problem }) => `"${path}" ${problem}\n`);
  stdout.write(lines.join(""));
  throw new FlagdropError(
    "FD_JOB",
    `Cannot use "${job}": ${problems.length === 1 ? "it has 1 problem" : `it has ${problems.length} problems`}, listed above`,
    { domain: "user" },
  );
}
