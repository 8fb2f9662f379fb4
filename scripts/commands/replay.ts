/**
 * `flagdrop replay`: puts trips into a stream.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from "commander";
import {
  FILE_FORMATS,
  type FileFormat,
} from "../../engine/replay/file_format.ts";
import { type CommandContext, contextOf } from "../context.ts";
import {
  addConnectionOptions,
  type ConnectionOptions,
} from "../options/connection.ts";
import { durationOption } from "../options/duration_option.ts";
import { integerOption, numberOption } from "../options/number_option.ts";

const EXAMPLES = `
Examples:
  Generated trips into a local stream (see flagdrop kinesis), a day in 13 seconds:
    flagdrop replay --stream taxi --source generator --no-pacing --endpoint http://127.0.0.1:4567
  A file, as fast as the stream takes it:
    flagdrop replay --stream taxi --source file:trips.jsonl --speedup max --endpoint http://127.0.0.1:4567
  TLC trip records into a real stream, ten times as fast as they happened:
    flagdrop replay --stream taxi --source file:yellow.csv.gz --speedup 10 --region eu-west-1
`;

/** Options whose names commander makes of their flags; in ms. */
type Durations = Readonly<
  Record<"watermarkInterval" | "statisticsInterval", number>
>;

/** Values of the command's options. */
interface ReplayCommandOptions extends ConnectionOptions, Durations {
  readonly stream: string;
  readonly source: readonly string[];
  readonly format: FileFormat;
  readonly speedup: number;
  readonly aggregate: boolean;
  readonly pacing: boolean;
  readonly limit?: number;
  readonly duration?: number;
  readonly seed: number;
  readonly start: number;
}

/** A speedup, or `max`. */
function speedupOption(text: string): number {
  if (text === "max") return Number.POSITIVE_INFINITY;
  const value = numberOption({ min: 0 })(text);
  if (value > 0) return value;
  throw new InvalidArgumentError("write a number above 0, or max");
}

/** A time as epoch ms. */
function timeOption(text: string): number {
  const timeMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new InvalidArgumentError("write a time such as 2016-01-01T00:00:00Z");
}

async function sourceFrom(options: ReplayCommandOptions) {
  const { source, format, seed, start } = options;
  if (source.length === 1 && source[0] === "generator") {
    const { TripGenerator } = await import("../../engine/replay/generator.ts");
    return new TripGenerator({ seed, startMs: start });
  }
  const { filesFrom } = await import("../options/file_source.ts");
  const { openFileSource } = await import("../../engine/replay/open_source.ts");
  return await openFileSource(await filesFrom(source), format);
}

async function run(
  options: ReplayCommandOptions,
  { log, signal, stdout }: CommandContext,
): Promise<void> {
  const { connectionFrom } = await import("../options/connection.ts");
  const { startReplay } = await import("../../engine/replay/replay.ts");
  const source = await sourceFrom(options);
  const { limit, duration } = options;
  const replay = await startReplay({
    connection: await connectionFrom(options),
    stream: options.stream,
    source,
    speedup: options.speedup,
    aggregate: options.aggregate,
    pacing: options.pacing,
    ...(limit === undefined ? {} : { limit }),
    ...(duration === undefined ? {} : { durationMs: duration }),
    watermarkIntervalMs: options.watermarkInterval,
    statisticsIntervalMs: options.statisticsInterval,
    onStatistics: (_, line) => stdout.write(`${line}\n`),
    onWarning: (line) => log.warn(line),
  });
  log.info(
    {
      source: source.name,
      stream: options.stream,
      shards: replay.stats().shards,
    },
    "replaying",
  );
  const stop = () => replay.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const { events, elapsedMs, line } = await replay.finished;
  stdout.write(
    `${line}\n${events} events sent in ${(elapsedMs / 1_000).toFixed(1)} s\n`,
  );
}

function addPaceOptions(command: Command): Command {
  return command
    .option(
      "--speedup <factor>",
      "event time against real time, or max",
      speedupOption,
      6_480,
    )
    .option("--no-pacing", "exceed 1 MiB/s and 1,000 records/s a shard")
    .option("--limit <n>", "events to send", integerOption({ min: 0 }))
    .option("--duration <time>", "how long to run", durationOption)
    .addOption(
      new Option("--watermark-interval <time>", "time between watermarks")
        .argParser(durationOption)
        .default(5_000, "5s"),
    )
    .addOption(
      new Option("--statistics-interval <time>", "time between statistics")
        .argParser(durationOption)
        .default(60_000, "60s"),
    );
}

/** The `replay` command. */
export function replayCommand(): Command {
  const command = new Command("replay")
    .description("put trips into a Kinesis stream as if they happened now")
    .requiredOption("--stream <name>", "the stream's name or ARN")
    .requiredOption(
      "--source <source>",
      "generator, or file:PATH (repeatable; globs go by name)",
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .addOption(
      new Option("--format <format>", "how files are read: auto by their names")
        .choices([...FILE_FORMATS])
        .default("auto"),
    )
    .option("--aggregate", "pack events as the KPL does", false)
    .option(
      "--seed <n>",
      "the generator's seed: the same gives the same trips",
      integerOption({ min: 0 }),
      1,
    )
    .addOption(
      new Option("--start <time>", "where the generator's event time begins")
        .argParser(timeOption)
        .default(Date.UTC(2016, 0, 1), "2016-01-01T00:00:00Z"),
    );
  return addConnectionOptions(addPaceOptions(command))
    .addHelpText("after", EXAMPLES)
    .action(async (options: ReplayCommandOptions) => {
      await run(options, contextOf(command));
    });
}
