/**
 * What S3 answers when it refuses, as one line that says what to do.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../errors.ts";

/** Names of refusals that fresh credentials mend. */
const STALE_NAMES: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidToken",
  "TokenRefreshRequired",
]);

const PERMISSIONS =
  "s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject";

/** The HTTP status of an answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata as { readonly httpStatusCode?: number };
  return metadata.httpStatusCode;
}

/** Whether the credentials were refused as too old. */
export function isStaleCredentials(error: unknown): boolean {
  return error instanceof Error && STALE_NAMES.has(error.name);
}

/** Whether the same request may succeed at once, or with a corrected clock. */
export function isWorthAnother(error: unknown): boolean {
  const status = statusOf(error);
  const isSkewed =
    error instanceof Error && error.name === "RequestTimeTooSkewed";
  return (
    status === undefined ||
    status >= 500 ||
    isSkewed ||
    isStaleCredentials(error)
  );
}

/** What is known of a request that failed. */
export interface S3Failure {
  readonly action: "read" | "write to";
  /** The store, as the user named it. */
  readonly name: string;
  readonly bucket: string;
}

function reason(error: unknown, bucket: string): string {
  const name = error instanceof Error ? error.name : "";
  const status = statusOf(error);
  if (name === "NoSuchBucket") {
    return `there is no bucket "${bucket}": create it, or check --region and --s3-endpoint`;
  }
  if (name === "InvalidAccessKeyId" || name === "SignatureDoesNotMatch") {
    return `the service refuses the credentials (${name}): check AWS_PROFILE or AWS_ACCESS_KEY_ID`;
  }
  if (status === 403) {
    return `access is denied: allow ${PERMISSIONS} on it`;
  }
  if (status === undefined) {
    return `the service can't be reached (${errorLine(error) || name}): check --s3-endpoint and the network`;
  }
  return `the service answers ${status} ${name}: ${errorLine(error)}`;
}

/** The error that a command ends with. */
export function s3Error(error: unknown, failure: S3Failure): FlagdropError {
  const { action, name, bucket } = failure;
  const status = statusOf(error) ?? 500;
  return new FlagdropError(
    "FD_STORE",
    `Cannot ${action} checkpoint store "${name}" as ${reason(error, bucket)}`,
    {
      cause: error,
      domain: status >= 500 || status === 429 ? "external" : "user",
      retry: status >= 500 || status === 429 ? "backoff" : "never",
    },
  );
}
