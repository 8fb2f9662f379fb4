/**
 * What a run reads: `--stream` or `--source`.
 *
 * @module
 */
import { FlagdropError } from "../../engine/errors.ts";
import type { Source } from "../../engine/source.ts";
import { connectionFrom } from "./connection.ts";
import { filesFrom } from "./file_source.ts";
import type { RunOptions } from "./run_options.ts";

/**
 * The source that the options name.
 *
 * @throws {FlagdropError} `FD_OPTION` when they name none or two.
 */
export async function sourceFrom(options: RunOptions): Promise<Source> {
  const { stream, source, from, untilEnd } = options;
  if ((stream === undefined) === (source === undefined)) {
    throw new FlagdropError(
      "FD_OPTION",
      stream === undefined
        ? "Cannot run without a source: give --stream NAME or --source file:PATH"
        : "Cannot read --stream and --source in one run: give one of them",
      { domain: "user" },
    );
  }
  if (source !== undefined) {
    return { type: "files", paths: await filesFrom(source) };
  }
  return {
    type: "kinesis",
    connection: await connectionFrom(options),
    stream: stream ?? "",
    // A checkpoint has positions of its own.
    from:
      from === undefined || from.type === "checkpoint"
        ? { type: untilEnd ? "earliest" : "latest" }
        : from,
    untilEnd,
    consumer: options.consumer,
    readsPerSecond: options.readsPerSecond,
    kplOutOfRange: options.kplOutOfRange,
    onTrimmed: options.onTrimmed,
  };
}
