/**
 * The options of `flagdrop replay` that say what is read, and how.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { errorLine } from "../../engine/errors.ts";
import type { JobSpec } from "../../engine/job/spec.ts";
import type { EventSource } from "../../engine/replay/event_chunk.ts";
import {
  FILE_FORMATS,
  type FileFormat,
} from "../../engine/replay/file_format.ts";
import type { JobForm } from "../../engine/replay/job_form.ts";
import {
  LOOK_AHEAD_EVENTS,
  LOOK_AHEAD_EVENTS_MAX,
  LOOK_AHEAD_EVENTS_MIN,
} from "../../engine/replay/limits.ts";
import type { Inputs } from "../../engine/replay/source/input_part.ts";
import type { ZoneTable } from "../../engine/replay/source/zone_table.ts";
import type { DeadLetterSink } from "../../engine/sink/sink.ts";
import { integerOption } from "./number_option.ts";
import {
  addReplayInputOptions,
  inputsFrom,
  type Note,
  type ReplayInputOptions,
  refused,
  sourcesOf,
} from "./replay_inputs.ts";

/** Values of the options that {@linkcode addReplaySourceOptions} adds. */
export interface ReplaySourceOptions extends ReplayInputOptions {
  readonly format: FileFormat;
  readonly timestampField?: string;
  readonly timestampFormat: string;
  readonly timeZone: string;
  readonly columns?: ReadonlyMap<string, string>;
  readonly zoneTable?: string;
  readonly readerBuffer: number;
  readonly deadLetters: string;
  /** Added by the options of sending. */
  readonly resume?: string;
  readonly seek?: number;
  readonly seed: number;
  readonly start: number;
  /** The job that the events are for. */
  readonly job?: string;
}

/** A source, and what ends with it. */
export interface ReplaySource {
  readonly source: EventSource;
  /** How the job's events look; undefined for taxi trips. */
  readonly form: JobForm | undefined;
  /** Dead letters so far; their file. */
  readonly deadLetters: DeadLetterSink | undefined;
  close(): Promise<void>;
}

/** A time as epoch ms. */
function timeOption(text: string): number {
  const timeMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new InvalidArgumentError("write a time such as 2016-01-01T00:00:00Z");
}

function columnsOption(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const pairs = text.split(",").map((pair): [string, string] => {
    const at = pair.indexOf("=");
    const [field, column] = [
      pair.slice(0, at).trim(),
      pair.slice(at + 1).trim(),
    ];
    if (at > 0 && field !== "" && column !== "") return [field, column];
    throw new InvalidArgumentError(
      "write FIELD=COLUMN,… such as pickup_lat=Start_Lat,pickup_lon=Start_Lon",
    );
  });
  return new Map([...before, ...pairs]);
}

/** Adds them. */
export function addReplaySourceOptions(command: Command): Command {
  return addReplayInputOptions(command)
    .addOption(
      new Option(
        "--format <format>",
        "how it is written: JSON lines, JSON objects glued together, or a table; auto looks at it",
      )
        .choices([...FILE_FORMATS])
        .default("auto"),
    )
    .option(
      "--job <file>",
      "the job that the events are for, a JSON file or one of flagdrop job list: its event time and watermarks (default: taxi)",
    )
    .option(
      "--timestamp-field <name>",
      "the event time's field; a.b.c for one inside others (default: the job's)",
    )
    .option(
      "--timestamp-format <format>",
      "iso, epoch-ms, epoch-s, or a pattern such as 'MM/dd/yyyy hh:mm:ss a'",
      "iso",
    )
    .option(
      "--time-zone <name>",
      "of times that don't say theirs, such as America/New_York for the TLC's files",
      "UTC",
    )
    .option(
      "--columns <field=column,…>",
      "which columns of a table become which fields (the TLC's own are known)",
      columnsOption,
    )
    .option(
      "--zone-table <file>",
      "where taxi zones are: CSV with LocationID, lat, lon; or GeoJSON",
    )
    .option(
      "--seek <time>",
      "leave out events before this time; found by search where files allow it",
      timeOption,
    )
    .option(
      "--reader-buffer <events>",
      "events read ahead: those out of order by less are sent in order",
      integerOption({
        min: LOOK_AHEAD_EVENTS_MIN,
        max: LOOK_AHEAD_EVENTS_MAX,
      }),
      LOOK_AHEAD_EVENTS,
    )
    .option(
      "--dead-letters <file>",
      "where lines go that are no events",
      "flagdrop-replay-dead-letters.ndjson",
    )
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
}

