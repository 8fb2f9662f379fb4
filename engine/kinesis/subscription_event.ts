/**
 * The payload of a SubscribeToShardEvent: like a GetRecords answer, with a
 * sequence number to go on from in place of an iterator.
 *
 * @module
 */
import { walkGetRecordsCbor } from "./get_records_cbor.ts";
import { walkGetRecordsJson } from "./get_records_json.ts";
import type { RecordColumns } from "./record_columns.ts";
import { GarbledAnswerError } from "./request_error.ts";
import { isSequenceNumber } from "./sequence_number.ts";

/** `{`. No CBOR map begins with it, and every JSON object does. */
const BRACE = 0x7b;

/**
 * Walks an event. Its first byte tells the encoding: not every service names
 * it, and not every service answers in the request's.
 *
 * @param payload The event and nothing else; may be overwritten.
 * @param columns Filled; they say what they point into, and hold until the next
 * answer of the thread is walked.
 * @throws {GarbledAnswerError} If it isn't one whole event.
 */
export function walkEvent(payload: Buffer, columns: RecordColumns): void {
  const walk = payload[0] === BRACE ? walkGetRecordsJson : walkGetRecordsCbor;
  walk(payload, payload.length, columns);
  const { continuationSequenceNumber: next } = columns;
  if (next !== null && !isSequenceNumber(next)) {
    throw new GarbledAnswerError(
      `Cannot read the event as "${next}" is no sequence number`,
    );
  }
}
