/**
 * `flagdrop job`: checks and explains job files, and shows the jobs that come
 * with the package.
 *
 * @module
 */
import { Argument, Command } from "commander";
import { type CommandContext, contextOf } from "../context.ts";

const EXAMPLES = `
Examples:
  A file of your own, made from a job that comes with Flagdrop:
    flagdrop job list
    flagdrop job show taxi > my-job.json
  Whether it is right, or all that is wrong with it:
    flagdrop job check my-job.json
  What it reads, leaves out, tallies and writes:
    flagdrop job explain my-job.json
  The same as Flink SQL:
    flagdrop job explain my-job.json --sql
  Run it:
    flagdrop run --job my-job.json --source file:events.jsonl --sink ndjson:-
  The JSON Schema, for an editor ("$schema" in the file names it):
    flagdrop job schema > job.schema.json
`;

/** What can be done with jobs. */
export const JOB_ACTIONS = [
  "check",
  "explain",
  "list",
  "show",
  "schema",
] as const;

/** What is to be done with which one. */
export interface JobRequest {
  readonly action: (typeof JOB_ACTIONS)[number];
  /** A file or a preset. */
  readonly job: string | undefined;
  /** Whether the explanation is Flink SQL instead of words. */
  readonly sql: boolean;
  readonly context: CommandContext;
}

/** The `job` command. */
export function jobCommand(): Command {
  const command = new Command("job")
    .description("check and explain job files, list and show presets")
    .addArgument(
      new Argument("<action>", "what to do").choices([...JOB_ACTIONS]),
    )
    .argument("[job]", "a JSON file or a preset; for check, explain and show")
    .option("--sql", "explain: the job as Flink SQL", false);
  return command
    .addHelpText("after", EXAMPLES)
    .action(async (action: JobRequest["action"], job: string | undefined) => {
      const { runJob } = await import("../run_job.ts");
      const { sql } = command.opts<{ sql: boolean }>();
      await runJob({ action, job, sql, context: contextOf(command) });
    });
}
