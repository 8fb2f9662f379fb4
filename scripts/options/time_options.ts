/**
 * The options of `flagdrop run` that say how event time is taken: watermarks,
 * lateness, idle shards. Those of the job go before what the job file says.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { FlagdropError } from "../../engine/errors.ts";
import type { JobSpec, WatermarkStrategy } from "../../engine/job/spec.ts";
import { DEDUPE_IDS_MAX, IDLE_TIMEOUT_MS } from "../../engine/limits.ts";
import type { LatePolicy } from "../../engine/messages.ts";
import { durationOption } from "./duration_option.ts";

/** What `--dedupe` says. */
interface DedupeChoice {
  readonly field: string;
  readonly withinMs: number;
}

function dedupeOption(text: string): DedupeChoice {
  const at = text.lastIndexOf(":");
  if (at > 0) {
    const withinMs = durationOption(text.slice(at + 1));
    if (withinMs > 0) return { field: text.slice(0, at), withinMs };
  }
  throw new InvalidArgumentError(
    "write the id's field and a duration, such as trip_id:10m",
  );
}

/** Values of these options. */
export interface TimeOptions {
  readonly watermarks?: WatermarkStrategy;
  readonly watermarkBound?: number;
  readonly allowedLateness?: number;
  readonly late: LatePolicy;
  readonly dedupe?: DedupeChoice;
  readonly idleTimeout: number;
}

/** Adds them. */
export function addTimeOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--watermarks <strategy>",
        "where watermarks come from: events in the stream, the greatest event time less a bound, or arrival (default: the job's, which is punctuated)",
      ).choices(["punctuated", "bounded", "ingestion"]),
    )
    .option(
      "--watermark-bound <duration>",
      "with bounded: how far an event may be behind the greatest before it",
      durationOption,
    )
    .option(
      "--allowed-lateness <duration>",
      "correct a fired window's documents for so long, in event time (default: the job's, which is 0s)",
      durationOption,
    )
    .option(
      "--dedupe <field:duration>",
      "leave out events with an id that the shard had within that time, such as trip_id:10m (default: the job's, which is off)",
      dedupeOption,
    )
    .addOption(
      new Option("--late <what>", "late records are only counted, or kept")
        .choices(["drop", "dead-letter"])
        .default("drop"),
    )
    .addOption(
      new Option(
        "--idle-timeout <duration>",
        "a shard that is quiet for so long does not hold the watermark back; 0s for never",
      )
        .argParser(durationOption)
        .default(IDLE_TIMEOUT_MS, "5m"),
    );
}

function refused(remedy: string): FlagdropError {
  return new FlagdropError("FD_OPTION", remedy, { domain: "user" });
}

/** The watermark of the job, with what the options say instead. */
function watermarkOf(
  spec: JobSpec,
  { watermarks, watermarkBound }: TimeOptions,
): JobSpec["watermark"] {
  const { boundMs: jobBoundMs, ...rest } = spec.watermark;
  const strategy = watermarks ?? rest.strategy;
  if (strategy !== "bounded") {
    if (watermarkBound === undefined) return { ...rest, strategy };
    throw refused(
      `Cannot use --watermark-bound with ${strategy} watermarks: give --watermarks bounded`,
    );
  }
  const boundMs = watermarkBound ?? jobBoundMs;
  if (boundMs !== undefined) return { ...rest, strategy, boundMs };
  throw refused(
    "Cannot use --watermarks bounded without a bound: give --watermark-bound, such as 30s",
  );
}

/**
 * A job with these options applied.
 *
 * @throws {FlagdropError} `FD_OPTION` when they contradict each other.
 */
export function withTimeOptions(spec: JobSpec, options: TimeOptions): JobSpec {
  return {
    ...spec,
    watermark: watermarkOf(spec, options),
    allowedLatenessMs: options.allowedLateness ?? spec.allowedLatenessMs,
    dedupe:
      options.dedupe === undefined
        ? spec.dedupe
        : { idsMax: DEDUPE_IDS_MAX, ...spec.dedupe, ...options.dedupe },
  };
}
