/**
 * Walks a GetRecords answer or a subscription's event in JSON: the records by
 * `get_records_json_kernel.ts` where they are plain, else parsed as a whole;
 * their data, sequence numbers and partition keys are written over the text
 * they came from then.
 *
 * @module
 */

import { arrivalToMs } from "./arrival_time.ts";
import { base64Bytes } from "./base64.ts";
import { textEntry } from "./cbor_cursor.ts";
import { childShardFrom } from "./child_shard.ts";
import { walkPlainRecords } from "./get_records_json_kernel.ts";
import type { RecordColumns } from "./record_columns.ts";
import { GarbledAnswerError } from "./request_error.ts";

type JsonMap = { readonly [key: string]: unknown };

function fail(reason: string): never {
  throw new GarbledAnswerError(`Cannot read the JSON answer: ${reason}`);
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parse(text: string): JsonMap {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  return isMap(value) ? value : fail("it is no object");
}

/** Writes strings one after the other. */
class Writer {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  #room(count: number): void {
    // Only invalid UTF-8 in the answer can make it longer than it was.
    if (count > this.bytes.length - this.at) fail("it isn't UTF-8");
  }

  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#room(length);
    this.at += this.bytes.write(text, this.at, length, "utf8");
  }

  base64(text: string): void {
    let padding = 0;
    if (text.endsWith("=")) padding = text.endsWith("==") ? 2 : 1;
    const length = base64Bytes(text.length, padding);
    if (length < 0) fail("a record's data is no base64");
    this.#room(length);
    const written = this.bytes.write(text, this.at, length, "base64");
    if (written !== length) fail("a record's data is no base64");
    this.at += length;
  }
}

function walkRecord(
  record: unknown,
  writer: Writer,
  columns: RecordColumns,
): void {
  if (!isMap(record)) fail("a record is no object");
  const { Data, SequenceNumber, PartitionKey, ApproximateArrivalTimestamp } =
    record as {
      readonly Data?: unknown;
      readonly SequenceNumber?: unknown;
      readonly PartitionKey?: unknown;
      readonly ApproximateArrivalTimestamp?: unknown;
    };
  if (typeof Data !== "string" || typeof SequenceNumber !== "string") {
    fail("a record has no data or no sequence number");
  }
  columns.reserve();
  const index = columns.recordCount;
  columns.dataStarts[index] = writer.at;
  writer.base64(Data);
  columns.dataEnds[index] = writer.at;
  columns.sequenceStarts[index] = writer.at;
  writer.text(SequenceNumber);
  columns.sequenceEnds[index] = writer.at;
  columns.keyStarts[index] = writer.at;
  if (typeof PartitionKey === "string") writer.text(PartitionKey);
  columns.keyEnds[index] = writer.at;
  columns.arrivalMs[index] =
    typeof ApproximateArrivalTimestamp === "number"
      ? arrivalToMs(ApproximateArrivalTimestamp)
      : Number.NaN;
  columns.recordCount = index + 1;
}

function textOrNull(value: unknown, name: string): string | null {
  const text = value ?? null;
  return text === null || typeof text === "string"
    ? text
    : fail(`${name} is no text`);
}

/** Enters all but the records, which it returns. */
function enterRest(text: string, columns: RecordColumns): readonly unknown[] {
  const answer = parse(text) as {
    readonly Records?: unknown;
    readonly NextShardIterator?: unknown;
    readonly ContinuationSequenceNumber?: unknown;
    readonly MillisBehindLatest?: unknown;
    readonly ChildShards?: unknown;
  };
  const records = answer.Records === null ? [] : answer.Records;
  if (!Array.isArray(records)) fail("it has no Records");
  columns.nextShardIterator = textOrNull(
    answer.NextShardIterator,
    "NextShardIterator",
  );
  columns.continuationSequenceNumber = textOrNull(
    answer.ContinuationSequenceNumber,
    "ContinuationSequenceNumber",
  );
  const behindMs = answer.MillisBehindLatest ?? 0;
  if (typeof behindMs !== "number") {
    fail("MillisBehindLatest is no number");
  }
  columns.millisBehindLatest = behindMs;
  const children = answer.ChildShards ?? [];
  if (!Array.isArray(children)) fail("ChildShards is no array");
  columns.childShards = children.map(
    (child) => childShardFrom(child) ?? fail("a child shard is odd"),
  );
  return records;
}

/** The same as `walkGetRecordsJson`, all by JSON.parse. */
export function parseGetRecordsJson(
  bytes: Buffer,
  length: number,
  columns: RecordColumns,
): void {
  columns.reset(bytes);
  const records = enterRest(bytes.toString("utf8", 0, length), columns);
  const writer = new Writer(bytes);
  for (const record of records) walkRecord(record, writer, columns);
}

/**
 * Walks an answer.
 *
 * @param bytes Holds the answer from its start; may be overwritten.
 * @param length The answer's bytes; the buffer may be longer.
 * @param columns Filled; they say what they point into, and hold until the next
 * answer of the thread is walked.
 * @throws {GarbledAnswerError} If it isn't one whole GetRecords answer.
 */
export function walkGetRecordsJson(
  bytes: Buffer,
  length: number,
  columns: RecordColumns,
): void {
  columns.reset(bytes);
  const rest = walkPlainRecords(bytes, length, columns);
  if (rest !== undefined) enterRest(rest, columns);
  else parseGetRecordsJson(bytes, length, columns);
}

/** The code and the message of a refusal in JSON; empty where it has none. */
export function refusalFromJson(
  bytes: Buffer,
  length: number,
): { readonly code: string; readonly message: string } {
  const map = parse(bytes.toString("utf8", 0, length));
  return {
    code: textEntry(map, "__type") || textEntry(map, "code"),
    message: textEntry(map, "message") || textEntry(map, "Message"),
  };
}
