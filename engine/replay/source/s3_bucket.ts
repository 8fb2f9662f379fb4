/**
 * A bucket that objects are read from, with credentials or without.
 *
 * @module
 */

import type { Readable } from "node:stream";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { type OpenS3Client, openS3Client } from "../../aws/s3_client.ts";
import type { S3Connection } from "../../checkpoint/s3_address.ts";
import { eagerBody } from "./eager_body.ts";
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

/** The bucket. */
export class S3Bucket {
  readonly name: string;
  /** Fresh credentials, where there are any. */
  readonly refresh: () => Promise<unknown>;
  readonly #s3: OpenS3Client;

  private constructor(
    name: string,
    { credentials }: BucketConnection,
    s3: OpenS3Client,
  ) {
    this.name = name;
    this.refresh = async () => await credentials?.refresh();
    this.#s3 = s3;
  }

  /** Loads the SDK; the service is not asked yet. */
  static async open(
    name: string,
    connection: BucketConnection,
  ): Promise<S3Bucket> {
    const s3 = await openS3Client(connection, {
      connectionsMax: S3_READ_CONNECTIONS_MAX,
      connectTimeoutMs: S3_CONNECT_TIMEOUT_MS,
      silenceTimeoutMs: S3_SILENCE_TIMEOUT_MS,
    });
    return new S3Bucket(name, connection, s3);
  }

  /** A page of the objects under a prefix. */
  async list(prefix: string, token: string | undefined): Promise<ObjectPage> {
    const answer = await this.#s3.client.send(
      new this.#s3.sdk.ListObjectsV2Command({
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

  /**
   * Bytes of an object, as long as it is the one that was listed.
   *
   * @param range They lie in memory as they come: at most some MiB.
   */
  async get(
    { key, etag }: ListedObject,
    range: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array>> {
    const answer: GetObjectCommandOutput = await this.#s3.client.send(
      new this.#s3.sdk.GetObjectCommand({
        Bucket: this.name,
        Key: key,
        Range: `bytes=${range.start}-${range.end - 1}`,
        IfMatch: etag,
      }),
    );
    return eagerBody(answer.Body as Readable);
  }

  /** Lets go of connections. */
  async close(): Promise<void> {
    await this.#s3.close();
  }
}
