/**
 * `flagdrop checkpoints`: looks at the checkpoints of a run, and deletes them.
 *
 * @module
 */
import { Argument, Command } from "commander";
import { type CommandContext, contextOf } from "../context.ts";
import {
  addConnectionOptions,
  addS3Options,
  type ConnectionOptions,
} from "../options/connection.ts";

const EXAMPLES = `
Examples:
  What there is, in a directory or in S3:
    flagdrop checkpoints list taxi-checkpoints
    flagdrop checkpoints list s3://my-bucket/taxi --region eu-west-1
  One of them, with all positions:
    flagdrop checkpoints show taxi-checkpoints 42
  Go on from an earlier one:
    flagdrop run --stream taxi --checkpoint taxi-checkpoints --from checkpoint:42
`;

/** Values of the command's options. */
export interface CheckpointsOptions extends ConnectionOptions {
  readonly s3Endpoint?: string;
  readonly json: boolean;
}

/** What is to be done with which one. */
export interface CheckpointsRequest {
  readonly action: "list" | "show" | "delete";
  readonly place: string;
  readonly name: string | undefined;
  readonly options: CheckpointsOptions;
  readonly context: CommandContext;
}

/** The `checkpoints` command. */
export function checkpointsCommand(): Command {
  const command = new Command("checkpoints")
    .description("list, show or delete the checkpoints and savepoints of a run")
    .addArgument(
      new Argument("<action>", "what to do").choices([
        "list",
        "show",
        "delete",
      ]),
    )
    .argument("<place>", "the run's --checkpoint: a directory or s3://…")
    .argument("[name]", "number or name of one, for show and delete")
    .option("--json", "print JSON", false);
  return addS3Options(addConnectionOptions(command))
    .addHelpText("after", EXAMPLES)
    .action(
      async (
        action: CheckpointsRequest["action"],
        place: string,
        name: string | undefined,
      ) => {
        const { runCheckpoints } = await import("../run_checkpoints.ts");
        const options = command.opts<CheckpointsOptions>();
        const context = contextOf(command);
        await runCheckpoints({ action, place, name, options, context });
      },
    );
}
