/**
 * Where a store in S3 is and how it is reached.
 *
 * @module
 */
import type { CredentialsSource } from "../aws/credentials.ts";
import { FlagdropError } from "../errors.ts";

/** `s3://bucket/prefix`, taken apart. */
export interface S3Address {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

/** How S3 is reached. */
export interface S3Connection {
  readonly region: string;
  /** Another service than Amazon's, addressed by path. */
  readonly endpoint: string | undefined;
  readonly credentials: CredentialsSource;
  /** Further certificate authorities, PEM; empty for none. */
  readonly caPem: string;
}

const S3_REGEXP = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

/**
 * Reads the name of a store.
 *
 * @returns Undefined for a directory.
 * @throws {FlagdropError} `FD_OPTION` when it begins with `s3://` and is none.
 */
export function parseS3Address(text: string): S3Address | undefined {
  if (!text.startsWith("s3://")) return undefined;
  const match = S3_REGEXP.exec(text);
  const prefix = (match?.[2] ?? "").replaceAll(/^\/+|\/+$/g, "");
  if (match?.[1] !== undefined) return { bucket: match[1], prefix };
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot use "${text}" for checkpoints: write s3://BUCKET/PREFIX or a directory`,
    { domain: "user" },
  );
}
