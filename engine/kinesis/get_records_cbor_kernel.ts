// Hot path: one call for each Kinesis record of a CBOR answer.
// Avoids: an object a record, a copy of its data, and the general cursor's
//   fields and closures, which cost several times the walk itself.
// Trick: a record in the service's own shape (a map of known keys with
//   definite strings) is walked by locals only; bounds are checked once for an
//   entry's heads and once for its string. Anything else, and anything within
//   HEADS_MAX bytes of the answer's end, returns -1 and is read again by
//   `walkAnyRecord` (get_records_cbor.ts), which is also what the property
//   tests compare with.
// Gives up: readability, and the rule of at most three parameters.
// Bench: perf/wire_bench.ts, "CBOR walk": 0.05 to 0.11 CPU s for a million
//   records, against 0.55 by the cursor ("records of another shape"; Node
//   20.20, November 2026, a busy machine).
import { arrivalToMs } from "./arrival_time.ts";
import type { RecordColumns } from "./record_columns.ts";

/** Longest key with its head, and the longest head of a value with a tag. */
const HEADS_MAX = 29 + 10;

/** Four characters as one number, as `getUint32` reads them. */
function word(text: string, at: number): number {
  return Buffer.from(text).readUInt32BE(at);
}

const DATA = word("Data", 0);
const SEQU = word("SequenceNumber", 0);
const ENCE = word("SequenceNumber", 4);
const NUMB = word("SequenceNumber", 8);
const MBER = word("SequenceNumber", 10);
const ENCR = word("EncryptionType", 0);
const YPTI = word("EncryptionType", 4);
const ONTY = word("EncryptionType", 8);
const TYPE = word("EncryptionType", 10);
const PART = word("PartitionKey", 0);
const ITIO = word("PartitionKey", 4);
const NKEY = word("PartitionKey", 8);
const APPR = word("ApproximateArrivalTimestamp", 0);
const OXIM = word("ApproximateArrivalTimestamp", 4);
const ATEA = word("ApproximateArrivalTimestamp", 8);
const RRIV = word("ApproximateArrivalTimestamp", 12);
const ALTI = word("ApproximateArrivalTimestamp", 16);
const MEST = word("ApproximateArrivalTimestamp", 20);
const TAMP = word("ApproximateArrivalTimestamp", 23);

const OPEN_MAP = 0xbf;
const BREAK = 0xff;
const ENTRIES_MAX = 23;

const HAS_DATA = 1;
const HAS_SEQUENCE = 2;
const HAS_KEY = 4;
const HAS_ARRIVAL = 8;
const HAS_NEEDED = HAS_DATA | HAS_SEQUENCE;

/** Where a walk stands; the end is exclusive. */
interface Place {
  readonly at: number;
  readonly end: number;
  /** Of the answer's bytes. */
  readonly view: DataView;
}

function isSequenceNumber(view: DataView, at: number): boolean {
  return (
    view.getUint32(at) === SEQU &&
    view.getUint32(at + 4) === ENCE &&
    view.getUint32(at + 8) === NUMB &&
    view.getUint32(at + 10) === MBER
  );
}

function isEncryptionType(view: DataView, at: number): boolean {
  return (
    view.getUint32(at) === ENCR &&
    view.getUint32(at + 4) === YPTI &&
    view.getUint32(at + 8) === ONTY &&
    view.getUint32(at + 10) === TYPE
  );
}

function isPartitionKey(view: DataView, at: number): boolean {
  return (
    view.getUint32(at) === PART &&
    view.getUint32(at + 4) === ITIO &&
    view.getUint32(at + 8) === NKEY
  );
}

function isArrival(view: DataView, at: number): boolean {
  return (
    view.getUint32(at) === APPR &&
    view.getUint32(at + 4) === OXIM &&
    view.getUint32(at + 8) === ATEA &&
    view.getUint32(at + 12) === RRIV &&
    view.getUint32(at + 16) === ALTI &&
    view.getUint32(at + 20) === MEST &&
    view.getUint32(at + 23) === TAMP
  );
}

