/**
 * `flagdrop kinesis`: the local Kinesis alone.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "../../engine/clock.ts";
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import type {
  LocalKinesis,
  LocalKinesisStats,
} from "../../engine/local_kinesis/mod.ts";
import { type CommandContext, contextOf } from "../context.ts";
import { durationOption, sizeOption } from "../options/duration_option.ts";
import { integerOption } from "../options/number_option.ts";

const EXAMPLES = `
Examples:
  A stream with 8 shards and the service's own limits:
    flagdrop kinesis --port 4567 --stream taxi --shards 8
  As fast as it goes, for tests of your own:
    flagdrop kinesis --port 4567 --stream taxi --no-limits --memory 4GiB
  One call in ten throttled, one answer in a hundred cut off:
    flagdrop kinesis --port 4567 --stream taxi --faults throttle:0.1,cut:0.01@GetRecords

Faults: throttle, 500, slow, cut, garbled, empty, lag, expired, hang. As JSON:
{"seed":1,"rules":[{"fault":"slow","operations":["GetRecords"],"probability":
0.5,"delayMs":2000,"afterMs":5000,"forMs":3000,"everyMs":20000,"countMax":9}]}
The same JSON, posted to /faults on the server's port (from this machine, as
application/json), sets them anew; GET tells how often each struck, DELETE ends
them.

Requests must be signed. With AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in
its environment only that pair is accepted; without them, any access key is.
`;

const MIB = 1024 ** 2;

/** How often it tells what went through, if anything did. */
const REPORT_INTERVAL_MS = 10_000;

interface KinesisOptions {
  readonly port: number;
  readonly host: string;
  readonly stream?: string;
  readonly shards?: number;
  readonly limits: boolean;
  readonly memory: number;
  readonly iteratorLife: number;
  readonly maxRecordSize: number;
  readonly stateChange: number;
  readonly subscriptionLife: number;
  readonly faults?: string;
  readonly region: string;
}

/** A size within bounds, which are MiB. */
function sizeWithin(min: number, max: number): (text: string) => number {
  return (text) => {
    const bytes = sizeOption(text);
    if (bytes >= min * MIB && bytes <= max * MIB) return bytes;
    const upTo = Number.isFinite(max) ? `from ${min}MiB to ${max}MiB` : "";
    throw new InvalidArgumentError(
      `write a size ${upTo || `of ${min}MiB or more`}`,
    );
  };
}

function nameOption(text: string): string {
  if (/^[\w.-]{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'write a name of 1 to 128 letters, digits, "_", "." or "-"',
  );
}

function lifeOption(text: string): number {
  const durationMs = durationOption(text);
  if (durationMs > 0) return durationMs;
  throw new InvalidArgumentError("write a duration above 0, such as 5m");
}

function addOptions(command: Command): Command {
  return command
    .option(
      "--port <port>",
      "where to listen; 0 takes any free port",
      integerOption({ min: 0, max: 65_535 }),
      4567,
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--stream <name>", "a stream to begin with", nameOption)
    .option(
      "--shards <n>",
      "shards of that stream (default: 1)",
      integerOption({ min: 1, max: 500 }),
    )
    .option("--no-limits", "without the service's throughput limits")
    .addOption(
      new Option(
        "--memory <size>",
        "memory for records; beyond it the oldest are dropped",
      )
        .argParser(sizeWithin(64, Number.POSITIVE_INFINITY))
        .default(2_048 * MIB, "2GiB"),
    )
    .addOption(
      new Option(
        "--iterator-life <duration>",
        "how long a shard iterator can be used",
      )
        .argParser(lifeOption)
        .default(300_000, "5m"),
    )
    .addOption(
      new Option(
        "--max-record-size <size>",
        "largest record of a stream that names no other",
      )
        .argParser(sizeWithin(1, 10))
        .default(MIB, "1MiB"),
    )
    .addOption(
      new Option(
        "--state-change <duration>",
        "how long creating, deleting or resharding a stream takes",
      )
        .argParser(durationOption)
        .default(0, "0s"),
    )
    .addOption(
      new Option(
        "--subscription-life <duration>",
        "how long a subscription to a shard lives",
      )
        .argParser(lifeOption)
        .default(300_000, "5m"),
    )
    .option(
      "--faults <rules>",
      "faults to make: fault:probability@Operation+Operation,… or JSON",
    )
    .option("--region <name>", "region in ARNs", "us-east-1");
}

async function start(
  options: KinesisOptions,
  { log }: CommandContext,
): Promise<LocalKinesis> {
  const { stream: name, shards: shardCount = 1, iteratorLife } = options;
  if (name === undefined && options.shards !== undefined) {
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot use --shards without a stream: give --stream too",
      { domain: "user" },
    );
  }
  const { readFaultSpec, startLocalKinesis } = await import(
    "../../engine/local_kinesis/mod.ts"
  );
  return await startLocalKinesis({
    port: options.port,
    host: options.host,
    region: options.region,
    streams: name === undefined ? [] : [{ name, shardCount }],
    limits: options.limits,
    memoryBytes: options.memory,
    iteratorLifeMs: iteratorLife,
    recordBytesMax: options.maxRecordSize,
    stateChangeMs: options.stateChange,
    subscriptionLifeMs: options.subscriptionLife,
    faults:
      options.faults === undefined ? undefined : readFaultSpec(options.faults),
    log: (line) => log.warn(line),
  });
}

/** What people want to know of the figures. */
function figures(stats: LocalKinesisStats) {
  return {
    requests: stats.requests,
    records_in: stats.recordsPut,
    records_out: stats.recordsRead,
    throttled: stats.throttledPuts + stats.throttledReads,
    dropped: stats.recordsTrimmed,
    memory_mib: Math.ceil(stats.memoryBytes / MIB),
  };
}

function tellReady(
  kinesis: LocalKinesis,
  options: KinesisOptions,
  { log }: CommandContext,
): void {
  const { stream, limits } = options;
  const { openShards } = kinesis.stats();
  log.info(
    {
      ...(stream === undefined ? {} : { stream, shards: openShards }),
      limits: limits ? "on" : "off",
      ...(options.faults === undefined ? {} : { faults: "on" }),
    },
    `local Kinesis ready at ${kinesis.url}`,
  );
  const name = stream ?? "taxi";
  log.info(
    `next: flagdrop replay --source generator --stream ${name} --endpoint ${kinesis.url}`,
  );
  log.info(
    `and:  flagdrop run --stream ${name} --from earliest --endpoint ${kinesis.url}`,
  );
}

async function serve(
  options: KinesisOptions,
  context: CommandContext,
): Promise<void> {
  const { log, signal } = context;
  const kinesis = await start(options, context);
  try {
    tellReady(kinesis, options, context);
    let requests = 0;
    while (!signal.aborted) {
      await systemClock.sleep(REPORT_INTERVAL_MS, signal);
      const stats = kinesis.stats();
      if (signal.aborted || stats.requests === requests) continue;
      requests = stats.requests;
      log.info(figures(stats), "serving");
    }
    log.info(figures(kinesis.stats()), "local Kinesis ends");
  } finally {
    await kinesis.close();
  }
}

/** The `kinesis` command. */
export function kinesisCommand(): Command {
  const command = new Command("kinesis").description(
    "serve a local Kinesis, in memory, over HTTP",
  );
  return addOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (options: KinesisOptions) => {
      try {
        await serve(options, contextOf(command));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new FlagdropError("FD_OPTION", errorLine(error), {
          domain: "user",
          cause: error,
        });
      }
    });
}
