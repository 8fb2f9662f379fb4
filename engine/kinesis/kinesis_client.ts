/**
 * A client of the AWS SDK for Kinesis' control plane, loaded when first needed.
 *
 * @module
 */
import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { AwsConnection } from "../aws/connection.ts";
import { createDispatcher } from "../aws/dispatcher.ts";
import { quietSdk } from "../aws/quiet_sdk.ts";
import { sdkCredentials } from "../aws/sdk_credentials.ts";
import { sdkHttpHandler } from "../aws/sdk_http_handler.ts";

/** Control requests are few and small; two connections serve paging. */
const CONNECTIONS_MAX = 2;

/** Opening a connection may take this long; a user waits five seconds. */
const CONNECT_TIMEOUT_MS = 4_000;

/**
 * A whole request may take this long. Local stand-ins under load take several
 * seconds.
 */
const SILENCE_TIMEOUT_MS = 15_000;

/** The SDK's package. */
export type KinesisSdk = typeof import("@aws-sdk/client-kinesis");

/** Opens a client for the length of one use. */
export async function withKinesisClient<T>(
  connection: AwsConnection,
  use: (client: KinesisClient, sdk: KinesisSdk) => Promise<T>,
): Promise<T> {
  quietSdk();
  const sdk = await import("@aws-sdk/client-kinesis");
  const dispatcher = createDispatcher(connection, {
    connectionsMax: CONNECTIONS_MAX,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    silenceTimeoutMs: SILENCE_TIMEOUT_MS,
  });
  const client = new sdk.KinesisClient({
    region: connection.region,
    endpoint: connection.endpoint,
    requestHandler: sdkHttpHandler(dispatcher),
    // Repeated by `persistently`, which knows when to stop.
    maxAttempts: 1,
    credentials: sdkCredentials(connection.credentials),
  });
  try {
    return await use(client, sdk);
  } finally {
    client.destroy();
    await dispatcher.destroy();
  }
}
