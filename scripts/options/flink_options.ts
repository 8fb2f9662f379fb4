/**
 * Options of `flagdrop flink`: clusters, and where a job reads and writes there.
 *
 * @module
 */
import { basename, dirname, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { FlagdropError } from "../../engine/errors.ts";
import {
  type FlinkSink,
  type FlinkSource,
  type FlinkStart,
  KINESIS_CONNECTORS,
  type KinesisConnector,
} from "../../engine/flink/flink_sql_options.ts";
import { PARALLELISM_MAX } from "../../engine/flink/limits.ts";
import { parseTimeMs } from "../../engine/job/time.ts";
import {
  indexPrefixOf,
  maskedUrls,
  parseOpensearchUrls,
} from "../../engine/sink/opensearch/opensearch_settings.ts";
import {
  addAwsOptions,
  addS3Options,
  type ConnectionOptions,
  endpointOption,
} from "./connection.ts";
import { durationOption } from "./duration_option.ts";
import { filesFrom } from "./file_source.ts";
import type { JobOptions } from "./job_option.ts";
import { listOption } from "./list_option.ts";
import { integerOption } from "./number_option.ts";
import { indexOption } from "./opensearch_options.ts";

/** Values of the options. */
export interface FlinkOptions extends JobOptions, ConnectionOptions {
  readonly gateway: string;
  readonly jobmanager?: string;
  readonly stream?: string;
  readonly connector: KinesisConnector;
  readonly endpoint?: string;
  readonly from: FlinkStart;
  readonly source?: readonly string[];
  readonly watch?: number;
  readonly sink?: string;
  readonly opensearchIndex?: string;
  readonly opensearchUser?: string;
  readonly opensearchPassword?: string;
  readonly mode?: "streaming" | "batch";
  readonly parallelism?: number;
  readonly checkpointInterval: number;
  readonly idleTimeout: number;
  readonly watermarkDrift: number;
  readonly flinkSavepoint?: string;
  readonly fromSavepoint?: string;
  readonly s3Endpoint?: string;
  readonly jar?: string;
  readonly target?: string;
  readonly stop: boolean;
  readonly detach: boolean;
  readonly print: boolean;
}

/** The address of a Flink service, which may lie below a proxy's path. */
function urlOption(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new InvalidArgumentError("write an address such as http://HOST:8083");
  }
  if (url.username !== "" || url.password !== "") {
    // In these words the address, and so the password, isn't shown.
    throw new InvalidArgumentError(
      "Cannot give a Flink service a user or password: write http://HOST:8083",
    );
  }
  return text;
}

function startOption(text: string): FlinkStart {
  if (text === "latest" || text === "earliest") return { type: text };
  const ms = parseTimeMs(text);
  if (!Number.isNaN(ms)) return { type: "timestamp", ms };
  throw new InvalidArgumentError(
    "write earliest, latest or a time such as 2016-01-31T12:00:00Z",
  );
}

function addSourceOptions(command: Command): Command {
  return command
    .option("--stream <arn>", "ARN of the Kinesis stream to read")
    .addOption(
      new Option("--connector <name>", "Flink's connector for it")
        .choices([...KINESIS_CONNECTORS])
        .default("kinesis"),
    )
    .option("--endpoint <url>", "another address of Kinesis", endpointOption)
    .addOption(
      new Option("--from <where>", "earliest, latest or a time")
        .argParser(startOption)
        .default({ type: "latest" }, "latest"),
    )
    .option(
      "--source <file:path>",
      "files to read instead, all in one folder that every TaskManager sees; may be given again",
      listOption,
    )
    .option(
      "--watch <duration>",
      "look for new files so often, for ever",
      durationOption,
    );
}

function addSinkOptions(command: Command): Command {
  return command
    .option(
      "--sink <where>",
      "opensearch:URL, or file:FOLDER for JSON lines in a folder for each query",
    )
    .addOption(indexOption())
    .option("--opensearch-user <name>", "user for basic authentication")
    .option(
      "--opensearch-password <secret>",
      "its password; better set as FLAGDROP_OPENSEARCH_PASSWORD, since others see a command line",
    );
}

