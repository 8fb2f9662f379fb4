/**
 * One source of AWS credentials for Kinesis, S3 and OpenSearch.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../errors.ts";
import { quietSdk } from "./quiet_sdk.ts";

/** A key pair, plain data that may cross to a worker. Never logged. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Empty for long-lived keys. */
  readonly sessionToken: string;
  /** Epoch ms; `Infinity` for keys that don't expire. */
  readonly expiresAtMs: number;
}

/** Resolves credentials and keeps them fresh. */
export interface CredentialsSource {
  /** The present credentials, refreshed when they are about to expire. */
  current(): Promise<AwsCredentials>;
  /** Fresh credentials, whatever the present ones say. */
  refresh(): Promise<AwsCredentials>;
}

/** Signs requests to a loopback endpoint when there are no credentials. */
const DUMMY: AwsCredentials = {
  accessKeyId: "flagdrop-local",
  secretAccessKey: "flagdrop-local",
  sessionToken: "",
  expiresAtMs: Number.POSITIVE_INFINITY,
};

/** How long before their end credentials are replaced, as the AWS SDKs do. */
const REFRESH_AHEAD_MS = 5 * 60_000;

/** Whether an address is on this machine's loopback. */
export function isLoopback(endpoint: string | undefined): boolean {
  if (endpoint === undefined) return false;
  const { hostname } = new URL(endpoint);
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** Options for {@linkcode credentialsSource}. */
export interface CredentialsSourceOptions {
  readonly region: string;
  /** Another service endpoint; a loopback one is signed with a dummy pair. */
  readonly endpoint?: string | undefined;
  /** A role to assume with the chain's credentials. */
  readonly roleArn?: string | undefined;
}

async function chain(options: CredentialsSourceOptions) {
  quietSdk();
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const base = defaultProvider({ clientConfig: { region: options.region } });
  if (options.roleArn === undefined) return base;
  const { fromTemporaryCredentials } = await import(
    "@aws-sdk/credential-providers"
  );
  return fromTemporaryCredentials({
    masterCredentials: base,
    clientConfig: { region: options.region },
    params: { RoleArn: options.roleArn, RoleSessionName: "flagdrop" },
  });
}

/** Whether the environment itself carries a key pair. */
function environmentPair(): boolean {
  return Boolean(
    process.env["AWS_ACCESS_KEY_ID"] && process.env["AWS_SECRET_ACCESS_KEY"],
  );
}

/**
 * Credentials from the usual AWS chain: environment, profile, container,
 * instance; a role on top of them if asked for.
 *
 * @throws {FlagdropError} `FD_CREDENTIALS` from its methods.
 */
export function credentialsSource(
  options: CredentialsSourceOptions,
): CredentialsSource {
  if (isLoopback(options.endpoint) && !environmentPair()) {
    return { current: async () => DUMMY, refresh: async () => DUMMY };
  }
  let present: AwsCredentials | undefined;
  let pending: Promise<AwsCredentials> | undefined;
  const resolve = async (): Promise<AwsCredentials> => {
    try {
      const identity = await (await chain(options))();
      present = {
        accessKeyId: identity.accessKeyId,
        secretAccessKey: identity.secretAccessKey,
        sessionToken: identity.sessionToken ?? "",
        expiresAtMs: identity.expiration?.getTime() ?? Number.POSITIVE_INFINITY,
      };
      return present;
    } catch (error) {
      throw new FlagdropError(
        "FD_CREDENTIALS",
        `Cannot find AWS credentials: ${errorLine(error)}: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --endpoint for a local Kinesis`,
        { domain: "user", cause: error },
      );
    }
  };
  const refresh = () => {
    pending ??= resolve().finally(() => {
      pending = undefined;
    });
    return pending;
  };
  /** Replaced ahead of their end; the chain may fail until then. */
  const current = async (): Promise<AwsCredentials> => {
    const kept = present;
    const leftMs = (kept?.expiresAtMs ?? 0) - Date.now();
    if (kept !== undefined && leftMs > REFRESH_AHEAD_MS) return kept;
    try {
      return await refresh();
    } catch (error) {
      if (kept !== undefined && leftMs > 0) return kept;
      throw error;
    }
  };
  return { refresh, current };
}
