/**
 * Options that say how to reach an OpenSearch cluster, and how documents are
 * kept there.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { AwsConnection } from "../../engine/aws/connection.ts";
import { credentialsSource, isLoopback } from "../../engine/aws/credentials.ts";
import { FlagdropError } from "../../engine/errors.ts";
import {
  INDEX_TIMES,
  type IndexTime,
  indexPrefixOf,
  OPENSEARCH_AUTHS,
  OPENSEARCH_SERVICES,
  type OpensearchAuth,
  type OpensearchAuthName,
  type OpensearchService,
  type OpensearchSettings,
  parseOpensearchUrls,
  serviceOf,
} from "../../engine/sink/opensearch/opensearch_settings.ts";
import {
  type ConnectionOptions,
  readCaFile,
  regionFrom,
} from "./connection.ts";

/** Values of the options that {@linkcode addOpensearchOptions} adds. */
export interface OpensearchOptions {
  readonly opensearchAuth?: OpensearchAuthName;
  readonly opensearchService?: OpensearchService;
  readonly opensearchUser?: string;
  readonly opensearchPassword?: string;
  readonly opensearchIndex?: string;
  readonly opensearchIndexTime: IndexTime;
  readonly opensearchIds: "on" | "off";
  readonly opensearchTemplate: "keep" | "replace";
  readonly opensearchGzip: boolean;
}

/** `--opensearch-index`; its default is made by `indexPrefixOf`. */
export function indexOption(): Option {
  return new Option(
    "--opensearch-index <prefix>",
    "indices are named PREFIX-QUERY (default: taxi-dashboard, for another job than taxi its name)",
  );
}

/** Adds what is needed to reach a cluster and to find its indices. */
export function addOpensearchAccess(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--opensearch-auth <how>",
        "how requests to OpenSearch are authenticated (default: sigv4, or basic when the address has a user)",
      ).choices([...OPENSEARCH_AUTHS]),
    )
    .addOption(
      new Option(
        "--opensearch-service <name>",
        "what sigv4 signs for: domains or serverless (default: by the host's name, else es)",
      ).choices([...OPENSEARCH_SERVICES]),
    )
    .option("--opensearch-user <name>", "user for basic")
    .option(
      "--opensearch-password <secret>",
      "password for basic; better set as FLAGDROP_OPENSEARCH_PASSWORD, since others see a command line",
    )
    .addOption(indexOption())
    .addOption(
      new Option(
        "--opensearch-index-time <unit>",
        "an index for each day, month or year of the documents' time",
      )
        .choices([...INDEX_TIMES])
        .default("none"),
    );
}

/** Adds all of them. */
export function addOpensearchOptions(command: Command): Command {
  return addOpensearchAccess(command)
    .addOption(
      new Option(
        "--opensearch-ids <whether>",
        "off: documents get ids from the collection, and may be there twice after a failure",
      )
        .choices(["on", "off"])
        .default("on"),
    )
    .addOption(
      new Option(
        "--opensearch-template <what>",
        "what becomes of index templates and mappings that differ from ours",
      )
        .choices(["keep", "replace"])
        .default("keep"),
    )
    .option("--opensearch-gzip", "compress what is sent to OpenSearch", false);
}

function authOf(
  options: Partial<OpensearchOptions> & ConnectionOptions,
  urls: ReturnType<typeof parseOpensearchUrls>,
  { kinesis, env }: Required<Pick<SettingsFrom, "env">> & SettingsFrom,
): OpensearchAuth {
  const user = options.opensearchUser ?? urls.user;
  const password = options.opensearchPassword ?? urls.password;
  const type = options.opensearchAuth ?? (user === "" ? "sigv4" : "basic");
  const wrong = (message: string) =>
    new FlagdropError("FD_OPTION", message, { domain: "user" });
  if (type !== "basic" && user !== "") {
    throw wrong(
      `Cannot use a user with --opensearch-auth ${type}: use basic or leave the user away`,
    );
  }
  if (type === "none") return { type };
  if (type === "basic") {
    if (user !== "" && password !== "") return { type, user, password };
    throw wrong(
      "Cannot use --opensearch-auth basic without user and password: give --opensearch-user and set FLAGDROP_OPENSEARCH_PASSWORD",
    );
  }
  const origin = urls.origins[0] ?? "";
  const told = serviceOf(origin);
  const endpoint = isLoopback(origin) ? origin : undefined;
  const region =
    told.region ?? kinesis?.region ?? regionFrom({ ...options, endpoint }, env);
  const isShared =
    kinesis !== undefined &&
    isLoopback(kinesis.endpoint) === isLoopback(origin);
  const { roleArn } = options;
  return {
    type,
    service: options.opensearchService ?? told.service,
    region,
    credentials: isShared
      ? kinesis.credentials
      : credentialsSource({ region, endpoint, roleArn }),
  };
}

/** The options that the settings are made of. */
type SettingsOptions = Partial<OpensearchOptions> &
  ConnectionOptions & { readonly emitEarly?: number | undefined };

/** What else the settings are made of. */
export interface SettingsFrom {
  /** The command's connection to Kinesis, if it has one. */
  readonly kinesis?: AwsConnection | undefined;
  /** Of which the indices are; the taxi job when left out. */
  readonly jobName?: string | undefined;
  /** Where `AWS_REGION` is looked up. @default {process.env} */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The settings of a cluster that a command's options ask for.
 *
 * @param text Its addresses, with commas between them.
 * @param options The command's options.
 * @throws {FlagdropError} `FD_OPTION` when they don't fit together.
 */
export async function opensearchSettings(
  text: string,
  options: SettingsOptions,
  { kinesis, jobName, env = process.env }: SettingsFrom = {},
): Promise<OpensearchSettings> {
  const urls = parseOpensearchUrls(text);
  return {
    origins: urls.origins,
    auth: authOf(options, urls, { kinesis, env }),
    caPem: kinesis?.caPem ?? (await readCaFile(options.caFile)),
    indexPrefix: options.opensearchIndex ?? indexPrefixOf(jobName),
    indexTime: options.opensearchIndexTime ?? "none",
    emitsEarly: options.emitEarly !== undefined,
    hasIds: options.opensearchIds !== "off",
    replacesTemplates: options.opensearchTemplate === "replace",
    gzip: options.opensearchGzip ?? false,
  };
}
