/**
 * From a request's headers and body to a value: JSON 1.1 or CBOR 1.1.
 *
 * @module
 */
import { decodeCbor } from "../../kinesis/cbor_reader.ts";
import { ServiceError } from "../service_error.ts";
import type { Wire } from "./shape.ts";

/** The content types, of requests and answers. */
export const CONTENT_TYPE: Readonly<Record<Wire, string>> = {
  json: "application/x-amz-json-1.1",
  cbor: "application/x-amz-cbor-1.1",
};

/** How the body of a content type is written; `undefined` for others. */
export function wireOf(contentType: string | undefined): Wire | undefined {
  const bare = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (bare === CONTENT_TYPE.json) return "json";
  return bare === CONTENT_TYPE.cbor ? "cbor" : undefined;
}

const TARGET_REGEXP = /^Kinesis_20131202\.([A-Za-z]+)$/;

/** The operation that an `x-amz-target` names. */
export function operationName(
  target: string | string[] | undefined,
): string | undefined {
  return typeof target === "string"
    ? TARGET_REGEXP.exec(target)?.[1]
    : undefined;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Decodes a body.
 *
 * @throws {ServiceError} `SerializationException`.
 */
export function decodeBody(body: Buffer, wire: Wire): unknown {
  try {
    if (wire === "cbor") return decodeCbor(body);
    return JSON.parse(utf8.decode(body));
  } catch {
    throw new ServiceError("SerializationException");
  }
}
