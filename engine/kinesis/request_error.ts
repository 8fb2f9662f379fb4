/**
 * What a refusal by Kinesis means for whoever asked.
 *
 * @module
 */

/** What can be done about a failed request. */
export type KinesisErrorKind =
  /** Too fast: again later, and slower. */
  | "throttled"
  /** The iterator's five minutes are over: get another. */
  | "expired_iterator"
  /** Somebody else has it, perhaps for a moment only. */
  | "in_use"
  /** Something in the request is wrong, perhaps the iterator. */
  | "bad_argument"
  /** No such stream or shard. */
  | "unknown_resource"
  /** The signature or its key was refused: fresh credentials may help. */
  | "credentials"
  /** The signature's time was refused: the clocks differ. */
  | "clock"
  /** Known, but not allowed. */
  | "denied"
  /** The service doesn't speak the request's encoding. */
  | "encoding"
  /** The network or the service itself failed: again later. */
  | "transient"
  /** Anything else; trying again won't help. */
  | "refused";

const KIND_BY_CODE: Readonly<Record<string, KinesisErrorKind>> = {
  ProvisionedThroughputExceededException: "throttled",
  LimitExceededException: "throttled",
  KMSThrottlingException: "throttled",
  ThrottlingException: "throttled",
  Throttling: "throttled",
  ThrottledException: "throttled",
  RequestLimitExceeded: "throttled",
  TooManyRequestsException: "throttled",
  SlowDown: "throttled",
  ExpiredIteratorException: "expired_iterator",
  InvalidArgumentException: "bad_argument",
  ValidationException: "bad_argument",
  ResourceInUseException: "in_use",
  ResourceNotFoundException: "unknown_resource",
  ExpiredTokenException: "credentials",
  ExpiredToken: "credentials",
  UnrecognizedClientException: "credentials",
  InvalidClientTokenId: "credentials",
  InvalidSignatureException: "credentials",
  SignatureDoesNotMatch: "credentials",
  IncompleteSignature: "credentials",
  IncompleteSignatureException: "credentials",
  MissingAuthenticationToken: "credentials",
  MissingAuthenticationTokenException: "credentials",
  AuthFailure: "credentials",
  RequestExpired: "clock",
  RequestTimeTooSkewed: "clock",
  RequestInTheFuture: "clock",
  AccessDeniedException: "denied",
  AccessDenied: "denied",
  NotAuthorized: "denied",
  OptInRequired: "denied",
  KMSAccessDeniedException: "denied",
  SerializationException: "encoding",
  UnknownOperationException: "encoding",
  InternalFailure: "transient",
  InternalServerError: "transient",
  InternalFailureException: "transient",
  ServiceUnavailable: "transient",
  ServiceUnavailableException: "transient",
  RequestTimeout: "transient",
  RequestTimeoutException: "transient",
};

/** What an unsuccessful answer said. */
export interface RefusedAnswer {
  readonly status: number;
  /** The exception's bare name; empty when the answer had none. */
  readonly code: string;
  readonly message: string;
}

/** Tells what an unsuccessful answer means. */
export function kinesisErrorKind(answer: RefusedAnswer): KinesisErrorKind {
  const { status, code, message } = answer;
  const known = KIND_BY_CODE[code];
  if (
    known === "credentials" &&
    /signature (has )?expired|not yet current/i.test(message)
  ) {
    return "clock";
  }
  if (known !== undefined) return known;
  if (status === 429) return "throttled";
  if (status === 408 || status >= 500) return "transient";
  if (status === 415 || status === 406) return "encoding";
  if (status === 401 || status === 403) return "denied";
  return "refused";
}

/** The bare name in `com.amazonaws.kinesis#Name` or `Name:http://…`. */
export function bareErrorCode(text: string): string {
  const afterHash = text.slice(text.lastIndexOf("#") + 1);
  const colon = afterHash.indexOf(":");
  return colon < 0 ? afterHash : afterHash.slice(0, colon);
}

/** A request that Kinesis refused or that never got an answer. */
export class KinesisRequestError extends Error {
  override readonly name = "KinesisRequestError";
  readonly kind: KinesisErrorKind;
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The service's clock at its answer, epoch ms; NaN if it sent none. */
  readonly serverMs: number;

  constructor(
    kind: KinesisErrorKind,
    details: RefusedAnswer & {
      readonly serverMs?: number;
      readonly cause?: unknown;
    },
  ) {
    const { code, message, status, serverMs = Number.NaN, cause } = details;
    super(
      code === "" ? message : `${code}: ${message}`,
      cause === undefined ? undefined : { cause },
    );
    this.kind = kind;
    this.code = code;
    this.status = status;
    this.serverMs = serverMs;
  }
}

/** The error of a request that got no answer; trying again may help. */
export function noAnswer(
  message: string,
  cause?: unknown,
): KinesisRequestError {
  return new KinesisRequestError("transient", {
    status: 0,
    code: "",
    message,
    cause,
  });
}

/** An answer that can't be read; asking again may give a better one. */
export class GarbledAnswerError extends Error {
  override readonly name = "GarbledAnswerError";
}

/** Whether a refusal may be for the request's encoding, not its content. */
export function mayRefuseEncoding(error: unknown): boolean {
  return (
    error instanceof KinesisRequestError &&
    (error.kind === "encoding" ||
      error.kind === "refused" ||
      error.status >= 500)
  );
}
