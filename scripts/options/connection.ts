/**
 * Options that say how to reach AWS.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import {
  type AwsConnection,
  kinesisEndpoint,
} from "../../engine/aws/connection.ts";
import { credentialsSource, isLoopback } from "../../engine/aws/credentials.ts";
import type { S3Connection } from "../../engine/checkpoint/s3_address.ts";
import { errorLine, FlagdropError } from "../../engine/errors.ts";

/** Region of a loopback endpoint, which has none of its own. */
const LOOPBACK_REGION = "us-east-1";

/** Values of the options that {@linkcode addConnectionOptions} adds. */
export interface ConnectionOptions {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly caFile?: string | undefined;
  /** The stream's name or ARN, where the command has one: an ARN has a region. */
  readonly stream?: string | undefined;
}

/**
 * Parses the address of a service, for `argParser()`.
 *
 * @throws {InvalidArgumentError} If it is no http or https address.
 */
export function endpointOption(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    if (url.username === "" && url.pathname === "/" && url.search === "") {
      return url.origin;
    }
  }
  throw new InvalidArgumentError(
    "write an address such as http://127.0.0.1:4567, without a path",
  );
}

function regionOption(text: string): string {
  if (/^[a-z]{2}(-[a-z]+)+-\d+$/.test(text)) return text;
  throw new InvalidArgumentError("write a region such as eu-west-1");
}

function roleOption(text: string): string {
  if (/^arn:[\w-]+:iam::\d{12}:role\/\S+$/.test(text)) return text;
  throw new InvalidArgumentError(
    "write a role such as arn:aws:iam::123456789012:role/NAME",
  );
}

/** Adds `--region`, `--endpoint`, `--role-arn` and `--ca-file`. */
export function addConnectionOptions(command: Command): Command {
  return addAwsOptions(
    command.option(
      "--endpoint <url>",
      "another Kinesis, such as the local one at http://127.0.0.1:4567",
      endpointOption,
    ),
  );
}

/** Adds `--region`, `--role-arn` and `--ca-file`. */
export function addAwsOptions(command: Command): Command {
  return command
    .option(
      "--region <name>",
      "AWS region (default: the stream ARN's, AWS_REGION or AWS_DEFAULT_REGION)",
      regionOption,
    )
    .option("--role-arn <arn>", "a role to assume", roleOption)
    .option(
      "--ca-file <file>",
      "further certificate authorities to trust, PEM",
    );
}

function arnRegion(stream: string | undefined): string | undefined {
  return /^arn:[\w-]+:kinesis:([\w-]+):/.exec(stream ?? "")?.[1];
}

/**
 * The region; `env` as in `process.env`.
 *
 * @throws {FlagdropError} `FD_OPTION` when nothing tells it.
 */
export function regionFrom(
  options: ConnectionOptions,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const { region, endpoint, stream } = options;
  const ofStream = arnRegion(stream);
  if (region !== undefined && ofStream !== undefined && region !== ofStream) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot use "${region}" as --region as the stream's ARN says "${ofStream}": leave --region away`,
      { domain: "user" },
    );
  }
  const found =
    region ??
    ofStream ??
    (env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || undefined) ??
    (isLoopback(endpoint) ? LOOPBACK_REGION : undefined);
  if (found !== undefined) return found;
  throw new FlagdropError(
    "FD_OPTION",
    "Cannot tell the AWS region: give --region or set AWS_REGION, or give --endpoint for a local Kinesis",
    { domain: "user" },
  );
}

/**
 * The authorities of `--ca-file`, PEM; empty without.
 *
 * @throws {FlagdropError} `FD_OPTION` when the file can't be used.
 */
export async function readCaFile(path: string | undefined): Promise<string> {
  if (path === undefined) return "";
  let pem: string;
  try {
    pem = await readFile(path, "utf8");
  } catch (error) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot read "${path}" as --ca-file: ${errorLine(error)}`,
      { domain: "user", cause: error },
    );
  }
  if (/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(pem)) return pem;
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot use "${path}" as --ca-file as it holds no certificate: give a PEM file`,
    { domain: "user" },
  );
}

/** Adds `--s3-endpoint`. */
export function addS3Options(command: Command): Command {
  return command.option(
    "--s3-endpoint <url>",
    "another S3 than Amazon's, such as http://127.0.0.1:9000",
    endpointOption,
  );
}

/**
 * The connection to S3 that a command's options ask for.
 *
 * @param options The command's options.
 * @param kinesis Its connection to Kinesis, if it has one: the credentials are
 * the same, unless only one of the two is on this machine.
 * @throws {FlagdropError} As {@linkcode connectionFrom}.
 */
export async function s3ConnectionFrom(
  options: ConnectionOptions & { readonly s3Endpoint?: string | undefined },
  kinesis?: AwsConnection,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<S3Connection> {
  const { s3Endpoint: endpoint, roleArn } = options;
  const region = regionFrom({ ...options, endpoint }, env);
  const isShared =
    kinesis !== undefined &&
    isLoopback(kinesis.endpoint) === isLoopback(endpoint);
  return {
    region,
    endpoint,
    credentials: isShared
      ? kinesis.credentials
      : credentialsSource({ region, endpoint, roleArn }),
    caPem: kinesis?.caPem ?? (await readCaFile(options.caFile)),
  };
}

/**
 * The connection that a command's options ask for.
 *
 * @param options The command's options; others than these are not looked at.
 * @param env Where `AWS_REGION` is looked up.
 * @throws {FlagdropError} `FD_OPTION`, when the region is unknown or the CA
 * file can't be used.
 */
export async function connectionFrom(
  options: ConnectionOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<AwsConnection> {
  const region = regionFrom(options, env);
  const { endpoint, roleArn, caFile } = options;
  return {
    region,
    endpoint: endpoint ?? kinesisEndpoint(region),
    credentials: credentialsSource({ region, endpoint, roleArn }),
    caPem: await readCaFile(caFile),
  };
}
