/**
 * The text that Signature Version 4 signs, made from the request as it came.
 *
 * @module
 */
import { hash } from "node:crypto";

/** A request as it came, the same for HTTP/1.1 and HTTP/2. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By lower-case name; `host` also for HTTP/2. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Percent-encodes all but what RFC 3986 calls unreserved. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) =>
      `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  return query
    .split("&")
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
    .sort()
    .join("&");
}

/** The value of a header, as it is signed. */
function canonicalValue(value: string | string[] | undefined): string {
  return [value ?? ""].flat().join(",").trim().replaceAll(/ +/g, " ");
}

/**
 * Builds the text. Header values count as the bytes they came as.
 *
 * @param request As it came.
 * @param signedHeaders Lower case, in order.
 */
export function canonicalRequest(
  request: ReceivedRequest,
  signedHeaders: readonly string[],
): string {
  const { target, headers } = request;
  const queryAt = target.indexOf("?");
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  const lines = signedHeaders.map(
    (name) => `${name}:${canonicalValue(headers[name])}`,
  );
  return [
    request.method,
    path.split("/").map(encode).join("/"),
    canonicalQuery(queryAt < 0 ? "" : target.slice(queryAt + 1)),
    ...lines,
    "",
    signedHeaders.join(";"),
    hash("sha256", request.body),
  ].join("\n");
}
