/**
 * Objects of S3 as parts of a source, in the order of their keys.
 *
 * They are streamed; a connection that breaks off is taken up again where it
 * was, and only as long as the object is still the one that was listed.
 *
 * @module
 */

import {
  isStaleCredentials,
  isWorthAnother,
  statusOf,
} from "../../checkpoint/s3_error.ts";
import { type Clock, systemClock } from "../../clock.ts";
import { errorLine, FlagdropError } from "../../errors.ts";
import { backoffMs } from "../../kinesis/backoff.ts";
import type { ByteRange, InputPart, Inputs } from "./input_part.ts";
import {
  PARTS_MAX,
  S3_FAILURES_MAX,
  S3_LIST_FAILURES_MAX,
  S3_PIECE_BYTES,
  S3_WAIT_MS,
  S3_WAIT_MS_MAX,
} from "./limits.ts";
import {
  type BucketConnection,
  type ListedObject,
  S3Bucket,
} from "./s3_bucket.ts";

/** Names under a prefix that say something about the data instead of being it. */
const NO_DATA_REGEXP = /(?:^|\/)(?:README(?:\.\w+)?|_SUCCESS)$|\/$/i;

const ADDRESS_REGEXP = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/** Where objects are. */
export interface S3Prefix {
  readonly bucket: string;
  /** What keys begin with; with the slash at its end, if it has one. */
  readonly prefix: string;
}

/** Options for {@linkcode s3Inputs}. */
export interface S3InputsOptions extends S3Prefix {
  readonly connection: BucketConnection;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** Uniform in [0, 1); for the jitter of repetitions. @default {Math.random} */
  readonly random?: () => number;
}

/**
 * Reads an address.
 *
 * @throws {FlagdropError} `FD_OPTION` when it is none.
 */
export function parseS3Prefix(text: string): S3Prefix {
  const [, bucket, prefix = ""] = ADDRESS_REGEXP.exec(text) ?? [];
  if (bucket !== undefined) return { bucket, prefix };
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot use "${text}" as a source: write s3://BUCKET/PREFIX`,
    { domain: "user" },
  );
}

/** How often something has failed, and how often it may. */
interface Failures {
  readonly inRow: number;
  readonly most: number;
}

/** Reads one bucket. */
class BucketReader {
  readonly #bucket: S3Bucket;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #isSigned: boolean;

  constructor(bucket: S3Bucket, options: S3InputsOptions) {
    const { clock = systemClock, random = Math.random } = options;
    this.#bucket = bucket;
    this.#clock = clock;
    this.#random = random;
    this.#isSigned = options.connection.credentials !== undefined;
  }

