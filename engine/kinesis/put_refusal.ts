/**
 * What a refused PutRecords request means, for the program and for its user.
 *
 * @module
 */
import { type ErrorCode, FlagdropError } from "../errors.ts";
import { refusalFromCbor } from "./get_records_cbor.ts";
import { refusalFromJson } from "./get_records_json.ts";
import { PUT_CLOCK_SKEW_MS } from "./put_limits.ts";
import type { PutHttpAnswer } from "./put_transport.ts";
import type { KinesisEncoding } from "./reading_request.ts";
import {
  bareErrorCode,
  GarbledAnswerError,
  type KinesisErrorKind,
  KinesisRequestError,
  kinesisErrorKind,
} from "./request_error.ts";

/** Characters of an odd answer that go into a message. */
const EXCERPT_LENGTH = 120;

function header(answer: PutHttpAnswer, name: string): string {
  return [answer.headers[name] ?? ""].flat().join(", ");
}

/** The encoding of an answer's body. */
export function answerEncoding(answer: PutHttpAnswer): KinesisEncoding {
  return /\bcbor\b|x-amz-cbor/i.test(header(answer, "content-type"))
    ? "cbor"
    : "json";
}

function body(answer: PutHttpAnswer): { code: string; message: string } {
  const { bytes } = answer;
  try {
    return answerEncoding(answer) === "cbor"
      ? refusalFromCbor(bytes, bytes.length)
      : refusalFromJson(bytes, bytes.length);
  } catch (error) {
    if (!(error instanceof GarbledAnswerError)) throw error;
    const text = bytes.toString("latin1", 0, EXCERPT_LENGTH);
    return { code: "", message: text.replaceAll(/[^\x20-\x7e]+/g, " ").trim() };
  }
}

/**
 * What an unsuccessful answer means.
 *
 * @param answer Of any status but 200.
 * @param signedMs The time in the request's signature, epoch ms.
 */
export function putRefusal(
  answer: PutHttpAnswer,
  signedMs: number,
): KinesisRequestError {
  const { status } = answer;
  const { code: bodyCode, message } = body(answer);
  const code = bareErrorCode(header(answer, "x-amzn-errortype") || bodyCode);
  const details = { status, code, message: message || `HTTP status ${status}` };
  const serverMs = Date.parse(header(answer, "date"));
  let kind = kinesisErrorKind(details);
  const isSkewed = Math.abs(serverMs - signedMs) > PUT_CLOCK_SKEW_MS;
  if (kind === "credentials" && isSkewed) kind = "clock";
  return new KinesisRequestError(kind, { ...details, serverMs });
}

const CODE_AND_REMEDY: Partial<
  Record<KinesisErrorKind, readonly [code: ErrorCode, remedy: string]>
> = {
  unknown_resource: ["FD_STREAM", "check that the stream still exists"],
  credentials: ["FD_CREDENTIALS", "check the AWS credentials"],
  clock: ["FD_CREDENTIALS", "set this machine's clock"],
  denied: [
    "FD_CREDENTIALS",
    "allow kinesis:PutRecords and kinesis:ListShards to these credentials",
  ],
  encoding: ["FD_SERVICE", "check --endpoint"],
  refused: ["FD_SERVICE", "check --endpoint"],
  bad_argument: ["FD_SERVICE", "check --stream and the size of its records"],
};

/** What a message names. */
export interface PutTarget {
  readonly endpoint: string;
  /** Name or ARN. */
  readonly stream: string;
}

/**
 * The error for the user of what trying again can't help; undefined for
 * anything else.
 */
export function fatalPutError(
  error: unknown,
  { endpoint, stream }: PutTarget,
): FlagdropError | undefined {
  if (error instanceof FlagdropError) return error;
  if (!(error instanceof KinesisRequestError)) return undefined;
  const found = CODE_AND_REMEDY[error.kind];
  if (found === undefined) return undefined;
  const [code, remedy] = found;
  return new FlagdropError(
    code,
    `Cannot put records into stream "${stream}" at ${endpoint} as the service refused (${error.message}): ${remedy}`,
    { cause: error },
  );
}

/** The error of a stream that has taken nothing for too long. */
export function stalledPutError(
  { endpoint, stream }: PutTarget,
  reason: string,
): FlagdropError {
  return new FlagdropError(
    "FD_NETWORK",
    `Cannot put records into stream "${stream}" at ${endpoint} any more (${reason}): check the service and the network`,
    { retry: "backoff" },
  );
}
