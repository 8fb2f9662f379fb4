/**
 * `flagdrop dashboards`: the job's dashboard for OpenSearch Dashboards.
 *
 * @module
 */
import { Argument, Command, Option } from "commander";
import { DASHBOARDS_VERSIONS } from "../../engine/saved_objects/saved_object.ts";
import { contextOf } from "../context.ts";
import { addAwsOptions } from "../options/connection.ts";
import { durationOption } from "../options/duration_option.ts";
import { addOpensearchAccess } from "../options/opensearch_options.ts";
import type { DashboardsOptions } from "../run_dashboards.ts";

const EXAMPLES = `
Examples:
  A file for Dashboards' own import (Saved objects, Import):
    flagdrop dashboards export > flagdrop.ndjson
  Straight into Dashboards, over what is there by the same ids:
    FLAGDROP_OPENSEARCH_PASSWORD=… flagdrop dashboards install https://HOST:5601 --opensearch-user admin
`;

/** The `dashboards` command. */
export function dashboardsCommand(): Command {
  const command = new Command("dashboards")
    .description("writes the job's dashboard as saved objects, or installs it")
    .addArgument(new Argument("<action>").choices(["export", "install"]))
    .addArgument(
      new Argument("[url]", "with install: the address of Dashboards"),
    )
    .addOption(
      new Option(
        "--dashboards-version <n>",
        "2: a coordinate map; 3: a map of layers",
      )
        .choices([...DASHBOARDS_VERSIONS])
        .default("2"),
    )
    .option(
      "--tiles <url>",
      "base tiles: with {z}, {x} and {y} for 3, a WMS for 2, or none",
      "none",
    )
    .option("--time-from <time>", "where the time range begins", "now-6h")
    .option("--time-to <time>", "where it ends", "now")
    .addOption(
      new Option(
        "--refresh <duration>",
        "how often it is drawn anew, 0s: never",
      )
        .argParser(durationOption)
        .default(10_000, "10s"),
    )
    .option("--zones <preset>", "as of the run (default: nyc)")
    .option("--job <file>", "as of the run (default: the taxi job)")
    .addHelpText("after", EXAMPLES);
  addAwsOptions(addOpensearchAccess(command));
  return command.action(
    async (
      action: "export" | "install",
      url: string | undefined,
      options: DashboardsOptions,
    ) => {
      const { runDashboards } = await import("../run_dashboards.ts");
      await runDashboards({ action, url }, options, contextOf(command));
    },
  );
}
