/**
 * What an HTTP answer of Kinesis says beside records.
 *
 * @module
 */
import { CborCursor } from "../../engine/kinesis/cbor_cursor.ts";
import { refusalFromCbor } from "../../engine/kinesis/get_records_cbor.ts";
import { refusalFromJson } from "../../engine/kinesis/get_records_json.ts";
import type { KinesisEncoding } from "../../engine/kinesis/reading_request.ts";
import {
  bareErrorCode,
  GarbledAnswerError,
  KinesisRequestError,
  kinesisErrorKind,
} from "../../engine/kinesis/request_error.ts";
import type { HttpAnswer } from "./http_post.ts";

/** Characters of an odd answer that go into a message. */
const EXCERPT_LENGTH = 120;

function header(headers: HttpAnswer["headers"], name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : (value ?? "");
}

/** The encoding of an answer's body. */
export function encodingOf(headers: HttpAnswer["headers"]): KinesisEncoding {
  return /\bcbor\b|x-amz-cbor/i.test(header(headers, "content-type"))
    ? "cbor"
    : "json";
}

function body(answer: HttpAnswer): { code: string; message: string } {
  const { bytes, length, headers } = answer;
  try {
    return encodingOf(headers) === "cbor"
      ? refusalFromCbor(bytes, length)
      : refusalFromJson(bytes, length);
  } catch (error) {
    if (!(error instanceof GarbledAnswerError)) throw error;
    // A proxy's page, or nothing at all.
    const text = bytes.toString("latin1", 0, Math.min(length, EXCERPT_LENGTH));
    return { code: "", message: text.replaceAll(/[^\x20-\x7e]+/g, " ").trim() };
  }
}

/** Against what the service's clock is compared. */
export interface ClockComparison {
  /** The request's time, as it was signed. */
  readonly nowMs: number;
  /** From this difference on a refused signature is the clock's fault. */
  readonly skewMsMax: number;
}

/** What an unsuccessful answer means. */
export function refusalOf(
  answer: HttpAnswer,
  { nowMs, skewMsMax }: ClockComparison,
): KinesisRequestError {
  const { status, headers } = answer;
  const { code: bodyCode, message } = body(answer);
  const code = bareErrorCode(header(headers, "x-amzn-errortype") || bodyCode);
  const details = { status, code, message: message || `HTTP status ${status}` };
  const serverMs = Date.parse(header(headers, "date"));
  let kind = kinesisErrorKind(details);
  if (kind === "credentials" && Math.abs(serverMs - nowMs) > skewMsMax) {
    kind = "clock";
  }
  return new KinesisRequestError(kind, { ...details, serverMs });
}

/**
 * The iterator in a GetShardIterator answer.
 *
 * @throws {GarbledAnswerError} If it has none.
 */
export function shardIteratorOf(answer: HttpAnswer): string {
  const { bytes, length, headers } = answer;
  let value: unknown;
  if (encodingOf(headers) === "cbor") {
    value = new CborCursor(bytes, length).value();
  } else {
    try {
      value = JSON.parse(bytes.toString("utf8", 0, length));
    } catch {
      value = null;
    }
  }
  const { ShardIterator } = (value ?? {}) as {
    readonly ShardIterator?: unknown;
  };
  if (typeof ShardIterator === "string" && ShardIterator !== "") {
    return ShardIterator;
  }
  throw new GarbledAnswerError("Cannot read the answer: it has no iterator");
}
