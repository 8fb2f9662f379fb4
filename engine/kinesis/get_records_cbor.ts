/**
 * Walks a GetRecords answer or a subscription's event in CBOR, in place:
 * whatever shape it has that means one.
 *
 * What is plain is walked by WebAssembly, where the columns have a memory for it
 * (`text_memory_kernel.ts`), or by `get_records_cbor_kernel.ts`; the rest by a
 * cursor.
 *
 * Taken as they come: data as a byte string or as base64 text; times as
 * seconds or milliseconds, integers or floats; tags; strings, arrays and maps
 * of unknown length. Base64 and split strings are put together where they lie,
 * so a buffer can be walked only once.
 *
 * @module
 */

import { arrivalToMs } from "./arrival_time.ts";
import { base64InPlace } from "./base64.ts";
import {
  CborCursor,
  type CborValue,
  INDEFINITE,
  MAJOR,
  textEntry,
} from "./cbor_cursor.ts";
import { childShardFrom } from "./child_shard.ts";
import { walkPlainRecord } from "./get_records_cbor_kernel.ts";
import type { RecordColumns } from "./record_columns.ts";
import type { TextMemory } from "./text_memory_kernel.ts";
import { ODD_RECORDS_MAX, WALK_ROWS } from "./walk_code.ts";

/** Reads a record's data into `start` and `stop`. */
function readData(cursor: CborCursor): void {
  cursor.head();
  const { major } = cursor;
  if (major !== MAJOR.bytes && major !== MAJOR.text) {
    cursor.fail("a record's data is no string");
  }
  cursor.string();
  if (major === MAJOR.bytes) return;
  const stop = base64InPlace(cursor.bytes, cursor.start, cursor.stop);
  if (stop < 0) cursor.fail("a record's data is no base64");
  cursor.stop = stop;
}

function readArrival(cursor: CborCursor): number {
  cursor.head();
  if (cursor.isNull()) return Number.NaN;
  return arrivalToMs(cursor.number("an arrival time"));
}

/** One entry of a record; the key was read. */
function readEntry(
  cursor: CborCursor,
  columns: RecordColumns,
  record: number,
): "data" | "sequence" | undefined {
  if (cursor.isText("Data")) {
    readData(cursor);
    columns.dataStarts[record] = cursor.start;
    columns.dataEnds[record] = cursor.stop;
    return "data";
  }
  if (cursor.isText("SequenceNumber")) {
    cursor.text("a sequence number");
    columns.sequenceStarts[record] = cursor.start;
    columns.sequenceEnds[record] = cursor.stop;
    return "sequence";
  }
  if (cursor.isText("PartitionKey")) {
    cursor.text("a partition key");
    columns.keyStarts[record] = cursor.start;
    columns.keyEnds[record] = cursor.stop;
  } else if (cursor.isText("ApproximateArrivalTimestamp")) {
    columns.arrivalMs[record] = readArrival(cursor);
  } else {
    cursor.skip();
  }
  return undefined;
}

/** One record of any shape. */
export function walkAnyRecord(
  cursor: CborCursor,
  columns: RecordColumns,
): void {
  columns.reserve();
  const record = columns.recordCount;
  columns.keyStarts[record] = 0;
  columns.keyEnds[record] = 0;
  columns.arrivalMs[record] = Number.NaN;
  let hasData = false;
  let hasSequence = false;
  cursor.head();
  if (cursor.major !== MAJOR.map) cursor.fail("a record is no map");
  cursor.forEach(cursor.argument, () => {
    cursor.text("a record's key");
    const entry = readEntry(cursor, columns, record);
    hasData ||= entry === "data";
    hasSequence ||= entry === "sequence";
  });
  if (!hasData || !hasSequence) {
    cursor.fail("a record has no data or no sequence number");
  }
  columns.recordCount = record + 1;
}

function walkRecord(cursor: CborCursor, columns: RecordColumns): void {
  const after = walkPlainRecord(cursor.bytes, cursor, columns);
  if (after < 0) walkAnyRecord(cursor, columns);
  else cursor.at = after;
}

