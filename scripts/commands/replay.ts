/**
 * `flagdrop replay`: puts trips into a stream.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from "commander";
import type { EventSource } from "../../engine/replay/event_chunk.ts";
import { type CommandContext, contextOf } from "../context.ts";
import {
  addConnectionOptions,
  type ConnectionOptions,
} from "../options/connection.ts";
import { durationOption } from "../options/duration_option.ts";
import { integerOption, numberOption } from "../options/number_option.ts";
import {
  addReplaySourceOptions,
  type ReplaySourceOptions,
  replaySourceFrom,
} from "../options/replay_source.ts";

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
interface ReplayCommandOptions
  extends ConnectionOptions,
    ReplaySourceOptions,
    Durations {
  readonly stream: string;
  readonly speedup: number;
  readonly aggregate: boolean;
  readonly pacing: boolean;
  readonly limit?: number;
  readonly duration?: number;
}

/** A speedup, or `max`. */
function speedupOption(text: string): number {
  if (text === "max") return Number.POSITIVE_INFINITY;
  const value = numberOption({ min: 0 })(text);
  if (value > 0) return value;
  throw new InvalidArgumentError("write a number above 0, or max");
}

async function run(
  options: ReplayCommandOptions,
  context: CommandContext,
): Promise<void> {
  const opened = await replaySourceFrom(options);
  try {
    await replayFrom(opened.source, options, context);
    const { count = 0 } = opened.deadLetters ?? {};
    if (count > 0) {
      context.log.warn(
        { letters: count, file: options.deadLetters },
        "lines that are no events are kept as dead letters",
      );
    }
  } finally {
    await opened.close();
  }
}

async function replayFrom(
  source: EventSource,
  options: ReplayCommandOptions,
  { log, signal, stdout }: CommandContext,
): Promise<void> {
  const { connectionFrom } = await import("../options/connection.ts");
  const { startReplay } = await import("../../engine/replay/replay.ts");
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
    .option("--aggregate", "pack events as the KPL does", false);
  return addConnectionOptions(addPaceOptions(addReplaySourceOptions(command)))
    .addHelpText("after", EXAMPLES)
    .action(async (options: ReplayCommandOptions) => {
      await run(options, contextOf(command));
    });
}
