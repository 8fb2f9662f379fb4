/**
 * The options of `flagdrop run`.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  CHECKPOINT_AGE_MS_MAX,
  CHECKPOINT_INTERVAL_MS,
} from "../../engine/checkpoint/limits.ts";
import { parseTimeMs } from "../../engine/job/time.ts";
import {
  EMIT_EARLY_MS_MIN,
  WATERMARK_AHEAD_MAX_MS,
  WORKER_RESTARTS_MAX,
  WORKERS_MAX,
} from "../../engine/limits.ts";
import type { KinesisFrom } from "../../engine/source.ts";
import {
  addConnectionOptions,
  addS3Options,
  type ConnectionOptions,
} from "./connection.ts";
import { durationOption } from "./duration_option.ts";
import { listOption } from "./list_option.ts";
import { integerOption, numberOption } from "./number_option.ts";
import {
  addOpensearchOptions,
  type OpensearchOptions,
} from "./opensearch_options.ts";
import { addServiceOptions, type ServiceOptions } from "./service_options.ts";
import { addTilesOption } from "./tiles_option.ts";
import { addTimeOptions, type TimeOptions } from "./time_options.ts";

/** Values of the command's options. */
export interface RunOptions
  extends ConnectionOptions,
    TimeOptions,
    ServiceOptions,
    OpensearchOptions {
  readonly source?: readonly string[];
  readonly sink?: readonly string[];
  readonly workers: number;
  readonly workersMax?: number;
  readonly workerRestartsMax: number;
  readonly zones?: string;
  readonly job?: string;
  readonly from?: KinesisFrom | CheckpointFrom;
  readonly untilEnd: boolean;
  readonly consumer?: string;
  readonly readsPerSecond: number;
  readonly kplOutOfRange: "skip" | "keep";
  readonly watermarkAheadMax: number;
  readonly retention?: number;
  readonly checkpoint?: string;
  readonly s3Endpoint?: string;
  readonly checkpointInterval: number;
  readonly checkpointMaxAge: number;
  readonly onJobChange: "refuse" | "adapt";
  readonly onTrimmed: "stop" | "continue";
  readonly deadLetters: string;
  readonly summary?: string;
  readonly statusHost: string;
  readonly statusPort?: number;
  readonly token?: string;
  readonly insecure: boolean;
  readonly readOnly: boolean;
  readonly emitEarly?: number;
  readonly tiles?: string;
  readonly tilesAttribution?: string;
}

/** A checkpoint to go on from, instead of the newest. */
export interface CheckpointFrom {
  readonly type: "checkpoint";
  /** In the store of `--checkpoint`, or a file. */
  readonly name: string;
}

const CHECKPOINT_PREFIX = "checkpoint:";

function fromOption(text: string): KinesisFrom | CheckpointFrom {
  if (text.startsWith(CHECKPOINT_PREFIX) && text !== CHECKPOINT_PREFIX) {
    return { type: "checkpoint", name: text.slice(CHECKPOINT_PREFIX.length) };
  }
  if (text === "earliest" || text === "latest") return { type: text };
  const timestampMs = parseTimeMs(text);
  if (!Number.isNaN(timestampMs)) return { type: "at", timestampMs };
  throw new InvalidArgumentError(
    "write earliest, latest, a time such as 2016-01-01T00:00:00Z or checkpoint:NAME",
  );
}

function outOfRangeOption(text: string): "skip" | "keep" {
  if (text === "skip" || text === "keep") return text;
  throw new InvalidArgumentError("write skip or keep");
}

function emitEarlyOption(text: string): number {
  const durationMs = durationOption(text);
  if (durationMs >= EMIT_EARLY_MS_MIN) return durationMs;
  throw new InvalidArgumentError("write 1s or longer");
}

/** Adds what is read, by how many, and where the documents go. */
function addMainOptions(command: Command): Command {
  return command
    .option("--stream <name>", "stream to read: its name or ARN")
    .option(
      "--source <file:path>",
      "files to read instead: JSON lines, plain or .gz; repeatable, globs allowed",
      listOption,
    )
    .option(
      "--sink <sink>",
      "where documents go: duckdb:FILE, ndjson:FILE, ndjson:-, opensearch:URL or none; repeatable (default: duckdb:flagdrop.duckdb)",
      listOption,
    )
    .option(
      "--workers <n>",
      "worker threads",
      integerOption({ min: 1, max: WORKERS_MAX }),
      availableParallelism(),
    )
    .option(
      "--zones <preset>",
      "the taxi job's zones: nyc, refarch, boxes or a JSON file (default: nyc)",
    )
    .option(
      "--job <file>",
      "the job: a JSON file or one of flagdrop job list (default: taxi)",
    )
    .option(
      "--from <where>",
      "earliest, latest, a time or checkpoint:NAME|FILE (default: latest, with --until-end earliest)",
      fromOption,
    )
    .option("--until-end", "end once every shard is at its tip", false)
    .option(
      "--emit-early <duration>",
      "also write what open windows hold so far, this often; the final documents take their place (default: never)",
      emitEarlyOption,
    );
}

