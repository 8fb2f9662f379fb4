/**
 * Objects under a prefix of an S3 bucket. The head is one object that is
 * written with `If-Match` (the first time with `If-None-Match`).
 *
 * @module
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { createDispatcher } from "../aws/dispatcher.ts";
import { quietSdk } from "../aws/quiet_sdk.ts";
import { sdkCredentials } from "../aws/sdk_credentials.ts";
import { sdkHttpHandler } from "../aws/sdk_http_handler.ts";
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

type Sdk = typeof import("@aws-sdk/client-s3");

/** What the store does next, for error messages. */
type Action = "read" | "write to";

/** Keeps objects in S3, or in what speaks its protocol. */
export class S3Objects implements ObjectStore {
  readonly name: string;
  readonly kind = "checkpoint store";
  readonly #address: S3Address;
  readonly #connection: S3Connection;
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #closeDispatcher: () => Promise<void>;
  /** Whether the service was seen to mind the condition of a write. */
  #isConditional = false;

  private constructor(address: S3Address, connection: S3Connection, sdk: Sdk) {
    const { bucket, prefix } = address;
    this.name = `s3://${bucket}/${prefix}`;
    this.#address = address;
    this.#connection = connection;
    this.#sdk = sdk;
    const { region, endpoint, caPem, credentials } = connection;
    const dispatcher = createDispatcher(
      { endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`, caPem },
      {
        connectionsMax: S3_CONNECTIONS_MAX,
        connectTimeoutMs: S3_CONNECT_TIMEOUT_MS,
        silenceTimeoutMs: S3_SILENCE_TIMEOUT_MS,
      },
    );
    this.#closeDispatcher = () => dispatcher.destroy();
    this.#client = new sdk.S3Client({
      region,
      requestHandler: sdkHttpHandler(dispatcher),
      // Repeated by `#send`: the SDK does not know our connections' errors.
      maxAttempts: 1,
      credentials: sdkCredentials(credentials),
      followRegionRedirects: endpoint === undefined,
      // Other services than Amazon's don't know the newer checksums.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    });
  }

  /** Loads the SDK; the service is not asked yet. */
  static async open(
    address: S3Address,
    connection: S3Connection,
  ): Promise<S3Objects> {
    quietSdk();
    const sdk = await import("@aws-sdk/client-s3");
    return new S3Objects(address, connection, sdk);
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
      const command = new this.#sdk.ListObjectsV2Command({
        Bucket: this.#address.bucket,
        Prefix: start,
        Delimiter: "/",
        ContinuationToken: token,
      });
      const answer = await this.#send("read", () => this.#client.send(command));
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
    const command = new this.#sdk.GetObjectCommand(this.#object(name));
    return await this.#send("read", async () => {
      try {
        const answer = await this.#client.send(command);
        const bytes = await answer.Body?.transformToByteArray();
        const version = answer.ETag ?? "";
        return { bytes: Buffer.from(bytes ?? []), version };
      } catch (error) {
        if (error instanceof this.#sdk.NoSuchKey) return undefined;
        throw error;
      }
    });
  }

  async get(name: string): Promise<Buffer | undefined> {
    return (await this.#read(name))?.bytes;
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    const command = new this.#sdk.PutObjectCommand({
      ...this.#object(name),
      Body: bytes,
      ContentType: "application/octet-stream",
    });
    await this.#send("write to", () => this.#client.send(command));
  }

  async remove(name: string): Promise<void> {
    const command = new this.#sdk.DeleteObjectCommand(this.#object(name));
    await this.#send("write to", () => this.#client.send(command));
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
    const command = new this.#sdk.PutObjectCommand({
      ...this.#object(HEAD_NAME),
      ...condition,
      Body: bytes,
      ContentType: "application/json",
    });
    return await this.#send("write to", async () => {
      try {
        return (await this.#client.send(command)).ETag ?? "";
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
    this.#client.destroy();
    await this.#closeDispatcher();
  }
}