/** Adds all of them. */
export function addFlinkOptions(command: Command): Command {
  addS3Options(addAwsOptions(command))
    .option(
      "--gateway <url>",
      "the SQL gateway",
      urlOption,
      "http://127.0.0.1:8083",
    )
    .option(
      "--jobmanager <url>",
      "the JobManager (default: port 8081 of the gateway's host)",
      urlOption,
    )
    .option("--job <file>", "another job than the taxi job, JSON")
    .option("--zones <preset>", "the taxi job's zones (default: nyc)");
  return addSinkOptions(addSourceOptions(command))
    .addOption(
      new Option(
        "--mode <mode>",
        "batch reads files to their end without late events (default: batch for files)",
      ).choices(["streaming", "batch"]),
    )
    .option(
      "--parallelism <n>",
      "tasks of each operator, at least the stream's shards (default: as many, where they can be asked for, else the cluster's)",
      integerOption({ min: 1, max: PARALLELISM_MAX }),
    )
    .addOption(
      new Option("--checkpoint-interval <duration>", "how often Flink saves")
        .argParser(durationOption)
        .default(10_000, "10s"),
    )
    .addOption(
      new Option(
        "--idle-timeout <duration>",
        "a reading task that is quiet for so long does not hold the watermark back; 0s for never",
      )
        .argParser(durationOption)
        .default(300_000, "5m"),
    )
    .addOption(
      new Option(
        "--watermark-drift <duration>",
        "how far one shard may be ahead of the slowest, where the connector aligns; 0s for no limit",
      )
        .argParser(durationOption)
        .default(0, "0s"),
    )
    .option(
      "--flink-savepoint <path>",
      "a savepoint of Flink's own to start from",
    )
    .option(
      "--from-savepoint <place>",
      "take over from a run of Flagdrop: a checkpoint's file, or its --checkpoint, with a savepoint's name behind it or without",
    )
    .option(
      "--target <path>",
      "where a savepoint goes (default: the cluster's)",
    )
    .option("--jar <file>", "with package: one jar with the connectors")
    .option("--stop", "with savepoint: end the job with it", false)
    .option("--detach", "do not follow the job", false)
    .option("--print", "with submit: print the SQL and submit nothing", false);
}

function problem(message: string): FlagdropError {
  return new FlagdropError("FD_OPTION", message, { domain: "user" });
}

/** Files of one folder, as one path or a folder and which files of it. */
async function filesSource(
  sources: readonly string[],
  watchMs: number | undefined,
): Promise<FlinkSource> {
  const [first = ""] = sources;
  const url = /^file:([a-z0-9]+:\/\/.*)$/.exec(first)?.[1];
  if (url !== undefined && sources.length === 1) {
    return { type: "files", path: url, watchMs };
  }
  const paths = (await filesFrom(sources)).map((path) => resolve(path));
  const [path = ""] = paths;
  if (paths.length === 1) return { type: "files", path, watchMs };
  const folder = dirname(path);
  const other = paths.find((one) => dirname(one) !== folder);
  if (other !== undefined) {
    throw problem(
      `Cannot read "${path}" and "${other}" in one Flink job: put the files into one folder`,
    );
  }
  const names = paths.map((one) =>
    basename(one).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
  );
  const pathRegex = `.*/(${names.join("|")})`;
  return { type: "files", path: folder, pathRegex, watchMs };
}

const ARN_REGEXP = /^arn:[a-z-]+:kinesis:([a-z0-9-]+):\d+:stream\/[\w.-]+$/;

/**
 * Where the job reads.
 *
 * @throws {FlagdropError} `FD_OPTION` when the options name nothing or two.
 */
export async function flinkSourceFrom(
  options: FlinkOptions,
): Promise<FlinkSource> {
  const { stream, source, watch, connector, endpoint, from } = options;
  if (stream !== undefined && source !== undefined) {
    throw problem("Cannot read --stream and --source in one job: give one");
  }
  if (source !== undefined) return await filesSource(source, watch);
  if (stream === undefined) {
    throw problem(
      "Cannot submit without a source: give --stream ARN or --source file:PATH",
    );
  }
  const [, region] = ARN_REGEXP.exec(stream) ?? [];
  if (region === undefined) {
    throw problem(
      `Cannot use "${stream}" for --stream: Flink wants an ARN, such as arn:aws:kinesis:eu-west-1:123456789012:stream/taxi`,
    );
  }
  return {
    type: "kinesis",
    streamArn: stream,
    region,
    from,
    connector,
    endpoint,
  };
}

/**
 * Where the job writes.
 *
 * @throws {FlagdropError} `FD_OPTION` when the option names no such place.
 */
export function flinkSinkFrom(
  options: FlinkOptions,
  jobName: string,
): FlinkSink {
  const {
    sink = "",
    opensearchIndex,
    opensearchUser,
    opensearchPassword,
  } = options;
  const [, type, rest = ""] = /^(file|opensearch):(.+)$/.exec(sink) ?? [];
  if (type === "file") {
    const isUrl = /^[a-z0-9]+:\/\//.test(rest);
    return { type: "files", path: isUrl ? rest : resolve(rest) };
  }
  if (type === undefined) {
    throw problem(
      `Cannot use "${maskedUrls(sink)}" for --sink: write file:FOLDER or opensearch:URL`,
    );
  }
  const urls = parseOpensearchUrls(rest);
  const user = opensearchUser ?? urls.user;
  const password = opensearchPassword ?? urls.password;
  if ((user === "") !== (password === "")) {
    throw problem(
      "Cannot use OpenSearch's user or password alone: give --opensearch-user and set FLAGDROP_OPENSEARCH_PASSWORD, or neither",
    );
  }
  return {
    type: "opensearch",
    hosts: urls.origins,
    indexPrefix: opensearchIndex ?? indexPrefixOf(jobName),
    ...(user !== "" && { user, password }),
  };
}

/** The JobManager's address: as given, or beside the gateway. */
export function jobManagerUrl({ gateway, jobmanager }: FlinkOptions): string {
  if (jobmanager !== undefined) return jobmanager;
  const url = new URL(gateway);
  url.port = "8081";
  return url.origin;
}
