/**
 * `flagdrop demo`: everything on this machine.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { Command } from "commander";
import { WORKERS_MAX } from "../../engine/limits.ts";
import { contextOf } from "../context.ts";
import { DEMO_STORE } from "../demo/limits.ts";
import type { DemoOptions } from "../demo/run_demo.ts";
import { durationOption } from "../options/duration_option.ts";
import { integerOption, numberOption } from "../options/number_option.ts";
import { addTilesOption } from "../options/tiles_option.ts";

const DESCRIPTION = `Runs everything on this machine: a local Kinesis, a replay of generated New
York taxi trips into it (or of events made for another job), the engine with a
thread a core, and an embedded store for the results. Ctrl-C ends it.`;

const EXAMPLES = `
Examples:
  A minute, then a summary:
    flagdrop demo --duration 60s
  A day in about a minute and a half, with lines instead of a picture:
    flagdrop demo --speedup 1000 | cat
  Another job, here one that comes with the package:
    flagdrop demo --job vehicle-positions
`;

/** The `demo` command. */
export function demoCommand(): Command {
  const command = new Command("demo")
    .description(DESCRIPTION)
    .option(
      "--duration <duration>",
      "end after this, such as 60s (default: when told to)",
      durationOption,
    )
    .option(
      "--job <file>",
      "the job, for which events are made: a JSON file or one of flagdrop job list (default: taxi)",
    )
    .option(
      "--speedup <factor>",
      "event time that passes in a second, in seconds (default: 6480; less for a job with shorter windows)",
      numberOption({ min: 1, max: 1_000_000 }),
    )
    .option(
      "--workers <n>",
      "worker threads",
      integerOption({ min: 1, max: WORKERS_MAX }),
      Math.min(availableParallelism(), WORKERS_MAX),
    )
    .option(
      "--shards <n>",
      "shards of the stream",
      integerOption({ min: 1, max: 500 }),
      8,
    )
    .option(
      "--store <file>",
      `DuckDB file for the results, kept between runs (default: ${DEMO_STORE}, made anew)`,
    )
    .option(
      "--seed <n>",
      "the same seed gives the same events",
      integerOption({ min: 0, max: 2 ** 32 - 1 }),
      1,
    )
    .option(
      "--status-port <port>",
      "port of the status endpoint, 0 for any (default: 8787, or any when it is taken)",
      integerOption({ min: 0, max: 65_535 }),
    )
    .addHelpText("after", EXAMPLES);
  addTilesOption(command);
  return command.action(async (options: DemoOptions) => {
    const { runDemo } = await import("../demo/run_demo.ts");
    await runDemo(options, contextOf(command));
  });
}