async function zonesFrom(
  path: string | undefined,
): Promise<ZoneTable | undefined> {
  if (path === undefined) return undefined;
  const { readFile } = await import("node:fs/promises");
  const { ZoneTable } = await import(
    "../../engine/replay/source/zone_table.ts"
  );
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw refused(
      `Cannot read "${path}" as --zone-table: ${errorLine(error)}`,
      error,
    );
  }
  return new ZoneTable(text, path);
}

/** What the run before has written, where this one goes on. */
async function keptLetterBytes({
  resume,
  deadLetters,
}: ReplaySourceOptions): Promise<number | undefined> {
  const { stat } = await import("node:fs/promises");
  const isThere = async (path: string) =>
    await stat(path).catch(() => undefined);
  if (resume === undefined || !(await isThere(resume))) return undefined;
  return (await isThere(deadLetters))?.size;
}

async function openInputs(
  inputs: Inputs,
  options: ReplaySourceOptions,
  form: JobForm | undefined,
): Promise<ReplaySource> {
  const { openSource } = await import("../../engine/replay/open_source.ts");
  const { DeadLetterFile } = await import("../../engine/sink/dead_letters.ts");
  const { timestampFormat: format, timeZone } = options;
  const zones = await zonesFrom(options.zoneTable);
  const deadLetters = await DeadLetterFile.open(options.deadLetters, {
    resumeAtBytes: await keptLetterBytes(options),
  });
  try {
    const source = openSource(inputs, {
      format: options.format,
      timestamps: { format, timeZone },
      timestampField: options.timestampField,
      form,
      ...(options.columns === undefined ? {} : { mapping: options.columns }),
      zones,
      deadLetters,
    });
    return {
      source,
      form,
      deadLetters,
      close: async () => {
        await deadLetters.close();
        await inputs.close();
      },
    };
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw refused(
        `Cannot use "${format}" as --timestamp-format: ${errorLine(error)}`,
        error,
      );
    }
    if (error instanceof RangeError) {
      throw refused(
        `Cannot use "${timeZone}" as --time-zone as there is none: write one such as America/New_York`,
        error,
      );
    }
    throw error;
  }
}

/** The job of `--job`; undefined for the taxi job. */
async function jobSpecOf(
  job: string | undefined,
): Promise<JobSpec | undefined> {
  if (job === undefined || job === "taxi") return undefined;
  const { jobFrom } = await import("./job_option.ts");
  return await jobFrom({ job });
}

async function formOf(spec: JobSpec): Promise<JobForm> {
  const { jobForm } = await import("../../engine/replay/job_form.ts");
  return jobForm(spec);
}

/**
 * The source that the options name.
 *
 * @param options Of the command.
 * @param note Gets what is worth knowing.
 * @throws {FlagdropError} `FD_OPTION` or `FD_SOURCE` when it can't be read.
 */
export async function replaySourceFrom(
  options: ReplaySourceOptions,
  note: Note,
): Promise<ReplaySource> {
  const { seed, start, job } = options;
  const sources = sourcesOf(options);
  const spec = await jobSpecOf(job);
  const form = spec === undefined ? undefined : await formOf(spec);
  if (sources.length === 1 && sources[0] === "generator") {
    const { TripGenerator } = await import("../../engine/replay/generator.ts");
    const { JobGenerator } = await import(
      "../../engine/replay/job_generator.ts"
    );
    return {
      source:
        spec === undefined
          ? new TripGenerator({ seed, startMs: start })
          : new JobGenerator({ spec, seed, startMs: start }),
      form,
      deadLetters: undefined,
      close: async () => {},
    };
  }
  const inputs = await inputsFrom(options, sources, note);
  try {
    return await openInputs(inputs, options, form);
  } catch (error) {
    await inputs.close();
    throw error;
  }
}
