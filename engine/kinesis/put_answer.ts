/**
 * Answers to PutRecords, in CBOR and JSON.
 *
 * @module
 */
import { CborCursor, MAJOR } from "./cbor_cursor.ts";
import { GarbledAnswerError } from "./request_error.ts";

/** What became of one record. */
export interface PutOutcome {
  /** Empty when the stream has taken it. */
  readonly errorCode: string;
  readonly errorMessage: string;
  /** Where it went; empty after an error. */
  readonly shardId: string;
}

function stringEntry(cursor: CborCursor): string {
  cursor.head();
  if (cursor.isNull()) return "";
  if (cursor.major !== MAJOR.text) cursor.fail("a field is no text");
  cursor.string();
  return cursor.bytes.toString("latin1", cursor.start, cursor.stop);
}

function readOutcome(cursor: CborCursor): PutOutcome {
  let errorCode = "";
  let errorMessage = "";
  let shardId = "";
  cursor.head();
  if (cursor.major !== MAJOR.map) cursor.fail("a record is no map");
  cursor.forEach(cursor.argument, () => {
    cursor.text("a key");
    if (cursor.isText("ShardId")) shardId = stringEntry(cursor);
    else if (cursor.isText("ErrorCode")) errorCode = stringEntry(cursor);
    else if (cursor.isText("ErrorMessage")) errorMessage = stringEntry(cursor);
    else cursor.skip();
  });
  return { errorCode, errorMessage, shardId };
}

/**
 * Reads an answer in CBOR.
 *
 * @returns One outcome a record, in their order.
 * @throws {GarbledAnswerError} If it is none.
 */
export function putOutcomesFromCbor(bytes: Buffer): PutOutcome[] {
  const cursor = new CborCursor(bytes, bytes.length);
  const outcomes: PutOutcome[] = [];
  cursor.head();
  if (cursor.major !== MAJOR.map) cursor.fail("it is no map");
  cursor.forEach(cursor.argument, () => {
    cursor.text("a key");
    if (!cursor.isText("Records")) {
      cursor.skip();
      return;
    }
    cursor.head();
    if (cursor.major !== MAJOR.array) cursor.fail("Records is no array");
    cursor.forEach(cursor.argument, () => {
      outcomes.push(readOutcome(cursor));
    });
  });
  return outcomes;
}

/**
 * Reads an answer in JSON.
 *
 * @returns One outcome a record, in their order.
 * @throws {GarbledAnswerError} If it is none.
 */
export function putOutcomesFromJson(bytes: Buffer): PutOutcome[] {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new GarbledAnswerError(
      `Cannot read ${bytes.length} bytes as the answer to PutRecords: they are no JSON`,
      { cause: error },
    );
  }
  const { Records: records } = (value ?? {}) as { readonly Records?: unknown };
  if (!Array.isArray(records)) {
    throw new GarbledAnswerError(
      "Cannot read the answer to PutRecords: it has no Records",
    );
  }
  const text = (entry: unknown) => (typeof entry === "string" ? entry : "");
  return records.map((record) => ({
    errorCode: text(record?.ErrorCode),
    errorMessage: text(record?.ErrorMessage),
    shardId: text(record?.ShardId),
  }));
}
