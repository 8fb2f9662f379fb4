/**
 * Requests of the reading side, in JSON 1.1 or CBOR 1.1.
 *
 * @module
 */
import assert from "node:assert/strict";
import { encodeCbor } from "./cbor_writer.ts";

/** How requests and answers are encoded. */
export type KinesisEncoding = "cbor" | "json";

/** The content type of an encoding. */
export const CONTENT_TYPE: Readonly<Record<KinesisEncoding, string>> = {
  cbor: "application/x-amz-cbor-1.1",
  json: "application/x-amz-json-1.1",
};

/** A moment in a request. */
interface RequestTime {
  readonly epochMs: number;
}

/** A request's fields by their API names, in order. */
export interface RequestFields {
  readonly [name: string]: string | number | RequestTime | RequestFields;
}

const MAP = 0xa0;
const ENTRIES_MAX = 23;
/**
 * Tag 1, a time. The AWS SDKs that speak CBOR to Kinesis set it, and count
 * whole milliseconds under it.
 */
const TIME_TAG = Buffer.from([0xc1]);

function isTime(value: RequestTime | RequestFields): value is RequestTime {
  return typeof value["epochMs"] === "number";
}

/** Whether a request has nothing but texts and numbers: GetRecords does. */
function isFlat(
  fields: RequestFields,
): fields is Readonly<Record<string, string | number>> {
  for (const name in fields) {
    if (typeof fields[name] === "object") return false;
  }
  return true;
}

function toCbor(fields: RequestFields): Buffer {
  if (isFlat(fields)) return encodeCbor(fields);
  const entries = Object.entries(fields);
  assert(entries.length <= ENTRIES_MAX);
  const parts: Buffer[] = [Buffer.from([MAP | entries.length])];
  for (const [name, value] of entries) {
    parts.push(encodeCbor(name));
    if (typeof value !== "object") parts.push(encodeCbor(value));
    else if (isTime(value)) parts.push(TIME_TAG, encodeCbor(value.epochMs));
    else parts.push(toCbor(value));
  }
  return Buffer.concat(parts);
}

function toJson(fields: RequestFields): Buffer {
  return Buffer.from(
    JSON.stringify(fields, (_, value) =>
      typeof value === "object" && typeof value.epochMs === "number"
        ? value.epochMs / 1_000
        : value,
    ),
  );
}

/**
 * Encodes a request.
 *
 * @param fields Numbers and times must be whole and not negative.
 * @param encoding Of the request; the answer usually has the same.
 */
export function encodeRequest(
  fields: RequestFields,
  encoding: KinesisEncoding,
): Buffer {
  return encoding === "cbor" ? toCbor(fields) : toJson(fields);
}