/** Walks records that lie in the columns' memory then. */
function walkInto(
  memory: TextMemory,
  cursor: CborCursor,
  columns: RecordColumns,
): void {
  const isSlot = cursor.bytes === memory.bytes;
  if (isSlot) memory.beginSlot(cursor.end);
  else memory.begin(cursor.bytes, cursor.end);
  columns.lieIn(memory);
  const count = cursor.argument;
  let oddLeft = ODD_RECORDS_MAX;
  for (;;) {
    const before = columns.recordCount;
    const rest = count === INDEFINITE ? WALK_ROWS : count - before;
    if (oddLeft > 0 && before < WALK_ROWS) {
      const rowLimit = Math.min(WALK_ROWS, before + rest);
      const { at } = cursor;
      const range = { at, row: before, rowLimit };
      cursor.at = isSlot
        ? memory.walkSlot(range, cursor.end)
        : memory.walk("cbor", range);
      columns.recordCount = memory.walkedRows;
    }
    if (columns.recordCount === count) break;
    if (count === INDEFINITE && cursor.takeBreak()) break;
    const { at } = cursor;
    walkRecord(cursor, columns);
    if (!isSlot) memory.copyAgain(at, cursor.at);
    oddLeft--;
  }
  columns.bytes = memory.bytes;
}

function walkRecords(cursor: CborCursor, columns: RecordColumns): void {
  cursor.head();
  if (cursor.isNull()) return;
  if (cursor.major !== MAJOR.array) cursor.fail("Records is no array");
  columns.recordCount = 0;
  const { memory } = columns;
  const isInto =
    cursor.bytes === memory?.bytes || memory?.hasRoom(cursor.end) === true;
  if (isInto) walkInto(memory, cursor, columns);
  else cursor.forEach(cursor.argument, () => walkRecord(cursor, columns));
}

function childShards(cursor: CborCursor, value: CborValue) {
  if (value === null) return [];
  if (!Array.isArray(value)) return cursor.fail("ChildShards is no array");
  return value.map(
    (child) => childShardFrom(child) ?? cursor.fail("a child shard is odd"),
  );
}

/** One entry of the answer; the key was read. */
function walkEntry(cursor: CborCursor, columns: RecordColumns): void {
  if (cursor.isText("Records")) walkRecords(cursor, columns);
  else if (cursor.isText("NextShardIterator")) {
    const value = cursor.value();
    if (value !== null && typeof value !== "string") {
      cursor.fail("NextShardIterator is no text");
    }
    columns.nextShardIterator = value;
  } else if (cursor.isText("ContinuationSequenceNumber")) {
    const value = cursor.value();
    if (value !== null && typeof value !== "string") {
      cursor.fail("ContinuationSequenceNumber is no text");
    }
    columns.continuationSequenceNumber = value;
  } else if (cursor.isText("MillisBehindLatest")) {
    cursor.head();
    columns.millisBehindLatest = cursor.isNull()
      ? 0
      : cursor.number("MillisBehindLatest");
  } else if (cursor.isText("ChildShards")) {
    columns.childShards = childShards(cursor, cursor.value());
  } else {
    cursor.skip();
  }
}

/** At an answer; over the whole memory where it lies in one of its slots. */
function cursorOver(
  bytes: Buffer,
  length: number,
  memory: TextMemory | undefined,
): CborCursor {
  const slotAt = memory?.slotAt(bytes) ?? -1;
  return memory === undefined || slotAt < 0
    ? new CborCursor(bytes, length)
    : new CborCursor(memory.bytes, slotAt + length, slotAt);
}

/**
 * Walks an answer.
 *
 * @param bytes Holds the answer from its start; changed, see above.
 * @param length The answer's bytes; the buffer may be longer.
 * @param columns Filled; they point into `bytes`, or into their memory.
 * @throws {GarbledAnswerError} If it isn't one whole GetRecords answer.
 */
export function walkGetRecordsCbor(
  bytes: Buffer,
  length: number,
  columns: RecordColumns,
): void {
  columns.reset(bytes);
  const cursor = cursorOver(bytes, length, columns.memory);
  cursor.head();
  if (cursor.major !== MAJOR.map) cursor.fail("it is no map");
  let hasRecords = false;
  cursor.forEach(cursor.argument, () => {
    cursor.text("a key");
    hasRecords ||= cursor.isText("Records");
    walkEntry(cursor, columns);
  });
  if (!hasRecords) cursor.fail("it has no Records");
  if (cursor.at !== cursor.end) cursor.fail("something follows it");
}

/**
 * The code and the message of a refusal in CBOR.
 *
 * @throws {GarbledAnswerError} If it isn't a map.
 */
export function refusalFromCbor(
  bytes: Buffer,
  length: number,
): { readonly code: string; readonly message: string } {
  const cursor = new CborCursor(bytes, length);
  const value = cursor.value();
  if (value === null || typeof value !== "object") {
    return cursor.fail("it is no map");
  }
  const map = value as { readonly [key: string]: CborValue };
  return {
    code: textEntry(map, "__type"),
    message: textEntry(map, "message") || textEntry(map, "Message"),
  };
}
