/**
 * `flagdrop dashboard`: the page over a store, without an engine.
 *
 * @module
 */
import { Command } from "commander";
import { contextOf } from "../context.ts";
import { addAwsOptions } from "../options/connection.ts";
import { integerOption } from "../options/number_option.ts";
import { addOpensearchAccess } from "../options/opensearch_options.ts";
import { addTilesOption } from "../options/tiles_option.ts";
import type { DashboardCommandOptions } from "../serve_store.ts";

const EXAMPLES = `
Examples:
  What a run has left behind:
    flagdrop dashboard --store flagdrop.duckdb
  The same in a cluster:
    flagdrop dashboard --store opensearch:https://HOST
  The page of a run elsewhere, by the address that it tells at its start:
    flagdrop dashboard --store http://127.0.0.1:8787
`;

/** The `dashboard` command. */
export function dashboardCommand(): Command {
  const command = new Command("dashboard")
    .description(
      "Serves the page over a store. Where an engine has the store open, its own page is named instead.",
    )
    .requiredOption(
      "--store <store>",
      "a DuckDB file, opensearch:URL, or the address of a run's page",
    )
    .option("--status-host <address>", "where the page listens", "127.0.0.1")
    .option(
      "--status-port <port>",
      "port of the page, 0 for any (default: 8787, or any when it is taken)",
      integerOption({ min: 0, max: 65_535 }),
    )
    .option(
      "--token <secret>",
      "asked for by the page; better set as FLAGDROP_TOKEN, since others see a command line",
    )
    .option(
      "--insecure",
      "serve others than this machine without a token",
      false,
    )
    .addHelpText("after", EXAMPLES);
  addTilesOption(command);
  addOpensearchAccess(command);
  addAwsOptions(command);
  return command.action(async (options: DashboardCommandOptions) => {
    const { serveStore } = await import("../serve_store.ts");
    await serveStore(options, contextOf(command));
  });
}
