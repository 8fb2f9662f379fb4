/**
 * The SDK's client of S3, or of what speaks its protocol, over undici.
 *
 * @module
 */
import type { S3Client } from "@aws-sdk/client-s3";
import type { CredentialsSource } from "./credentials.ts";
import { createDispatcher, type DispatcherOptions } from "./dispatcher.ts";
import { quietSdk } from "./quiet_sdk.ts";
import { sdkCredentials } from "./sdk_credentials.ts";
import { sdkHttpHandler } from "./sdk_http_handler.ts";

/** The SDK's package, loaded with the first client. */
export type S3Sdk = typeof import("@aws-sdk/client-s3");

/** How S3 is reached. */
export interface S3ClientOptions {
  readonly region: string;
  /** Another service than Amazon's, addressed by path. */
  readonly endpoint: string | undefined;
  /** Undefined for a public bucket: requests are not signed. */
  readonly credentials: CredentialsSource | undefined;
  /** Further certificate authorities, PEM; empty for none. */
  readonly caPem: string;
}

/** A client, the commands to send, and how it is closed. */
export interface OpenS3Client {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  readonly close: () => Promise<void>;
}

/** Identity of requests that are not signed. */
const NOBODY = { accessKeyId: "", secretAccessKey: "" } as const;

/**
 * Loads the SDK and opens a client; the service is not asked yet. Whoever sends
 * repeats: the SDK does not know our connections' errors.
 */
export async function openS3Client(
  { region, endpoint, credentials, caPem }: S3ClientOptions,
  limits: DispatcherOptions,
): Promise<OpenS3Client> {
  quietSdk();
  const sdk = await import("@aws-sdk/client-s3");
  const dispatcher = createDispatcher(
    { endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`, caPem },
    limits,
  );
  const client = new sdk.S3Client({
    region,
    requestHandler: sdkHttpHandler(dispatcher),
    maxAttempts: 1,
    followRegionRedirects: endpoint === undefined,
    // Other services than Amazon's don't know the newer checksums.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(credentials === undefined
      ? {
          credentials: NOBODY,
          signer: { sign: async (request) => request },
        }
      : { credentials: sdkCredentials(credentials) }),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
  const close = async () => {
    client.destroy();
    await dispatcher.destroy();
  };
  return { sdk, client, close };
}
