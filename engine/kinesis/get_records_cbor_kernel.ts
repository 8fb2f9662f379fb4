// Hot path: one call for each Kinesis record of a CBOR answer.
// Avoids: an object a record, a copy of its data, and the general cursor's
//   fields and closures, which cost several times the walk itself.
// Trick: a record in the service's own shape (a short map of known keys with
//   definite strings) is walked by locals only; bounds are checked once for an
//   entry's heads and once for its string. Anything else, and anything within
//   HEADS_MAX bytes of the answer's end, returns -1 and is read again by
//   `walkAnyRecord` (get_records_cbor.ts), which is also what the property
//   tests compare with.
// Gives up: readability, and the rule of at most three parameters.
// Bench: perf/wire_bench.ts, "CBOR walk".
import { arrivalToMs, type RecordColumns } from "./record_columns.ts";

/** Longest key with its head, and the longest head of a value with a tag. */
const HEADS_MAX = 29 + 10;

const DATA = Buffer.from("Data");
const SEQUENCE_NUMBER = Buffer.from("SequenceNumber");
const PARTITION_KEY = Buffer.from("PartitionKey");
const ENCRYPTION_TYPE = Buffer.from("EncryptionType");
const ARRIVAL = Buffer.from("ApproximateArrivalTimestamp");

const HAS_DATA = 1;
const HAS_SEQUENCE = 2;
const HAS_KEY = 4;
const HAS_ARRIVAL = 8;
const HAS_NEEDED = HAS_DATA | HAS_SEQUENCE;

/** Where a walk stands; the end is exclusive. */
interface Place {
  readonly at: number;
  readonly end: number;
}

function isKey(bytes: Buffer, at: number, key: Buffer): boolean {
  for (let index = 0; index < key.length; index++) {
    if (bytes[at + index] !== key[index]) return false;
  }
  return true;
}

const float = new DataView(new ArrayBuffer(8));

function doubleAt(bytes: Buffer, at: number): number {
  for (let index = 0; index < 8; index++) {
    float.setUint8(index, bytes[at + index]!);
  }
  return float.getFloat64(0);
}

function uint32At(bytes: Buffer, at: number): number {
  return (
    bytes[at]! * 0x1000000 +
    ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
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
  const { end } = place;
  let at = place.at;
  if (at >= end) return -1;
  const entries = bytes[at++]! - 0xa0;
  if (entries < 0 || entries > 23) return -1;
  columns.reserve();
  const record = columns.recordCount;
  let has = 0;
  for (let entry = 0; entry < entries; entry++) {
    if (end - at < HEADS_MAX) return -1;
    const keyHead = bytes[at++]!;
    let bit: number;
    if (keyHead === 0x64) {
      if (!isKey(bytes, at, DATA)) return -1;
      at += 4;
      bit = HAS_DATA;
    } else if (keyHead === 0x6e) {
      if (isKey(bytes, at, SEQUENCE_NUMBER)) bit = HAS_SEQUENCE;
      else if (isKey(bytes, at, ENCRYPTION_TYPE)) bit = 0;
      else return -1;
      at += 14;
    } else if (keyHead === 0x6c) {
      if (!isKey(bytes, at, PARTITION_KEY)) return -1;
      at += 12;
      bit = HAS_KEY;
    } else if (keyHead === 0x78 && bytes[at] === 27) {
      if (!isKey(bytes, at + 1, ARRIVAL)) return -1;
      at += 28;
      bit = HAS_ARRIVAL;
    } else return -1;
    has |= bit;

    let head = bytes[at++]!;
    if (bit === HAS_ARRIVAL) {
      if (head === 0xc1) head = bytes[at++]!;
      let value: number;
      if (head === 0x1b) {
        value = uint32At(bytes, at) * 4294967296 + uint32At(bytes, at + 4);
        at += 8;
      } else if (head === 0xfb) {
        value = doubleAt(bytes, at);
        at += 8;
      } else if (head === 0x1a) {
        value = uint32At(bytes, at);
        at += 4;
      } else return -1;
      columns.arrivalMs[record] = arrivalToMs(value);
      continue;
    }

    // A byte string for data, text for all others.
    const info = head - (bit === HAS_DATA ? 0x40 : 0x60);
    let length: number;
    if (info < 0) return -1;
    if (info < 24) length = info;
    else if (info === 24) length = bytes[at++]!;
    else if (info === 25) {
      length = (bytes[at]! << 8) | bytes[at + 1]!;
      at += 2;
    } else if (info === 26) {
      length = uint32At(bytes, at);
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
  if ((has & HAS_NEEDED) !== HAS_NEEDED) return -1;
  if ((has & HAS_KEY) === 0) {
    columns.keyStarts[record] = 0;
    columns.keyEnds[record] = 0;
  }
  if ((has & HAS_ARRIVAL) === 0) columns.arrivalMs[record] = NaN;
  columns.recordCount = record + 1;
  return at;
}
