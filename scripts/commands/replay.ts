/**
 * `flagdrop replay`: puts events into a stream.
 *
 * @module
 */
import { Command } from "commander";
import { FlagdropError } from "../../engine/errors.ts";
import type { ResumeState } from "../../engine/replay/resume_file.ts";
import { type CommandContext, contextOf } from "../context.ts";
import {
  addConnectionOptions,
  type ConnectionOptions,
} from "../options/connection.ts";
import {
  addReplaySourceOptions,
  type ReplaySource,
  type ReplaySourceOptions,
  replaySourceFrom,
} from "../options/replay_source.ts";
import { replayUses } from "../options/replay_uses.ts";
import {
  addSendingOptions,
  type SendingOptions,
  sendingFrom,
} from "../options/sending_options.ts";
import { refuseUnusedOptions } from "../options/unused_options.ts";

const EXAMPLES = `
Examples:
  Generated trips into a local stream (see flagdrop kinesis), a day in 13 seconds:
    flagdrop replay --stream taxi --source generator --no-pacing --endpoint http://127.0.0.1:4567
  A file, as fast as the stream takes it:
    flagdrop replay --stream taxi --source file:trips.jsonl --speedup max --endpoint http://127.0.0.1:4567
  The trips of a public bucket, from a moment on:
    flagdrop replay --stream taxi --source s3://aws-bigdata-blog/artifacts/flink-refarch/data/ --seek 2010-01-01T12:00:00Z --region eu-west-1
  TLC trip records into a real stream, ten times as fast as they happened:
    flagdrop replay --stream taxi --source file:yellow.csv.gz --time-zone America/New_York --speedup 10 --region eu-west-1
  Rides for another job, read from the table that Citi Bike publishes:
    flagdrop replay --stream rides --job bike-share --source file:rides.csv --speedup max --endpoint http://127.0.0.1:4567
`;

/** Values of the command's options. */
interface ReplayCommandOptions
  extends ConnectionOptions,
    ReplaySourceOptions,
    SendingOptions {
  readonly stream: string;
}

async function run(
  options: ReplayCommandOptions,
  context: CommandContext,
): Promise<void> {
  const opened = await replaySourceFrom(options, (line) =>
    context.log.info(line),
  );
  try {
    const start = options.dryRun ? tryOut : replayFrom;
    await start(opened, options, context);
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

/** `--dry-run`: reads, and says what would be sent. */
async function tryOut(
  { source }: ReplaySource,
  options: ReplayCommandOptions,
  { signal, stdout }: CommandContext,
): Promise<void> {
  const { dryRun, dryRunText } = await import("../../engine/replay/dry_run.ts");
  const { limit, duration, loop, seek } = options;
  const isEndless = loop || source.name === "generator";
  if (isEndless && limit === undefined && duration === undefined) {
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot tell what would be sent as there is no end of it: add --limit or --duration",
      { domain: "user" },
    );
  }
  const report = await dryRun({
    ...(await sendingFrom(options)),
    ...(seek === undefined ? {} : { seekMs: seek }),
    source,
    signal,
  });
  stdout.write(dryRunText(report));
}

/** Says where a run goes on from. */
function logBefore(
  before: ResumeState | undefined,
  { resume }: ReplayCommandOptions,
  log: CommandContext["log"],
): void {
  if (before === undefined) return;
  const { events, isDone } = before;
  log.info(
    { file: resume, events },
    isDone ? "all was sent before" : "going on behind what was sent before",
  );
}

async function replayFrom(
  { source, form }: ReplaySource,
  options: ReplayCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { log, signal, stdout } = context;
  const { connectionFrom } = await import("../options/connection.ts");
  const { startReplay } = await import("../../engine/replay/replay.ts");
  const { showReplay } = await import("../live_view/replay_view.ts");
  const { stream, seek } = options;
  const replay = await startReplay({
    ...(await sendingFrom(options)),
    ...(seek === undefined ? {} : { seekMs: seek }),
    readAheadEvents: options.readerBuffer,
    connection: await connectionFrom(options),
    stream,
    source,
    ...(form === undefined ? {} : { form }),
    onStatistics: (_, line) => view.statistics(line),
    onWarning: (line) => log.warn(line),
  });
  const { shards } = replay.stats();
  log.info({ source: source.name, stream, shards }, "replaying");
  logBefore(replay.before, options, log);
  const view = showReplay(() => replay.stats(), context);
  const stop = () => replay.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const { events, elapsedMs, line } = await replay.finished.finally(() =>
    view.close(),
  );
  stdout.write(
    `${line}\n${events} events sent in ${(elapsedMs / 1_000).toFixed(1)} s\n`,
  );
}

/** The `replay` command. */
export function replayCommand(): Command {
  const command = new Command("replay")
    .description(
      "put events, such as trips, into a Kinesis stream as if they happened now",
    )
    .requiredOption("--stream <name>", "the stream's name or ARN");
  return addConnectionOptions(
    addSendingOptions(addReplaySourceOptions(command)),
  )
    .addHelpText("after", EXAMPLES)
    .action(async (options: ReplayCommandOptions) => {
      refuseUnusedOptions(command, replayUses(options));
      await run(options, contextOf(command));
    });
}
