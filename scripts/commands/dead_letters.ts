/**
 * `flagdrop dead-letters`: documents that a cluster refused, sent once more.
 *
 * @module
 */
import { Argument, Command } from "commander";
import { contextOf } from "../context.ts";
import { addAwsOptions } from "../options/connection.ts";
import { addOpensearchAccess } from "../options/opensearch_options.ts";
import type { DeadLettersOptions } from "../replay_letters.ts";

const EXAMPLES = `
Example:
  Once the index takes them, and before the next run empties the file:
    flagdrop dead-letters replay flagdrop-dead-letters.ndjson --sink opensearch:https://HOST
`;

/** The `dead-letters` command. */
export function deadLettersCommand(): Command {
  const command = new Command("dead-letters")
    .description(
      "Sends refused documents of a dead-letter file once more, each under its id. Records that could not be decoded are left.",
    )
    .addArgument(new Argument("<action>").choices(["replay"]))
    .argument("<file>", "the file of --dead-letters")
    .requiredOption("--sink <opensearch:url>", "the cluster")
    .option(
      "--still-refused <file>",
      "where documents go that are refused again (default: FILE.refused)",
    )
    .addHelpText("after", EXAMPLES);
  addAwsOptions(addOpensearchAccess(command));
  return command.action(
    async (_action: string, file: string, options: DeadLettersOptions) => {
      const { replayLetters } = await import("../replay_letters.ts");
      await replayLetters(file, options, contextOf(command));
    },
  );
}
