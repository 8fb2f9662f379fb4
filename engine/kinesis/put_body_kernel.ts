// Hot path: every byte that replay sends.
// Cost avoided: an object, a base64 string or a copy more for each record.
// Trick: records go from their chunk straight into the request's one buffer.
// Gives up: knows only PutRecords, and definite lengths.
// Breaks: `!` on typed arrays. Reference: the test decodes bodies with
//   `decodeCbor` and JSON.parse.
// Shown by `perf/replay_bench.ts`.
/**
 * Bodies of PutRecords requests.
 *
 * @module
 */
import { AggregateSeals } from "./aggregate_seals.ts";
import type { TextPlace } from "./md5_lanes_kernel.ts";
import {
  MESSAGE_AT,
  MESSAGE_END,
  putAggregate,
} from "./put_aggregate_kernel.ts";
import type { PutBatch } from "./put_batch.ts";
import { PutBodies } from "./put_bodies.ts";
import type { KinesisEncoding } from "./reading_request.ts";

const TEXT = 0x60;
const BYTES = 0x40;
const MAP = 0xa0;
const ARRAY = 0x80;

/** What requests are made with, one after the other. */
export interface PutTools {
  /** Where bodies lie; each is to be given back. */
  readonly bodies: PutBodies;
  readonly seals: AggregateSeals;
}

/** Makes them. */
export function putTools(): PutTools {
  return { bodies: new PutBodies(), seals: new AggregateSeals() };
}

/** What stands around a record's data and keys, at most. */
const RECORD_EXTRA_BYTES = 128;
const BODY_EXTRA_BYTES = 4_096;

function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** Names of fields as CBOR texts. */
const CBOR_DATA = ascii("\x64Data");
const CBOR_PARTITION_KEY = ascii("\x6cPartitionKey");
const CBOR_HASH_KEY = ascii("\x6fExplicitHashKey");
const CBOR_RECORDS = ascii("\x67Records");

const JSON_DATA = '{"Data":"';
const JSON_PARTITION_KEY = '","PartitionKey":';
const JSON_HASH_KEY = ',"ExplicitHashKey":"';

function put(out: Buffer, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  for (let i = 0; i < length; i++) out[at + i] = bytes[i]!;
  return at + length;
}

/** The head of a CBOR item. */
function putHead(
  out: Buffer,
  at: number,
  major: number,
  argument: number,
): number {
  if (argument < 24) {
    out[at] = major | argument;
    return at + 1;
  }
  if (argument < 0x1_0000) {
    out[at] = major | 25;
    out[at + 1] = argument >> 8;
    out[at + 2] = argument;
    return at + 3;
  }
  out[at] = major | 26;
  return out.writeUInt32BE(argument, at + 1);
}

function putText(out: Buffer, at: number, text: string): number {
  const start = putHead(out, at, TEXT, Buffer.byteLength(text));
  return start + out.write(text, start);
}

/** An aggregated record by itself, to be written as text. */
function aggregate(batch: PutBatch, index: number, tools: PutTools): Buffer {
  const out = Buffer.allocUnsafe(batch.records[index]!.end);
  const end = putAggregate(out, 0, batch, index);
  tools.seals.write(out, [{ start: MESSAGE_AT, end: end + MESSAGE_END }]);
  return out;
}

function writeCbor(
  out: Buffer,
  streamField: string[],
  batch: PutBatch,
  tools: PutTools,
): number {
  const messages: TextPlace[] = [];
  const { records } = batch;
  let end = putHead(out, 0, MAP, 2);
  end = putText(out, end, streamField[0]!);
  end = putText(out, end, streamField[1]!);
  end = put(out, end, CBOR_RECORDS);
  end = putHead(out, end, ARRAY, records.length);
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    end = putHead(out, end, MAP, record.isPinned ? 3 : 2);
    end = put(out, end, CBOR_DATA);
    end = putHead(out, end, BYTES, record.end - record.start);
    const { bytes } = record;
    if (bytes === undefined) {
      const start = end + MESSAGE_AT;
      end = putAggregate(out, end, batch, i);
      messages.push({ start, end: end + MESSAGE_END });
    } else end += bytes.copy(out, end, record.start, record.end);
    end = put(out, end, CBOR_PARTITION_KEY);
    end = putText(out, end, record.partitionKey);
    if (record.isPinned) {
      end = put(out, end, CBOR_HASH_KEY);
      end = putText(out, end, record.shard.hashKey);
    }
  }
  tools.seals.write(out, messages);
  return end;
}

function writeJson(
  out: Buffer,
  streamField: string[],
  batch: PutBatch,
  tools: PutTools,
): number {
  const { records } = batch;
  const stream = `"${streamField[0]}":${JSON.stringify(streamField[1])}`;
  let end = out.write(`{${stream},"Records":[`);
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    const { bytes, start, partitionKey, isPinned } = record;
    if (i > 0) end += out.write(",", end, "latin1");
    end += out.write(JSON_DATA, end, "latin1");
    const data =
      bytes === undefined
        ? aggregate(batch, i, tools).toString("base64")
        : bytes.toString("base64", start, record.end);
    end += out.write(data, end, "latin1");
    end += out.write(JSON_PARTITION_KEY, end, "latin1");
    end += out.write(JSON.stringify(partitionKey), end);
    if (isPinned) {
      end += out.write(
        `${JSON_HASH_KEY}${record.shard.hashKey}"`,
        end,
        "latin1",
      );
    }
    end += out.write("}", end, "latin1");
  }
  return end + out.write("]}", end, "latin1");
}

/**
 * Encodes a request.
 *
 * @param batch What to put.
 * @param stream Name or ARN.
 * @param encoding CBOR, or JSON with base64.
 * @param tools Kept from one request to the next.
 */
export function encodePutRecords(
  batch: PutBatch,
  stream: string,
  encoding: KinesisEncoding,
  tools: PutTools = putTools(),
): Buffer {
  const field = stream.startsWith("arn:") ? "StreamARN" : "StreamName";
  const dataBytes =
    encoding === "cbor" ? batch.byteCount : Math.ceil(batch.byteCount / 3) * 4;
  const out = tools.bodies.take(
    BODY_EXTRA_BYTES + dataBytes + batch.records.length * RECORD_EXTRA_BYTES,
  );
  const write = encoding === "cbor" ? writeCbor : writeJson;
  return out.subarray(0, write(out, [field, stream], batch, tools));
}
