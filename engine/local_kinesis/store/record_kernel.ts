// Hot path: one call for each record put, one for each record read as JSON.
// Avoids: encoding a record again at each read. It is kept as the CBOR map of
//   the GetRecords answer, so that a CBOR answer is slices of what is stored.
// Trick: everything up to the data has fixed places, so it is copied from a
//   template and only the numbers are written into it.
// Gives up: a free order of the members, and a general encoder.
// Plain reference: encodeRecord() in test/engine/local_kinesis/reference.ts.
// Bench: `perf/local_kinesis_bench.ts`.
import { SEQUENCE_DIGITS } from "./sequence_numbers.ts";

// A map and its members as the service writes them: of indefinite length.
const BEFORE_SEQUENCE = Buffer.from("\xbf\x6eSequenceNumber\x78\x38", "latin1");
const BEFORE_ARRIVAL = Buffer.from(
  "\x78\x1bApproximateArrivalTimestamp\x1b",
  "latin1",
);
const BEFORE_DATA = Buffer.from("\x64Data", "latin1");
const BEFORE_KEY = Buffer.from("\x6cPartitionKey", "latin1");
const BREAK = 0xff;
const BYTES = 0x40;
const TEXT = 0x60;

const SEQUENCE_AT = BEFORE_SEQUENCE.length;
const ARRIVAL_AT = SEQUENCE_AT + SEQUENCE_DIGITS + BEFORE_ARRIVAL.length;
const DATA_HEAD_AT = ARRIVAL_AT + 8 + BEFORE_DATA.length;

/** Bytes of a stored record beside data, key and the heads of these two. */
export const RECORD_OVERHEAD_BYTES: number =
  DATA_HEAD_AT + BEFORE_KEY.length + 1;

/** Bytes of the smallest stored record: no data, a key of one letter. */
export const STORED_BYTES_MIN: number = RECORD_OVERHEAD_BYTES + 1 + 1 + 1;

/** The fixed part of a record. */
const TEMPLATE = Buffer.alloc(DATA_HEAD_AT);
BEFORE_SEQUENCE.copy(TEMPLATE, 0);
BEFORE_ARRIVAL.copy(TEMPLATE, SEQUENCE_AT + SEQUENCE_DIGITS);
BEFORE_DATA.copy(TEMPLATE, ARRIVAL_AT + 8);

function headBytes(length: number): number {
  if (length < 24) return 1;
  if (length < 0x100) return 2;
  return length < 0x1_0000 ? 3 : 5;
}

/** Bytes of a stored record. */
export function storedBytes(dataBytes: number, keyBytes: number): number {
  return (
    RECORD_OVERHEAD_BYTES +
    headBytes(dataBytes) +
    dataBytes +
    headBytes(keyBytes) +
    keyBytes
  );
}

function writeHead(bytes: Buffer, at: number, major: number, length: number) {
  if (length < 24) {
    bytes[at] = major | length;
    return at + 1;
  }
  if (length < 0x100) {
    bytes[at] = major | 24;
    bytes[at + 1] = length;
    return at + 2;
  }
  if (length < 0x1_0000) {
    bytes[at] = major | 25;
    return bytes.writeUInt16BE(length, at + 1);
  }
  bytes[at] = major | 26;
  return bytes.writeUInt32BE(length, at + 1);
}

/**
 * Writes a record's end: data, key and the closing byte.
 *
 * @returns The offset after it.
 */
function writeRest(
  bytes: Buffer,
  at: number,
  data: Uint8Array,
  key: Uint8Array,
): number {
  let next = writeHead(bytes, at, BYTES, data.length);
  bytes.set(data, next);
  next += data.length;
  bytes.set(BEFORE_KEY, next);
  next = writeHead(bytes, next + BEFORE_KEY.length, TEXT, key.length);
  bytes.set(key, next);
  next += key.length;
  bytes[next] = BREAK;
  return next + 1;
}

/**
 * Writes a record; there must be room for its {@linkcode storedBytes}.
 *
 * @param bytes The chunk.
 * @param at Where in it.
 * @param sequenceNumber Of the record.
 * @param arrivalMs Epoch milliseconds.
 * @param data What it carries.
 * @param key Its partition key, UTF-8.
 * @returns The offset after it.
 */
export function writeRecord(
  bytes: Buffer,
  at: number,
  sequenceNumber: string,
  arrivalMs: number,
  data: Uint8Array,
  key: Uint8Array,
): number {
  bytes.set(TEMPLATE, at);
  bytes.write(sequenceNumber, at + SEQUENCE_AT, "latin1");
  bytes.writeUInt32BE(Math.floor(arrivalMs / 2 ** 32), at + ARRIVAL_AT);
  bytes.writeUInt32BE(arrivalMs >>> 0, at + ARRIVAL_AT + 4);
  return writeRest(bytes, at + DATA_HEAD_AT, data, key);
}

/** Arrival of the stored record at an offset, epoch milliseconds. */
export function arrivalMsAt(bytes: Buffer, at: number): number {
  return (
    bytes.readUInt32BE(at + ARRIVAL_AT) * 2 ** 32 +
    bytes.readUInt32BE(at + ARRIVAL_AT + 4)
  );
}

/** Sequence number of the stored record at an offset. */
export function sequenceNumberAt(bytes: Buffer, at: number): string {
  const start = at + SEQUENCE_AT;
  return bytes.toString("latin1", start, start + SEQUENCE_DIGITS);
}

/** The length behind a head, and where the string starts. */
function stringAt(bytes: Buffer, at: number): [start: number, end: number] {
  const info = bytes[at]! & 31;
  if (info < 24) return [at + 1, at + 1 + info];
  if (info === 24) return [at + 2, at + 2 + bytes[at + 1]!];
  if (info === 25) return [at + 3, at + 3 + bytes.readUInt16BE(at + 1)];
  return [at + 5, at + 5 + bytes.readUInt32BE(at + 1)];
}

/**
 * The stored record at an offset as JSON text, data in base64, time in
 * seconds.
 */
export function recordJsonAt(bytes: Buffer, at: number): string {
  const [dataStart, dataEnd] = stringAt(bytes, at + DATA_HEAD_AT);
  const [keyStart, keyEnd] = stringAt(bytes, dataEnd + BEFORE_KEY.length);
  const data = bytes.toString("base64", dataStart, dataEnd);
  const key = JSON.stringify(bytes.toString("utf8", keyStart, keyEnd));
  const arrival = arrivalMsAt(bytes, at) / 1_000;
  const sequence = sequenceNumberAt(bytes, at);
  return `{"SequenceNumber":"${sequence}","ApproximateArrivalTimestamp":${arrival},"Data":"${data}","PartitionKey":${key}}`;
}
