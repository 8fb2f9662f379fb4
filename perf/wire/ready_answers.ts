/**
 * GetRecords answers, made before the clock starts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { encodeCbor } from "../../engine/kinesis/cbor_writer.ts";
import type { MemoryShard } from "../memory/trip_stream.ts";
import { KplWriter } from "./kpl_writer.ts";

/** How answers and records look. */
export type WireFormat = "cbor" | "json" | "kpl";

/**
 * Events of one answer: as many as a worker asks for, which is what weighs
 * `ANSWER_BYTES_DEFAULT` at 547, 695 and 407 bytes an event.
 */
const EVENTS_PER_ANSWER: Readonly<Record<WireFormat, number>> = {
  cbor: 1_750,
  json: 1_400,
  kpl: 2_400,
};
const EVENTS_PER_AGGREGATE = 100;
const AGGREGATE_BYTES_MAX = 1024 * 1024;

/** One shard's answers of a round. */
export interface AnswersOptions {
  readonly shard: MemoryShard;
  readonly shardIndex: number;
  readonly round: number;
  readonly format: WireFormat;
  /** A hash key of the shard's range, decimal. */
  readonly hashKey: string;
}

/** A record as it is put into an answer. */
interface WireRecord {
  readonly data: Buffer;
  readonly sequence: string;
}

/** A sequence number: a beginning, the round, the event's index. */
const SEQUENCE_HEAD = `4959${"0".repeat(37)}`;
const ROUND_DIGITS = 6;
const INDEX_DIGITS = 9;
const SEQUENCE_DIGITS = SEQUENCE_HEAD.length + ROUND_DIGITS + INDEX_DIGITS;
const PARTITION_KEY = "trips-of-a-taxi";

function plainRecords(
  { starts, ends, bytes }: MemoryShard,
  [from, to]: readonly [number, number],
  sequenceOf: (index: number) => string,
): WireRecord[] {
  const buffer = Buffer.from(bytes.buffer);
  return Array.from({ length: to - from }, (_, i) => ({
    data: buffer.subarray(starts[from + i], ends[from + i]),
    sequence: sequenceOf(from + i),
  }));
}

function aggregated(
  records: readonly WireRecord[],
  explicitHashKey: string,
): WireRecord[] {
  const packed: WireRecord[] = [];
  for (let i = 0; i < records.length; i += EVENTS_PER_AGGREGATE) {
    const some = records.slice(i, i + EVENTS_PER_AGGREGATE);
    const writer = new KplWriter(AGGREGATE_BYTES_MAX);
    for (const { data } of some) {
      const keys = { partitionKey: PARTITION_KEY, explicitHashKey };
      assert(writer.add(data, keys), "an aggregate is full");
    }
    const sequence = some.at(-1)?.sequence ?? "";
    packed.push({ data: Buffer.from(writer.finish()), sequence });
  }
  return packed;
}

/** What stands in an answer before its records. */
export function cborHead(next: string, recordCount: number): Buffer {
  const head = encodeCbor({ NextShardIterator: next, MillisBehindLatest: 0 });
  // The map's third entry is appended by hand: so many maps are slow to make.
  head[0] = 0xa3;
  const count = Buffer.from([0x99, recordCount >> 8, recordCount & 255]);
  return Buffer.concat([head, encodeCbor("Records"), count]);
}

/** Records as they stand in an answer, every one a map of known length. */
function cborRecords(records: readonly WireRecord[]): Buffer {
  const start = Buffer.concat([
    Buffer.from([0xa4]),
    encodeCbor("SequenceNumber"),
    Buffer.from([0x78, SEQUENCE_DIGITS]),
  ]);
  const middle = Buffer.concat([
    encodeCbor("ApproximateArrivalTimestamp"),
    Buffer.from([0xfb]),
    doubleBytes(Date.now() / 1_000),
    encodeCbor("Data"),
  ]);
  const tail = Buffer.concat([
    encodeCbor("PartitionKey"),
    encodeCbor(PARTITION_KEY),
  ]);
  const parts: Buffer[] = [];
  for (const { data, sequence } of records) {
    const size = Buffer.alloc(5);
    size[0] = 0x5a;
    size.writeUInt32BE(data.length, 1);
    parts.push(start, Buffer.from(sequence), middle, size, data, tail);
  }
  return Buffer.concat(parts);
}

function cborAnswer(records: readonly WireRecord[], next: string): Buffer {
  return Buffer.concat([cborHead(next, records.length), cborRecords(records)]);
}

function doubleBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function jsonAnswer(records: readonly WireRecord[], next: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      NextShardIterator: next,
      MillisBehindLatest: 0,
      Records: records.map(({ data, sequence }) => ({
        ApproximateArrivalTimestamp: Date.now() / 1_000,
        Data: data.toString("base64"),
        PartitionKey: PARTITION_KEY,
        SequenceNumber: sequence,
      })),
    }),
  );
}

/** The iterator for the answer at an index of a round. */
export function iteratorText(
  shard: number,
  round: number,
  index: number,
): string {
  return `at-${shard}-${round}-${index}-`;
}

/** The iterator behind a sequence number. */
export function iteratorAfter(
  shard: number,
  sequenceNumber: string,
  format: WireFormat,
): string {
  const index = Number(sequenceNumber.slice(-INDEX_DIGITS));
  const round = Number(
    sequenceNumber.slice(SEQUENCE_HEAD.length, -INDEX_DIGITS),
  );
  const answer = Math.ceil((index + 1) / EVENTS_PER_ANSWER[format]);
  return iteratorText(shard, round, answer);
}

/** An answer without records. */
export function emptyAnswer(next: string, format: WireFormat): Buffer {
  return format === "json" ? jsonAnswer([], next) : cborAnswer([], next);
}

/** Some records of a shard, ready to be put into an answer. */
export interface RecordChunk {
  readonly bytes: Buffer;
  readonly recordCount: number;
}

/** A shard's records of a round by the dozen, in CBOR, in their order. */
export function recordChunks(
  { shard, round }: Pick<AnswersOptions, "shard" | "round">,
  perChunk: number,
): RecordChunk[] {
  const sequenceOf = sequencesOf(round);
  const chunks: RecordChunk[] = [];
  for (let from = 0; from < shard.recordCount; from += perChunk) {
    const to = Math.min(from + perChunk, shard.recordCount);
    const bytes = cborRecords(plainRecords(shard, [from, to], sequenceOf));
    chunks.push({ bytes, recordCount: to - from });
  }
  return chunks;
}

function sequencesOf(round: number): (index: number) => string {
  const head = SEQUENCE_HEAD + String(round).padStart(ROUND_DIGITS, "0");
  return (index) => head + String(index).padStart(INDEX_DIGITS, "0");
}

/** Makes the answers of a shard, in their order. */
export function readyAnswers(options: AnswersOptions): Buffer[] {
  const { shard, shardIndex, round, format, hashKey } = options;
  const sequenceOf = sequencesOf(round);
  const answers: Buffer[] = [];
  const most = EVENTS_PER_ANSWER[format];
  for (let from = 0; from < shard.recordCount; from += most) {
    const to = Math.min(from + most, shard.recordCount);
    const plain = plainRecords(shard, [from, to], sequenceOf);
    const isLast = to === shard.recordCount;
    const next = isLast
      ? iteratorText(shardIndex, round + 1, 0)
      : iteratorText(shardIndex, round, answers.length + 1);
    answers.push(
      format === "json"
        ? jsonAnswer(plain, next)
        : cborAnswer(
            format === "kpl" ? aggregated(plain, hashKey) : plain,
            next,
          ),
    );
  }
  return answers;
}