/**
 * Walks one record in the usual shape and enters it into the columns.
 *
 * @param bytes The answer.
 * @param place Offset of the record, and the end of the answer.
 * @param columns Get one record more on success, and only then.
 * @returns The offset after the record, or -1 if it has another shape.
 */
export function walkPlainRecord(
  bytes: Buffer,
  place: Place,
  columns: RecordColumns,
): number {
  const { end, view } = place;
  let at = place.at;
  if (at >= end) return -1;
  // A map of unknown length, as the service writes it, or a short one.
  const head = bytes[at++]!;
  const isOpen = head === OPEN_MAP;
  const entries = isOpen ? ENTRIES_MAX : head - 0xa0;
  if (entries < 0 || entries > ENTRIES_MAX) return -1;
  columns.reserve();
  const record = columns.recordCount;
  let has = 0;
  let entry = 0;
  for (; entry < entries; entry++) {
    if (isOpen && at < end && bytes[at] === BREAK) break;
    if (end - at < HEADS_MAX) return -1;
    const keyHead = bytes[at++]!;
    let bit: number;
    if (keyHead === 0x64) {
      if (view.getUint32(at) !== DATA) return -1;
      at += 4;
      bit = HAS_DATA;
    } else if (keyHead === 0x6e) {
      if (isSequenceNumber(view, at)) bit = HAS_SEQUENCE;
      else if (isEncryptionType(view, at)) bit = 0;
      else return -1;
      at += 14;
    } else if (keyHead === 0x6c) {
      if (!isPartitionKey(view, at)) return -1;
      at += 12;
      bit = HAS_KEY;
    } else if (keyHead === 0x78 && bytes[at] === 27) {
      if (!isArrival(view, at + 1)) return -1;
      at += 28;
      bit = HAS_ARRIVAL;
    } else return -1;
    has |= bit;

    let valueHead = bytes[at++]!;
    if (bit === HAS_ARRIVAL) {
      if (valueHead === 0xc1) valueHead = bytes[at++]!;
      let value: number;
      if (valueHead === 0x1b) {
        value = view.getUint32(at) * 4294967296 + view.getUint32(at + 4);
        at += 8;
      } else if (valueHead === 0xfb) {
        value = view.getFloat64(at);
        at += 8;
      } else if (valueHead === 0x1a) {
        value = view.getUint32(at);
        at += 4;
      } else return -1;
      columns.arrivalMs[record] = arrivalToMs(value);
      continue;
    }

    // A byte string for data, text for all others.
    const info = valueHead - (bit === HAS_DATA ? 0x40 : 0x60);
    let length: number;
    if (info < 0) return -1;
    if (info < 24) length = info;
    else if (info === 24) length = bytes[at++]!;
    else if (info === 25) {
      length = view.getUint16(at);
      at += 2;
    } else if (info === 26) {
      length = view.getUint32(at);
      at += 4;
    } else return -1;
    if (length > end - at) return -1;
    if (bit === HAS_DATA) {
      columns.dataStarts[record] = at;
      columns.dataEnds[record] = at + length;
    } else if (bit === HAS_SEQUENCE) {
      columns.sequenceStarts[record] = at;
      columns.sequenceEnds[record] = at + length;
    } else if (bit === HAS_KEY) {
      columns.keyStarts[record] = at;
      columns.keyEnds[record] = at + length;
    }
    at += length;
  }
  if (isOpen && entry === entries) return -1;
  if (!complete(columns, has)) return -1;
  return isOpen ? at + 1 : at;
}

/** Enters a record that has what it needs. */
function complete(columns: RecordColumns, has: number): boolean {
  if ((has & HAS_NEEDED) !== HAS_NEEDED) return false;
  const record = columns.recordCount;
  if ((has & HAS_KEY) === 0) {
    columns.keyStarts[record] = 0;
    columns.keyEnds[record] = 0;
  }
  if ((has & HAS_ARRIVAL) === 0) columns.arrivalMs[record] = NaN;
  columns.recordCount = record + 1;
  return true;
}
