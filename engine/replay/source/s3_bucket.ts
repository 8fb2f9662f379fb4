/**
 * A bucket that objects are read from, with credentials or without.
 *
 * @module
 */
import type { GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { createDispatcher } from "../../aws/dispatcher.ts";
import { quietSdk } from "../../aws/quiet_sdk.ts";
import { sdkCredentials } from "../../aws/sdk_credentials.ts";
import { sdkHttpHandler } from "../../aws/sdk_http_handler.ts";
import type { S3Connection } from "../../checkpoint/s3_address.ts";
import {
  S3_CONNECT_TIMEOUT_MS,
  S3_READ_CONNECTIONS_MAX,
  S3_SILENCE_TIMEOUT_MS,
} from "./limits.ts";

/** How a bucket is reached. */
export interface BucketConnection extends Omit<S3Connection, "credentials"> {
  /** Undefined for a public bucket: requests are not signed. */
  readonly credentials: S3Connection["credentials"] | undefined;
}

/** An object as a list has it. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
}

/** A page of a list. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  /** Of the next page; undefined with the last one. */
  readonly next: string | undefined;
}

/** Identity of requests that are not signed. */
const NOBODY = { accessKeyId: "", secretAccessKey: "" } as const;

type Sdk = typeof import("@aws-sdk/client-s3");

/** The bucket. */
export class S3Bucket {
  readonly name: string;
  /** Fresh credentials, where there are any. */
  readonly refresh: () => Promise<unknown>;
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #closeDispatcher: () => Promise<void>;

  private constructor(name: string, connection: BucketConnection, sdk: Sdk) {
    const { region, endpoint, caPem, credentials } = connection;
    this.name = name;
    this.refresh = async () => await credentials?.refresh();
    this.#sdk = sdk;
    const dispatcher = createDispatcher(
      { endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`, caPem },
      {
        connectionsMax: S3_READ_CONNECTIONS_MAX,
        connectTimeoutMs: S3_CONNECT_TIMEOUT_MS,
        silenceTimeoutMs: S3_SILENCE_TIMEOUT_MS,
      },
    );
    this.#closeDispatcher = () => dispatcher.destroy();
    this.#client = new sdk.S3Client({
      region,
      requestHandler: sdkHttpHandler(dispatcher),
      // Repeated by who asks: a body that breaks off is resumed anyway.
      maxAttempts: 1,
      followRegionRedirects: endpoint === undefined,
      responseChecksumValidation: "WHEN_REQUIRED",
      ...(credentials === undefined
        ? {
            credentials: NOBODY,
            signer: { sign: async (request) => request },
          }
        : { credentials: sdkCredentials(credentials) }),
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    });
  }

  /** Loads the SDK; the service is not asked yet. */
  static async open(
    name: string,
    connection: BucketConnection,
  ): Promise<S3Bucket> {
    quietSdk();
    return new S3Bucket(name, connection, await import("@aws-sdk/client-s3"));
  }

  /** A page of the objects under a prefix. */
  async list(prefix: string, token: string | undefined): Promise<ObjectPage> {
    const answer = await this.#client.send(
      new this.#sdk.ListObjectsV2Command({
        Bucket: this.name,
        Prefix: prefix,
        ContinuationToken: token,
      }),
    );
    const objects = (answer.Contents ?? []).map(
      ({ Key: key = "", Size: sizeBytes = 0, ETag: etag = "" }) => ({
        key,
        sizeBytes,
        etag,
      }),
    );
    return { objects, next: answer.NextContinuationToken };
  }

  /** Bytes of an object, as long as it is the one that was listed. */
  async get(
    { key, etag }: ListedObject,
    range: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    const answer: GetObjectCommandOutput = await this.#client.send(
      new this.#sdk.GetObjectCommand({
        Bucket: this.name,
        Key: key,
        Range: `bytes=${range.start}-${range.end - 1}`,
        IfMatch: etag,
      }),
    );
    return answer.Body as unknown as AsyncIterable<Uint8Array>;
  }

  /** Lets go of connections. */
  async close(): Promise<void> {
    this.#client.destroy();
    await this.#closeDispatcher();
  }
}
