// Hot path: one call for each PutRecords request in CBOR.
// Avoids: a decoded copy of every record and its check against the shapes,
//   together more than half of what such a request cost.
// Trick: a request that holds nothing but what producers send (members known,
//   strings of definite length, keys in ASCII) is walked by offsets; data and
//   keys stay views of the request. Anything else gives `undefined` and is
//   read again by `readPutRecords`, which also words all refusals.
// Gives up: readability, and the rule of at most three parameters.
// Bench: `perf/local_kinesis_bench.ts`, "PutRecords cbor".
import { PARTITION_KEY_LENGTH_MAX, PUT_RECORDS_COUNT_MAX } from "../limits.ts";
import type { PutRecordsInput, RecordInput } from "./record_input.ts";

const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const BREAK = 0xff;
const INDEFINITE = -1;

const DATA = Buffer.from("Data");
const PARTITION_KEY = Buffer.from("PartitionKey");
const EXPLICIT_HASH_KEY = Buffer.from("ExplicitHashKey");
const RECORDS = Buffer.from("Records");
const STREAM_NAME = Buffer.from("StreamName");

const STREAM_ARN = Buffer.from("StreamARN");

const STREAM_ARN_REGEXP =
  /^arn:aws[\w-]*:kinesis:[\w-]+:\d{12}:stream\/[\w.-]+$/;
const STREAM_NAME_REGEXP = /^[a-zA-Z0-9_.-]{1,128}$/;
const HASH_KEY_REGEXP = /^(?:0|[1-9]\d{0,38})$/;

/** Thrown for whatever isn't plain; carries nothing. */
const NOT_PLAIN = new Error("Not a plain PutRecords request");

let bytes: Buffer = Buffer.alloc(0);
let at = 0;
/** Length or count of the last head. */
let argument = 0;

/** Reads a head of one major type. */
function head(major: number): void {
  const initial = bytes[at]!;
  if (initial >> 5 !== major) throw NOT_PLAIN;
  const info = initial & 31;
  if (info < 24) {
    argument = info;
    at += 1;
  } else if (info === 24) {
    argument = bytes[at + 1]!;
    at += 2;
  } else if (info === 25) {
    argument = (bytes[at + 1]! << 8) | bytes[at + 2]!;
    at += 3;
  } else if (info === 26) {
    argument = bytes.readUInt32BE(at + 1);
    at += 5;
  } else if (info === 31 && major >= ARRAY) {
    argument = INDEFINITE;
    at += 1;
  } else throw NOT_PLAIN;
}

/** Reads a string and returns where it starts; it ends at `at`. */
function string(major: number): number {
  head(major);
  const start = at;
  at += argument;
  if (at > bytes.length) throw NOT_PLAIN;
  return start;
}

/** Whether there is another item of a list or map, `left` of which remain. */
function hasMore(left: number): boolean {
  if (left !== INDEFINITE) return left > 0;
  if (bytes[at] !== BREAK) return true;
  at++;
  return false;
}

function isName(start: number, name: Buffer): boolean {
  if (at - start !== name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if (bytes[start + index] !== name[index]) return false;
  }
  return true;
}

/** A text of an ASCII pattern; in latin1 nothing else can match one. */
function matching(pattern: RegExp): string {
  const start = string(TEXT);
  const text = bytes.toString("latin1", start, at);
  if (!pattern.test(text)) throw NOT_PLAIN;
  return text;
}

function partitionKey(): Uint8Array {
  const start = string(TEXT);
  if (argument === 0 || argument > PARTITION_KEY_LENGTH_MAX) throw NOT_PLAIN;
  for (let index = start; index < at; index++) {
    if (bytes[index]! >= 0x80) throw NOT_PLAIN;
  }
  return bytes.subarray(start, at);
}

function record(): RecordInput {
  let data: Uint8Array | undefined;
  let key: Uint8Array | undefined;
  let hashKey: string | undefined;
  head(MAP);
  for (let left = argument; hasMore(left); left -= left > 0 ? 1 : 0) {
    const name = string(TEXT);
    if (isName(name, DATA)) {
      const start = string(BYTES);
      data = bytes.subarray(start, at);
    } else if (isName(name, PARTITION_KEY)) key = partitionKey();
    else if (isName(name, EXPLICIT_HASH_KEY)) {
      hashKey = matching(HASH_KEY_REGEXP);
    } else throw NOT_PLAIN;
  }
  if (data === undefined || key === undefined) throw NOT_PLAIN;
  return { data, key, explicitHashKey: hashKey };
}

function records(): readonly RecordInput[] {
  const result: RecordInput[] = [];
  head(ARRAY);
  for (let left = argument; hasMore(left); left -= left > 0 ? 1 : 0) {
    if (result.length >= PUT_RECORDS_COUNT_MAX) throw NOT_PLAIN;
    result.push(record());
  }
  if (result.length === 0) throw NOT_PLAIN;
  return result;
}

function request(): PutRecordsInput {
  let streamName: string | undefined;
  let streamArn: string | undefined;
  let all: readonly RecordInput[] | undefined;
  head(MAP);
  for (let left = argument; hasMore(left); left -= left > 0 ? 1 : 0) {
    const name = string(TEXT);
    if (isName(name, RECORDS)) all = records();
    else if (isName(name, STREAM_NAME)) {
      streamName = matching(STREAM_NAME_REGEXP);
    } else if (isName(name, STREAM_ARN)) {
      streamArn = matching(STREAM_ARN_REGEXP);
    } else throw NOT_PLAIN;
  }
  if (all === undefined || at !== bytes.length) throw NOT_PLAIN;
  return { StreamName: streamName, StreamARN: streamArn, records: all };
}

/**
 * Reads a plain request.
 *
 * @param body Data and keys of the records are views of it.
 * @returns `undefined` for anything else, right or wrong.
 */
export function readPlainPutRecords(body: Buffer): PutRecordsInput | undefined {
  bytes = body;
  at = 0;
  try {
    return request();
  } catch {
    // Whatever it was, the plain reader finds out and words it.
    return undefined;
  } finally {
    bytes = Buffer.alloc(0);
  }
}
