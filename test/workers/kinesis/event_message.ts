/** Event stream messages for tests, well-formed unless a test says otherwise. */
import { crc32 } from "node:zlib";
import {
  type ModelAnswer,
  toCbor,
  toJson,
} from "../../engine/kinesis/wire_answer.ts";

const TEXT = 7;

/** Headers that are texts, in order. */
export function textHeaders(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => {
      const nameBytes = Buffer.from(name);
      const valueBytes = Buffer.from(value);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(valueBytes.length);
      return [
        Buffer.from([nameBytes.length]),
        nameBytes,
        Buffer.from([TEXT]),
        length,
        valueBytes,
      ];
    }),
  );
}

/** A message with right lengths and checksums, whatever is in it. */
export function messageOf(headers: Buffer, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(16 + headers.length + payload.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(headers.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  headers.copy(bytes, 12);
  payload.copy(bytes, 12 + headers.length);
  const end = bytes.length - 4;
  bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end);
  return bytes;
}

/** What the service sends first. */
export function initialResponse(): Buffer {
  return messageOf(
    textHeaders({
      ":event-type": "initial-response",
      ":content-type": "application/x-amz-json-1.1",
      ":message-type": "event",
    }),
    Buffer.from("{}"),
  );
}

/** A SubscribeToShardEvent with the given payload. */
export function eventOf(payload: Buffer): Buffer {
  return messageOf(
    textHeaders({
      ":event-type": "SubscribeToShardEvent",
      ":content-type": "application/x-amz-json-1.1",
      ":message-type": "event",
    }),
    payload,
  );
}

/** An event with the records of an answer. */
export function recordsEvent(
  answer: ModelAnswer,
  encoding: "cbor" | "json" = "json",
): Buffer {
  return eventOf(encoding === "json" ? toJson(answer) : toCbor(answer));
}

/** A refusal that comes as a message. */
export function exceptionOf(code: string, message = "no"): Buffer {
  return messageOf(
    textHeaders({
      ":exception-type": code,
      ":content-type": "application/x-amz-json-1.1",
      ":message-type": "exception",
    }),
    Buffer.from(JSON.stringify({ message })),
  );
}