/** Adds what is said of the worker threads besides their number. */
function addWorkerOptions(command: Command): Command {
  return command
    .option(
      "--workers-max <n>",
      "most worker threads while it runs, see POST /api/workers (default: the greater of --workers and twice the cores)",
      integerOption({ min: 1, max: WORKERS_MAX }),
    )
    .option(
      "--worker-restarts-max <n>",
      "lost workers that are replaced within ten minutes; one more ends the run",
      integerOption({ min: 0, max: 1_000_000 }),
      WORKER_RESTARTS_MAX,
    );
}

/** Adds everything else. */
function addFurtherOptions(command: Command): Command {
  return addWorkerOptions(command)
    .option(
      "--consumer <name>",
      "read by enhanced fan-out as this consumer, its name or ARN; registered when missing",
    )
    .option(
      "--reads-per-second <n>",
      "reads of each shard; Kinesis allows 5 for all readers of a shard",
      numberOption({ min: 0.1, max: 1_000 }),
      5,
    )
    .option(
      "--kpl-out-of-range <what>",
      "aggregated records with a hash key outside their shard: skip or keep",
      outOfRangeOption,
      "skip",
    )
    .addOption(
      new Option(
        "--watermark-ahead-max <duration>",
        "refuse watermarks further past their arrival",
      )
        .argParser(durationOption)
        .default(WATERMARK_AHEAD_MAX_MS, "36500d"),
    )
    .option(
      "--retention <duration>",
      "drop documents older than this, in event time, from a store (default: never)",
      durationOption,
    )
    .option(
      "--dead-letters <file>",
      "where records go that can't be decoded",
      "flagdrop-dead-letters.ndjson",
    )
    .option("--summary <file>", "write the final status to this file, JSON")
    .option(
      "--status-host <address>",
      "where the status endpoint listens",
      "127.0.0.1",
    )
    .option(
      "--status-port <port>",
      "port of the status endpoint, 0 for any (default: 8787, or any when it is taken)",
      integerOption({ min: 0, max: 65_535 }),
    );
}

/** Adds where checkpoints are kept, and how old they may become. */
function addCheckpointOptions(command: Command): Command {
  return command
    .option(
      "--checkpoint <place>",
      "keep checkpoints in this directory or s3://BUCKET/PREFIX, and go on from the newest (default: none)",
    )
    .addOption(
      new Option("--checkpoint-interval <duration>", "time between checkpoints")
        .argParser(durationOption)
        .default(CHECKPOINT_INTERVAL_MS, "5s"),
    )
    .addOption(
      new Option(
        "--checkpoint-max-age <duration>",
        "end the run when the last good checkpoint is older",
      )
        .argParser(durationOption)
        .default(CHECKPOINT_AGE_MS_MAX, "10m"),
    )
    .addOption(
      new Option(
        "--on-job-change <what>",
        "when the checkpoint is of another job: refuse, or keep the windows of unchanged queries",
      )
        .choices(["refuse", "adapt"])
        .default("refuse"),
    )
    .addOption(
      new Option(
        "--on-trimmed <what>",
        "when a checkpoint is older than the stream's retention, so that records may be missing",
      )
        .choices(["stop", "continue"])
        .default("stop"),
    );
}

/** Adds who may see and steer the run. */
function addAccessOptions(command: Command): Command {
  return command
    .option(
      "--token <secret>",
      "asked for by the status endpoint and the page; better set as FLAGDROP_TOKEN, since others see a command line",
    )
    .option(
      "--insecure",
      "serve others than this machine without a token",
      false,
    )
    .option("--read-only", "refuse savepoints, moves and stops by HTTP", false);
}

/** Adds all options of `flagdrop run`. */
export function addRunOptions(command: Command): Command {
  addMainOptions(command);
  addTimeOptions(command);
  addFurtherOptions(command);
  addCheckpointOptions(command);
  addAccessOptions(command);
  addTilesOption(command);
  addServiceOptions(command);
  addOpensearchOptions(command);
  addConnectionOptions(command);
  return addS3Options(command);
}
