/**
 * Objects under a prefix of an S3 bucket. The head is one object that is
 * written with `If-Match` (the first time with `If-None-Match`).
 *
 * @module
 */
import { type OpenS3Client, openS3Client } from "../aws/s3_client.ts";
import { FlagdropError } from "../errors.ts";
import {
  S3_ATTEMPTS_MAX,
  S3_CONNECT_TIMEOUT_MS,
  S3_CONNECTIONS_MAX,
  S3_PAGES_MAX,
  S3_SILENCE_TIMEOUT_MS,
} from "./limits.ts";
import type { ObjectHead, ObjectStore } from "./object_store.ts";
import type { S3Address, S3Connection } from "./s3_address.ts";
import {
  isStaleCredentials,
  isWorthAnother,
  s3Error,
  statusOf,
} from "./s3_error.ts";

const HEAD_NAME = "head.json";

/** What the store does next, for error messages. */
type Action = "read" | "write to";

/** Keeps objects in S3, or in what speaks its protocol. */
export class S3Objects implements ObjectStore {
  readonly name: string;
  readonly kind = "checkpoint store";
  readonly #address: S3Address;
  readonly #connection: S3Connection;
  readonly #s3: OpenS3Client;
  /** Whether the service was seen to mind the condition of a write. */
  #isConditional = false;

  private constructor(
    address: S3Address,
    connection: S3Connection,
    s3: OpenS3Client,
  ) {
    const { bucket, prefix } = address;
    this.name = `s3://${bucket}/${prefix}`;
    this.#address = address;
    this.#connection = connection;
    this.#s3 = s3;
  }

  /** Loads the SDK; the service is not asked yet. */
  static async open(
    address: S3Address,
    connection: S3Connection,
  ): Promise<S3Objects> {
    const s3 = await openS3Client(connection, {
      connectionsMax: S3_CONNECTIONS_MAX,
      connectTimeoutMs: S3_CONNECT_TIMEOUT_MS,
      silenceTimeoutMs: S3_SILENCE_TIMEOUT_MS,
    });
    return new S3Objects(address, connection, s3);
  }

  #key(name: string): string {
    const { prefix } = this.#address;
    return prefix === "" ? name : `${prefix}/${name}`;
  }

  #object(name: string) {
    return { Bucket: this.#address.bucket, Key: this.#key(name) };
  }

  /**
   * Sends a request; once more if that may help, with fresh credentials if they
   * were refused.
   */
  async #send<T>(action: Action, request: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await request();
      } catch (error) {
        if (error instanceof FlagdropError) throw error;
        if (attempt >= S3_ATTEMPTS_MAX || !isWorthAnother(error)) {
          throw s3Error(error, { action, name: this.name, ...this.#address });
        }
        if (isStaleCredentials(error)) {
          await this.#connection.credentials.refresh();
        }
      }
    }
  }

  async list(): Promise<string[]> {
    const start = this.#key("");
    const names: string[] = [];
    let token: string | undefined;
    for (let page = 0; page < S3_PAGES_MAX; page++) {
      const command = new this.#s3.sdk.ListObjectsV2Command({
        Bucket: this.#address.bucket,
        Prefix: start,
        Delimiter: "/",
        ContinuationToken: token,
      });
      const answer = await this.#send("read", () =>
        this.#s3.client.send(command),
      );
      for (const { Key: key = "" } of answer.Contents ?? []) {
        const name = key.slice(start.length);
        if (name !== "" && name !== HEAD_NAME) names.push(name);
      }
      token = answer.NextContinuationToken;
      if (token === undefined) return names;
    }
    throw new FlagdropError(
      "FD_STORE",
      `Cannot list "${this.name}" as there are more than ${names.length} objects: give a prefix of its own`,
    );
  }

  async #read(name: string): Promise<ObjectHead | undefined> {
    const command = new this.#s3.sdk.GetObjectCommand(this.#object(name));
    return await this.#send("read", async () => {
      try {
        const answer = await this.#s3.client.send(command);
        const bytes = await answer.Body?.transformToByteArray();
        const version = answer.ETag ?? "";
        return { bytes: Buffer.from(bytes ?? []), version };
      } catch (error) {
        if (error instanceof this.#s3.sdk.NoSuchKey) return undefined;
        throw error;
      }
    });
  }

  async get(name: string): Promise<Buffer | undefined> {
    return (await this.#read(name))?.bytes;
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    const command = new this.#s3.sdk.PutObjectCommand({
      ...this.#object(name),
      Body: bytes,
      ContentType: "application/octet-stream",
    });
    await this.#send("write to", () => this.#s3.client.send(command));
  }

  async remove(name: string): Promise<void> {
    const command = new this.#s3.sdk.DeleteObjectCommand(this.#object(name));
    await this.#send("write to", () => this.#s3.client.send(command));
  }

  readHead(): Promise<ObjectHead | undefined> {
    return this.#read(HEAD_NAME);
  }

  async swapHead(
    bytes: Buffer,
    version: string | undefined,
  ): Promise<string | undefined> {
    const swapped = await this.#putHead(
      bytes,
      version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version },
    );
    if (swapped === undefined || this.#isConditional) return swapped;
    // The head is there now: a service that minds conditions refuses this.
    if ((await this.#putHead(bytes, { IfNoneMatch: "*" })) !== undefined) {
      throw new FlagdropError(
        "FD_STORE",
        `Cannot keep checkpoints in "${this.name}" as the service ignores If-None-Match, so that two runs could not be kept apart: use another S3 service or a directory`,
        { domain: "user" },
      );
    }
    this.#isConditional = true;
    return swapped;
  }

  async #putHead(
    bytes: Buffer,
    condition: { readonly IfMatch: string } | { readonly IfNoneMatch: string },
  ): Promise<string | undefined> {
    const command = new this.#s3.sdk.PutObjectCommand({
      ...this.#object(HEAD_NAME),
      ...condition,
      Body: bytes,
      ContentType: "application/json",
    });
    return await this.#send("write to", async () => {
      try {
        return (await this.#s3.client.send(command)).ETag ?? "";
      } catch (error) {
        // Changed, being changed, or deleted meanwhile.
        const status = statusOf(error);
        const isGone = error instanceof Error && error.name === "NoSuchKey";
        if (status === 412 || status === 409 || isGone) return undefined;
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.#s3.close();
  }
}
