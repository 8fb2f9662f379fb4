/**
 * The errors a user can meet while the engine runs: one class, closed lists of
 * codes, and two hints for whoever handles them.
 *
 * Bad arguments inside the code are `TypeError` and `RangeError` as usual; a
 * {@linkcode FlagdropError} is a condition of the world outside.
 *
 * @module
 */

/** What went wrong, in one word that never changes between versions. */
export const ERROR_CODES = [
  "FD_OPTION",
  "FD_JOB",
  "FD_SOURCE",
  "FD_STREAM",
  "FD_CREDENTIALS",
  "FD_NETWORK",
  "FD_SERVICE",
  "FD_SINK",
  "FD_STORE",
  "FD_LEASE",
  "FD_WORKER",
  "FD_LIMIT",
] as const;

/** One of {@linkcode ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Whose fault it is: the user's input, something outside, or our own. */
export type ErrorDomain = "user" | "external" | "internal";

/** Whether trying the same thing again can help. */
export type ErrorRetry = "now" | "backoff" | "never";

/** Options for {@linkcode FlagdropError}. */
export interface FlagdropErrorOptions {
  /** @default {"external"} */
  readonly domain?: ErrorDomain;
  /** @default {"never"} */
  readonly retry?: ErrorRetry;
  /** The error below this one. */
  readonly cause?: unknown;
}

/**
 * A condition that ends a command with one line, or that a caller acts on.
 *
 * @example Usage
 * ```ts
 * throw new FlagdropError(
 *   "FD_STREAM",
 *   'Cannot read stream "taxi" as it does not exist: create it or check --region',
 *   { domain: "user" },
 * );
 * ```
 */
export class FlagdropError extends Error {
  override readonly name = "FlagdropError";
  readonly code: ErrorCode;
  readonly domain: ErrorDomain;
  readonly retry: ErrorRetry;

  constructor(
    code: ErrorCode,
    message: string,
    options: FlagdropErrorOptions = {},
  ) {
    const { domain = "external", retry = "never", cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.domain = domain;
    this.retry = retry;
  }
}

/** The message of anything thrown, on one line. */
export function errorLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*[\r\n]+\s*/g, " ").trim();
}
