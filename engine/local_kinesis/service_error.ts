/**
 * A refusal as the service words it.
 *
 * @module
 */

/** The exceptions this stand-in sends. */
export type ServiceErrorType =
  | "AccessDeniedException"
  | "ExpiredIteratorException"
  | "ExpiredNextTokenException"
  | "IncompleteSignatureException"
  | "InternalFailure"
  | "InvalidArgumentException"
  | "InvalidSignatureException"
  | "LimitExceededException"
  | "MissingAuthenticationTokenException"
  | "ProvisionedThroughputExceededException"
  | "RequestEntityTooLargeException"
  | "ResourceInUseException"
  | "ResourceNotFoundException"
  | "SerializationException"
  | "ServiceUnavailable"
  | "UnknownOperationException"
  | "UnrecognizedClientException"
  | "ValidationException";

const STATUS: Partial<Record<ServiceErrorType, number>> = {
  InternalFailure: 500,
  RequestEntityTooLargeException: 413,
  ServiceUnavailable: 503,
};

/** Thrown by an operation, sent as the answer. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly type: ServiceErrorType;

  /**
   * @param type Name of the exception.
   * @param message Its text; empty where the service sends none.
   */
  constructor(type: ServiceErrorType, message = "") {
    super(message);
    this.type = type;
  }

  /** HTTP status. */
  get status(): number {
    return STATUS[this.type] ?? 400;
  }
}
