/**
 * Options of `flagdrop replay` that say how events are sent, and when.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { ADAPT_TIMES, type AdaptTime } from "../../engine/replay/adapt_time.ts";
import type { ReplayOptions } from "../../engine/replay/replay_options.ts";
import { durationOption } from "./duration_option.ts";
import { integerOption } from "./number_option.ts";

/** Values of the options that {@linkcode addSendingOptions} adds. */
export interface SendingOptions {
  readonly speedup: number;
  readonly adaptTime: AdaptTime;
  readonly aggregate: boolean;
  readonly pacing: boolean;
  readonly watermark?: boolean;
  readonly watermarkInterval: number;
  readonly statisticsInterval: number;
  readonly loop: boolean;
  readonly limit?: number;
  readonly duration?: number;
  readonly resume?: string;
  readonly dryRun: boolean;
}

/** A speedup, or `max`. */
function speedupOption(text: string): number {
  if (text === "max") return Number.POSITIVE_INFINITY;
  const value = /^[\d.]+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw new InvalidArgumentError("write a number above 0, or max");
}

function addPaceOptions(command: Command): Command {
  return command
    .option(
      "--speedup <factor>",
      "event time against real time, or max",
      speedupOption,
      6_480,
    )
    .addOption(
      new Option(
        "--adapt-time <how>",
        "events' times: original, from now on (invocation), or when they are sent (ingestion)",
      )
        .choices([...ADAPT_TIMES])
        .default("original"),
    )
    .option("--aggregate", "pack events as the KPL does", false)
    .option("--no-pacing", "exceed 1 MiB/s and 1,000 records/s a shard");
}

function addTimerOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--watermark-interval <time>",
        "time between watermarks, and between changes of the --resume file",
      )
        .argParser(durationOption)
        .default(5_000, "5s"),
    )
    .option(
      "--watermark",
      "send watermark events (default: whether the job reads them)",
    )
    .option("--no-watermark", "send no watermark events")
    .addOption(
      new Option("--statistics-interval <time>", "time between statistics")
        .argParser(durationOption)
        .default(60_000, "60s"),
    );
}

/** Adds them. */
export function addSendingOptions(command: Command): Command {
  return addTimerOptions(addPaceOptions(command))
    .option("--limit <n>", "events to send", integerOption({ min: 0 }))
    .option("--duration <time>", "how long to run", durationOption)
    .option(
      "--loop",
      "begin anew at the end of the data, with times later by what they span",
      false,
    )
    .option(
      "--resume <file>",
      "keep there how far it is, and go on from there next time",
    )
    .option("--dry-run", "send nothing, and say what would be sent", false);
}

/** What they mean to the replay. */
export async function sendingFrom(
  options: SendingOptions,
): Promise<Omit<ReplayOptions, "connection" | "stream" | "source">> {
  const { limit, duration, resume, watermark } = options;
  const { ResumeFile } = await import("../../engine/replay/resume_file.ts");
  return {
    speedup: options.speedup,
    adaptTime: options.adaptTime,
    aggregate: options.aggregate,
    pacing: options.pacing,
    watermarkIntervalMs: options.watermarkInterval,
    statisticsIntervalMs: options.statisticsInterval,
    loop: options.loop,
    ...(watermark === undefined ? {} : { watermarks: watermark }),
    ...(limit === undefined ? {} : { limit }),
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(resume === undefined ? {} : { resume: new ResumeFile(resume) }),
  };
}