  /** All objects under a prefix that may be data. */
  async list(prefix: string): Promise<ListedObject[]> {
    const found: ListedObject[] = [];
    let token: string | undefined;
    let failures = 0;
    const name = `s3://${this.#bucket.name}/${prefix}`;
    do {
      try {
        const page = await this.#bucket.list(prefix, token);
        for (const one of page.objects) {
          const isData = one.sizeBytes > 0 && !NO_DATA_REGEXP.test(one.key);
          if (isData) found.push(one);
        }
        token = page.next;
        failures = 0;
      } catch (error) {
        const most = S3_LIST_FAILURES_MAX;
        await this.#afterFailure(name, error, { inRow: ++failures, most });
        continue;
      }
      if (found.length > PARTS_MAX) {
        throw new FlagdropError(
          "FD_SOURCE",
          `Cannot read "${name}" as it has more than ${PARTS_MAX} objects: give a longer prefix`,
          { domain: "user" },
        );
      }
    } while (token !== undefined || failures > 0);
    // Not every service that speaks the protocol lists them in order.
    return found.sort((a, b) =>
      Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)),
    );
  }

  part(object: ListedObject): InputPart {
    const { key, sizeBytes, etag } = object;
    return {
      name: `s3://${this.#bucket.name}/${key}`,
      version: etag,
      sizeBytes,
      path: undefined,
      open: (range) => this.#bytesOf(object, range),
    };
  }

  async *#bytesOf(
    object: ListedObject,
    range: ByteRange,
  ): AsyncGenerator<Uint8Array, void> {
    const end = Math.min(range.end ?? object.sizeBytes, object.sizeBytes);
    const name = `s3://${this.#bucket.name}/${object.key}`;
    let start = range.start;
    let failures = 0;
    while (start < end) {
      const pieceEnd = Math.min(start + S3_PIECE_BYTES, end);
      try {
        const body = await this.#bucket.get(object, { start, end: pieceEnd });
        for await (const bytes of body) {
          start += bytes.length;
          failures = 0;
          yield bytes;
        }
        if (start < pieceEnd) {
          throw new Error("the connection ended too early");
        }
      } catch (error) {
        const most = S3_FAILURES_MAX;
        await this.#afterFailure(name, error, { inRow: ++failures, most });
      }
    }
  }

  /**
   * Waits before the next attempt.
   *
   * @throws {FlagdropError} When there is no point in one.
   */
  async #afterFailure(
    name: string,
    error: unknown,
    failures: Failures,
  ): Promise<void> {
    if (error instanceof FlagdropError) throw error;
    const status = statusOf(error);
    const isTransient = isWorthAnother(error) || status === 429;
    if (!isTransient || failures.inRow > failures.most) {
      throw this.#failure(name, error);
    }
    if (isStaleCredentials(error)) await this.#bucket.refresh();
    const bounds = { firstMs: S3_WAIT_MS, mostMs: S3_WAIT_MS_MAX };
    await this.#clock.sleep(backoffMs(failures.inRow, bounds, this.#random));
  }

  #failure(name: string, error: unknown): FlagdropError {
    const status = statusOf(error) ?? 500;
    const isOutside = status >= 500 || status === 429;
    return new FlagdropError(
      "FD_SOURCE",
      `Cannot read "${name}" as ${this.#reason(error)}`,
      {
        cause: error,
        domain: isOutside ? "external" : "user",
        retry: isOutside ? "backoff" : "never",
      },
    );
  }

  #reason(error: unknown): string {
    const name = error instanceof Error ? error.name : "";
    const status = statusOf(error);
    if (name === "NoSuchBucket") {
      return `there is no bucket "${this.#bucket.name}": check its name, --bucket-region and --s3-endpoint`;
    }
    if (status === 404) {
      return "it was deleted while the replay ran: put it back and go on with --resume, or begin anew";
    }
    if (status === 412) {
      return "it was changed while the replay ran: begin anew";
    }
    if (status === 403 || status === 401) {
      return this.#isSigned
        ? "access is denied: allow s3:ListBucket and s3:GetObject on it, or give --no-sign-request if it is public"
        : "access is denied without credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    }
    if (status === undefined) {
      return `the service can't be reached (${errorLine(error) || name}): check --s3-endpoint and the network`;
    }
    return `the service answers ${status} ${name}: ${errorLine(error)}`;
  }
}

/**
 * Lists the objects under a prefix.
 *
 * @throws {FlagdropError} `FD_SOURCE` when that fails, or there are none.
 */
export async function s3Inputs(options: S3InputsOptions): Promise<Inputs> {
  const { bucket: bucketName, prefix, connection } = options;
  const bucket = await S3Bucket.open(bucketName, connection);
  const name = `s3://${bucketName}/${prefix}`;
  try {
    const reader = new BucketReader(bucket, options);
    const objects = await reader.list(prefix);
    if (objects.length === 0) {
      throw new FlagdropError(
        "FD_SOURCE",
        `Cannot read "${name}" as no object's key begins so: check the prefix`,
        { domain: "user" },
      );
    }
    const parts = objects.map((object) => reader.part(object));
    return { name, parts, close: () => bucket.close() };
  } catch (error) {
    await bucket.close();
    throw error;
  }
}
