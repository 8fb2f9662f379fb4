/**
 * Messages of `application/vnd.amazon.eventstream`: lengths and their
 * checksum, headers, payload, and a checksum of it all.
 *
 * @module
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { EVENT_MESSAGE_BYTES_MAX } from "../limits.ts";

/** Content type of an answer that is a series of messages. */
export const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";

const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** The type of a header's value that is text; the only one used here. */
const TEXT_TYPE = 7;

function encodeHeader(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  assert(nameBytes.length <= 0xff && valueBytes.length <= 0xffff);
  const head = Buffer.from([nameBytes.length]);
  const length = Buffer.from([TEXT_TYPE, 0, 0]);
  length.writeUInt16BE(valueBytes.length, 1);
  return Buffer.concat([head, nameBytes, length, valueBytes]);
}

/**
 * Encodes a message.
 *
 * @param headers Texts by name.
 * @param payload In parts.
 */
export function encodeEventMessage(
  headers: Readonly<Record<string, string>>,
  payload: readonly Buffer[],
): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => encodeHeader(name, value)),
  );
  const payloadBytes = payload.reduce((sum, { length }) => sum + length, 0);
  const totalBytes = PRELUDE_BYTES + head.length + payloadBytes + 4;
  assert(totalBytes <= EVENT_MESSAGE_BYTES_MAX);
  const prelude = Buffer.alloc(PRELUDE_BYTES);
  prelude.writeUInt32BE(totalBytes, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const end = Buffer.alloc(CHECKSUM_BYTES);
  const message = Buffer.concat([prelude, head, ...payload, end]);
  const checked = message.subarray(0, totalBytes - CHECKSUM_BYTES);
  message.writeUInt32BE(crc32(checked), totalBytes - CHECKSUM_BYTES);
  return message;
}
