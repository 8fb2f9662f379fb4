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
const LINE_END = "\r\n";
const CLOSE_REGEXP = /(?:^|,)\s*close\s*(?:,|$)/i;
const TIMEOUT_REGEXP = /(?:^|[,;\s])timeout=(\d{1,6})/i;
const LENGTH_REGEXP = /^\d{1,15}$/;

function fail(reason: string): never {
  throw new HttpFormatError(`the answer is no HTTP/1.1: ${reason}`);
}

/** The headers that stand in a text from an offset on, a line each. */
function headersOf(text: string, from: number): Headers {
  const headers = Object.create(null) as Headers;
  let count = 0;
  for (let at = from; at <= text.length; ) {
    const found = text.indexOf(LINE_END, at);
    const end = found < 0 ? text.length : found;
    if (++count > HEADERS_MAX) fail("it has too many headers");
    const colon = text.indexOf(":", at);
    const name = colon < 0 || colon > end ? "" : text.slice(at, colon);
    if (!NAME_REGEXP.test(name)) fail("a header has no proper name");
    const value = text.slice(colon + 1, end).trim();
    add(headers, name.toLowerCase(), value);
    at = end + LINE_END.length;
  }
  return headers;
}

function add(headers: Headers, name: string, value: string): void {
  const other = headers[name];
  if (other === undefined) headers[name] = value;
  else if (typeof other === "string") headers[name] = [other, value];
  else other.push(value);
}

/** All values of a header, as if they had come in one. */
function joined(headers: Headers, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}

/** How long the server keeps an idle connection, ms. */
function idleMsOf(headers: Headers): number {
  const keepAlive = joined(headers, "keep-alive");
  if (keepAlive === "") return Number.POSITIVE_INFINITY;
  const seconds = TIMEOUT_REGEXP.exec(keepAlive)?.[1];
  return seconds === undefined
    ? Number.POSITIVE_INFINITY
    : Number(seconds) * 1_000;
}

function isClosing(headers: Headers): boolean {
  const connection = joined(headers, "connection");
  return connection !== "" && CLOSE_REGEXP.test(connection);
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
  const content = single(headers, "content-encoding");
  if (content !== undefined && content.toLowerCase() !== "identity") {
    fail("its body is compressed");
  }
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
  const found = text.indexOf(LINE_END);
  const end = found < 0 ? text.length : found;
  const match = STATUS_LINE_REGEXP.exec(text.slice(0, end));
  if (match === null) fail("its status line is odd");
  const isOldVersion = match[1] === "0";
  const status = Number(match[2]);
  const headers = headersOf(text, end + LINE_END.length);
  const framing = framingOf(status, headers, isOldVersion);
  const isLast = isOldVersion || framing.type === "close" || isClosing(headers);
  return {
    status,
    headers,
    framing,
    keepsAlive: !isLast,
    idleMs: idleMsOf(headers),
  };
}
