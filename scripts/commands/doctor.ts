/**
 * `flagdrop doctor`: says what would keep a run from working, and what to do.
 *
 * @module
 */
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { addRunOptions, type RunOptions } from "../options/run_options.ts";

const EXAMPLES = `
Takes the options of flagdrop run, and its section of a --config file. Nothing
is written but a probe in the checkpoint store, which is deleted at once.
Exit code 0: a run can start; 1: something is wrong; 2: a bad option.

Examples:
  Before the first start, as the run's own user and with its options:
    flagdrop doctor --stream taxi --region eu-west-1 --checkpoint s3://my-bucket/taxi --sink opensearch:https://HOST
  The same from the service's file, for a machine:
    flagdrop doctor --config /etc/flagdrop/flagdrop.json --json
`;

/** Values of the command's options. */
export interface DoctorOptions extends RunOptions {
  readonly json: boolean;
}

/** The `doctor` command. */
export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description(
      "check credentials, stream, permissions, sinks, checkpoint store, clock and limits",
    )
    .option("--json", "print JSON", false);
  return addRunOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (options: DoctorOptions) => {
      const { runDoctor } = await import("../run_doctor.ts");
      await runDoctor(options, contextOf(command));
    });
}
