/**
 * The options of `flagdrop replay` that name what is read: files, objects,
 * standard input.
 *
 * @module
 */
import type { Command } from "commander";
import { FlagdropError } from "../../engine/errors.ts";
import type { Inputs } from "../../engine/replay/source/input_part.ts";
import {
  type ConnectionOptions,
  endpointOption,
  regionFrom,
  s3ConnectionFrom,
} from "./connection.ts";

/** Values of the options that {@linkcode addReplayInputOptions} adds. */
export interface ReplayInputOptions extends ConnectionOptions {
  readonly source?: readonly string[];
  readonly bucket?: string;
  readonly prefix?: string;
  readonly bucketRegion?: string;
  readonly s3Endpoint?: string;
  readonly signRequest: boolean;
}

/** Adds them. */
export function addReplayInputOptions(command: Command): Command {
  return command
    .option(
      "--source <source>",
      "generator, file:PATH (globs go by name), s3://BUCKET/PREFIX, or - for standard input; repeatable",
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option("--bucket <name>", "as --source s3://BUCKET/PREFIX, in two options")
    .option(
      "--prefix <prefix>",
      "what the keys of the bucket's objects begin with",
    )
    .option(
      "--bucket-region <name>",
      "the bucket's region (default: the stream's; Amazon tells if it is another)",
    )
    .option(
      "--s3-endpoint <url>",
      "another S3 than Amazon's, such as http://127.0.0.1:9000",
      endpointOption,
    )
    .option(
      "--no-sign-request",
      "read a public bucket without credentials, also where there are some",
    );
}

/** A bad option, as the command says it. */
export function refused(message: string, cause?: unknown): FlagdropError {
  return new FlagdropError("FD_OPTION", message, { domain: "user", cause });
}

/** Says what is worth knowing, a line each. */
export type Note = (line: string) => void;

/**
 * The names of what is read, as `--source` has them.
 *
 * @throws {FlagdropError} `FD_OPTION` when there are none.
 */
export function sourcesOf({
  source = [],
  bucket,
  prefix = "",
}: ReplayInputOptions): readonly string[] {
  if (bucket === undefined && prefix !== "") {
    throw refused("Cannot use --prefix without a bucket: give --bucket NAME");
  }
  const sources =
    bucket === undefined ? source : [...source, `s3://${bucket}/${prefix}`];
  if (sources.length > 0) return sources;
  throw refused(
    "Cannot replay without a source: give --source generator, file:PATH, s3://BUCKET/PREFIX or -",
  );
}

async function s3InputsFrom(
  address: string,
  options: ReplayInputOptions,
  note: Note,
): Promise<Inputs> {
  const { parseS3Prefix, s3Inputs } = await import(
    "../../engine/replay/source/s3_inputs.ts"
  );
  const prefix = parseS3Prefix(address);
  const { signRequest, s3Endpoint } = options;
  const connection = await s3ConnectionFrom({
    ...options,
    // A bucket is anywhere; Amazon says where if it isn't there.
    region: options.bucketRegion ?? bucketRegion(options),
    stream: undefined,
    s3Endpoint,
  });
  let isSigned = signRequest;
  try {
    if (isSigned) await connection.credentials.current();
  } catch (error) {
    if (!(error instanceof FlagdropError)) throw error;
    isSigned = false;
    note(`reading ${address} without credentials, as there are none`);
  }
  const credentials = isSigned ? connection.credentials : undefined;
  return await s3Inputs({
    ...prefix,
    connection: { ...connection, credentials },
  });
}

/** The stream's region, where there is one. */
function bucketRegion(options: ReplayInputOptions): string {
  try {
    return regionFrom(options, process.env);
  } catch {
    return "us-east-1";
  }
}

async function openOne(
  source: string,
  options: ReplayInputOptions,
  note: Note,
): Promise<Inputs> {
  if (source === "-") {
    const { streamInputs } = await import(
      "../../engine/replay/source/stream_part.ts"
    );
    return streamInputs(process.stdin);
  }
  if (source.startsWith("s3:"))
    return await s3InputsFrom(source, options, note);
  const { filesFrom } = await import("./file_source.ts");
  const { fileInputs } = await import(
    "../../engine/replay/source/file_part.ts"
  );
  return await fileInputs(await filesFrom([source]));
}

/**
 * Opens what is read, in the order in which it is named.
 *
 * @throws {FlagdropError} `FD_OPTION` or `FD_SOURCE` when that fails.
 */
export async function inputsFrom(
  options: ReplayInputOptions,
  sources: readonly string[],
  note: Note,
): Promise<Inputs> {
  if (sources.length > 1 && sources.some((one) => !/^(file:|s3:)/.test(one))) {
    throw refused(
      "Cannot read several sources in one replay unless all are file:PATH or s3://BUCKET/PREFIX",
    );
  }
  const { joinedInputs } = await import(
    "../../engine/replay/source/input_part.ts"
  );
  const opened: Inputs[] = [];
  try {
    for (const source of sources) {
      opened.push(await openOne(source, options, note));
    }
  } catch (error) {
    await joinedInputs(opened).close();
    throw error;
  }
  return joinedInputs(opened);
}
