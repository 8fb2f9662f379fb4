/**
 * How many tasks a job on Flink gets: its SQL makes one watermark a reading
 * task, so a task that reads two shards loses what the slower one brings.
 *
 * @module
 */
import { FlagdropError } from "../../engine/errors.ts";
import { PARALLELISM_MAX } from "../../engine/flink/limits.ts";
import { describeStream } from "../../engine/kinesis/control_plane.ts";
import type { CommandContext } from "../context.ts";
import { type ConnectionOptions, connectionFrom } from "./connection.ts";

/** The number is a help: a stream that only the cluster reaches has none. */
const LOOKUP_MS_MAX = 10_000;

/** What the number is found by. */
interface TaskOptions extends ConnectionOptions {
  readonly parallelism?: number;
}

async function openShardCount(
  options: TaskOptions & { readonly stream: string },
  { log, signal }: CommandContext,
): Promise<number | undefined> {
  try {
    const connection = await connectionFrom(options);
    const { openShardCount } = await describeStream(
      connection,
      options.stream,
      { signal: AbortSignal.any([signal, AbortSignal.timeout(LOOKUP_MS_MAX)]) },
    );
    return openShardCount;
  } catch (error) {
    if (
      error instanceof FlagdropError &&
      (error.code === "FD_STREAM" || error.code === "FD_OPTION")
    ) {
      throw error;
    }
    log.debug({ err: error }, "the number of shards is not known");
    return undefined;
  }
}

/**
 * `--parallelism`, or as many tasks as the stream has shards, if that can be
 * asked; fewer are warned of.
 *
 * @throws {FlagdropError} `FD_STREAM` when there is no such stream, `FD_OPTION`
 * when an option of the connection can't be used.
 */
export async function tasksFrom(
  options: TaskOptions,
  context: CommandContext,
): Promise<number | undefined> {
  const { stream, parallelism } = options;
  if (stream === undefined) return parallelism;
  const shards = await openShardCount({ ...options, stream }, context);
  if (shards === undefined || shards < 1) return parallelism;
  if (parallelism === undefined) {
    context.log.info({ shards }, "as many tasks as the stream has shards");
    return Math.min(shards, PARALLELISM_MAX);
  }
  if (parallelism < shards) {
    context.log.warn(
      { shards, parallelism },
      `--parallelism ${parallelism} is below the stream's ${shards} shards, so that slow ones lose events as late: give ${shards}`,
    );
  }
  return parallelism;
}
