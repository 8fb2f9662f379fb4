/**
 * `flagdrop run`: the engine on a stream or on files.
 *
 * @module
 */
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { readConfigOption } from "../options/option_sources.ts";
import { addRunOptions, type RunOptions } from "../options/run_options.ts";
import { runUses } from "../options/run_uses.ts";
import { refuseUnusedOptions } from "../options/unused_options.ts";

const EXAMPLES = `
Examples:
  The trips of a file, to a file of documents:
    flagdrop run --source file:trips.jsonl --sink ndjson:out.ndjson
  A local stream (see flagdrop kinesis, flagdrop replay), up to its end:
    flagdrop run --stream taxi --endpoint http://127.0.0.1:4567 --until-end --sink ndjson:-
  A real stream into an embedded store, for ever:
    flagdrop run --stream taxi --region eu-west-1 --sink duckdb:taxi.duckdb
  The same into an Amazon OpenSearch domain, signed with the usual credentials:
    flagdrop run --stream taxi --region eu-west-1 --checkpoint state --sink opensearch:https://HOST
  The same by enhanced fan-out; the consumer stays registered, and is billed:
    flagdrop run --stream taxi --region eu-west-1 --consumer flagdrop
`;

/** The `run` command. */
export function runCommand(): Command {
  const command = new Command("run").description(
    "tally a Kinesis stream, or files, and write the documents",
  );
  return addRunOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (options: RunOptions) => {
      refuseUnusedOptions(command, runUses(options));
      const { runEngine } = await import("../run_engine.ts");
      const { config } = command.optsWithGlobals<{ config?: string }>();
      await runEngine(options, contextOf(command), {
        readWorkers:
          config === undefined
            ? undefined
            : async () => {
                const count = await readConfigOption(
                  command,
                  config,
                  "workers",
                );
                return typeof count === "number" ? count : undefined;
              },
      });
    });
}
