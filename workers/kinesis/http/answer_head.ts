/**
 * The head of an HTTP/1.1 answer, read strictly: what two readers could
 * understand differently is refused, as answers are smuggled through such gaps.
 *
 * @module
 */
import { ANSWER_BYTES_MAX } from "../limits.ts";
import { HEADERS_MAX } from "./limits.ts";

/** An answer that isn't HTTP/1.1 to the letter. */
export class HttpFormatError extends Error {
  override readonly name = "HttpFormatError";
}

/** How the end of a body is known. */
export type Framing =
  | { readonly type: "none" }
  | { readonly type: "length"; readonly bytes: number }
  | { readonly type: "chunked" }
  /** By the connection's end. */
  | { readonly type: "close" };

/** Names in lower case; those that come more than once in their order. */
export type Headers = Record<string, string | string[] | undefined>;

/** A head, understood. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
  readonly framing: Framing;
  /** Whether the connection may carry another request. */
  readonly keepsAlive: boolean;
  /** How long the server keeps it for one, ms; `Infinity` if it didn't say. */
  readonly idleMs: number;
}

const STATUS_LINE_REGEXP = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;
const NAME_REGEXP = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
/** Lines that have neither a control character nor half of a line's end. */
const HEAD_REGEXP = /^[\t\x20-\x7e\x80-\xff]*(?:\r\n[\t\x20-\x7e\x80-\xff]*)*$/;
const LENGTH_REGEXP = /^\d{1,15}$/;

function fail(reason: string): never {
  throw new HttpFormatError(`the answer is no HTTP/1.1: ${reason}`);
}

function headersOf(lines: readonly string[]): Headers {
  if (lines.length > HEADERS_MAX) fail("it has too many headers");
  const headers = Object.create(null) as Headers;
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!NAME_REGEXP.test(name)) fail("a header has no proper name");
    const value = line.slice(colon + 1).trim();
    const other = headers[name];
    headers[name] = other === undefined ? value : [other, value].flat();
  }
  return headers;
}

/** A header that must not come twice. */
function single(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? fail(`it has two ${name} headers`) : value;
}

function framingOf(
  status: number,
  headers: Headers,
  isOldVersion: boolean,
): Framing {
  const coding = single(headers, "transfer-encoding");
  const length = single(headers, "content-length");
  const content = single(headers, "content-encoding") ?? "identity";
  if (content.toLowerCase() !== "identity") fail("its body is compressed");
  if (coding !== undefined) {
    if (length !== undefined) fail("its length is given twice");
    if (isOldVersion || coding.toLowerCase() !== "chunked") {
      fail("its transfer coding is unknown");
    }
  } else if (length !== undefined && !LENGTH_REGEXP.test(length)) {
    fail("its length is no number");
  }
  if (status < 200 || status === 204 || status === 304) {
    return { type: "none" };
  }
  if (coding !== undefined) return { type: "chunked" };
  if (length === undefined) return { type: "close" };
  const bytes = Number(length);
  if (bytes > ANSWER_BYTES_MAX) {
    throw new HttpFormatError(
      `the answer is larger than ${ANSWER_BYTES_MAX} bytes`,
    );
  }
  return { type: "length", bytes };
}

/**
 * Reads a head.
 *
 * @param text Everything before the empty line, latin1.
 * @throws {HttpFormatError} If it isn't HTTP/1.1.
 */
export function parseAnswerHead(text: string): AnswerHead {
  if (!HEAD_REGEXP.test(text)) fail("its head has control characters");
  const [first = "", ...rest] = text.split("\r\n");
  const match = STATUS_LINE_REGEXP.exec(first);
  if (match === null) fail("its status line is odd");
  const isOldVersion = match[1] === "0";
  const status = Number(match[2]);
  const headers = headersOf(rest);
  const framing = framingOf(status, headers, isOldVersion);
  const connection = [headers["connection"] ?? ""].flat().join(",");
  const keepAlive = [headers["keep-alive"] ?? ""].flat().join(",");
  const seconds = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(keepAlive)?.[1];
  return {
    status,
    headers,
    framing,
    keepsAlive:
      !isOldVersion &&
      framing.type !== "close" &&
      !/(?:^|,)\s*close\s*(?:,|$)/i.test(connection),
    idleMs:
      seconds === undefined
        ? Number.POSITIVE_INFINITY
        : Number(seconds) * 1_000,
  };
}
