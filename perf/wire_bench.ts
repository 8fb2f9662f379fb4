/**
 * What reading GetRecords answers costs a worker, without the network: CPU
 * seconds for a million events, best of some rounds.
 *
 * Run it from the built files: `npm run build && node dist/perf/wire_bench.js`.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { availableParallelism, cpus } from "node:os";
import { encodeCbor } from "../engine/kinesis/cbor_writer.ts";
import { walkGetRecordsCbor } from "../engine/kinesis/get_records_cbor.ts";
import {
  parseGetRecordsJson,
  walkGetRecordsJson,
} from "../engine/kinesis/get_records_json.ts";
import { HashRange } from "../engine/kinesis/hash_range.ts";
import { RecordColumns } from "../engine/kinesis/record_columns.ts";
import { TextMemory } from "../engine/kinesis/text_memory_kernel.ts";
import { UserRecords } from "../workers/kinesis/user_records.ts";

const RECORDS = 10_000;
const EVENT_BYTES = 460;
const EVENTS_PER_AGGREGATE = 100;
/** Room for every answer that is made here. */
const BYTES_MAX = 16 * 1024 * 1024;
const ROUNDS = 9;
const CALLS_PER_ROUND = 20;
const HASH_KEY_MAX = "340282366920938463463374607431768211455";
const HASH_KEY_HALF = "170141183460469231731687303715884105727";

const event = (index: number) =>
  Buffer.from(
    `{"type":"trip","trip_id":${index},"pad":"`.padEnd(EVENT_BYTES - 3, "x") +
      '"}\n',
  );

interface WireRecord {
  readonly data: Buffer;
  readonly key: string;
}

/** An answer of the usual shape, or with an entry more in each record. */
function cborAnswer(
  records: readonly WireRecord[],
  further: Readonly<Record<string, string>> = {},
): Buffer {
  return encodeCbor({
    MillisBehindLatest: 0,
    NextShardIterator: "A".repeat(224),
    Records: records.map(({ data, key }, index) => ({
      ApproximateArrivalTimestamp: 1_451_606_400_123 + index,
      Data: data,
      PartitionKey: key,
      SequenceNumber: `4959${String(index).padStart(52, "0")}`,
      ...further,
    })),
  });
}

function jsonAnswer(records: readonly WireRecord[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      MillisBehindLatest: 0,
      NextShardIterator: "A".repeat(224),
      Records: records.map(({ data, key }, index) => ({
        ApproximateArrivalTimestamp: 1_451_606_400.123 + index,
        Data: data.toString("base64"),
        PartitionKey: key,
        SequenceNumber: `4959${String(index).padStart(52, "0")}`,
      })),
    }),
  );
}

function lengthPrefixed(tag: number, bytes: Buffer): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([tag, ...length, rest]), bytes]);
}

/** Aggregated records, each event with a partition key of its own or not. */
function aggregates(hasOwnKeys: boolean): WireRecord[] {
  return Array.from({ length: RECORDS / EVENTS_PER_AGGREGATE }, (_, number) => {
    const parts: Buffer[] = [];
    const keys = hasOwnKeys ? EVENTS_PER_AGGREGATE : 1;
    for (let key = 0; key < keys; key++) {
      const text = String((number * EVENTS_PER_AGGREGATE + key) * 7_919);
      parts.push(lengthPrefixed(0x0a, Buffer.from(text)));
    }
    for (let index = 0; index < EVENTS_PER_AGGREGATE; index++) {
      const record = Buffer.concat([
        Buffer.from([0x08, hasOwnKeys ? index : 0]),
        lengthPrefixed(0x1a, event(index)),
      ]);
      parts.push(lengthPrefixed(0x1a, record));
    }
    const message = Buffer.concat(parts);
    const digest = createHash("md5").update(message).digest();
    const magic = Buffer.from("f3899ac2", "hex");
    return { data: Buffer.concat([magic, message, digest]), key: "a" };
  });
}

/** CPU seconds for a million events, best of the rounds. */
function measure(name: string, read: () => number): void {
  if (read() !== RECORDS) throw new Error(`${name} lost records`);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let call = 0; call < CALLS_PER_ROUND; call++) read();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / (CALLS_PER_ROUND * RECORDS));
  }
  console.log(`${name.padEnd(44)} ${best.toFixed(3)} CPU s per million events`);
}

/** A case whose walk changes its input reads a fresh copy each time. */
function cases(): void {
  const plain = Array.from({ length: RECORDS }, (_, index) => ({
    data: event(index),
    key: String(index * 7_919),
  }));
  const columns = new RecordColumns(TextMemory.open({ length: BYTES_MAX }));
  const userRecords = new UserRecords();
  const whole = new HashRange("0", HASH_KEY_MAX);
  const half = new HashRange("0", HASH_KEY_HALF);

  const cbor = cborAnswer(plain);
  measure("CBOR walk", () => {
    walkGetRecordsCbor(cbor, cbor.length, columns);
    return columns.recordCount;
  });
  measure("CBOR walk, user records", () => {
    walkGetRecordsCbor(cbor, cbor.length, columns);
    userRecords.fill(columns, { range: half, outOfRange: "skip" });
    userRecords.takeApart(0);
    return userRecords.count;
  });

  const unusual = cborAnswer(plain, { Oddity: "x" });
  measure("CBOR walk, records of another shape", () => {
    walkGetRecordsCbor(unusual, unusual.length, columns);
    return columns.recordCount;
  });

  const json = jsonAnswer(plain);
  const scratch = Buffer.alloc(json.length);
  measure("JSON: the copy made for the next case", () => {
    json.copy(scratch);
    return RECORDS;
  });
  measure("JSON walk, with a copy", () => {
    json.copy(scratch);
    walkGetRecordsJson(scratch, json.length, columns);
    return columns.recordCount;
  });
  measure("JSON by JSON.parse, with a copy", () => {
    json.copy(scratch);
    parseGetRecordsJson(scratch, json.length, columns);
    return columns.recordCount;
  });

  for (const hasOwnKeys of [false, true]) {
    const packed = cborAnswer(aggregates(hasOwnKeys));
    const keys = hasOwnKeys ? "a key an event" : "one key";
    for (const [name, range] of [
      ["whole range", whole],
      ["half range", half],
    ] as const) {
      measure(`KPL, ${EVENTS_PER_AGGREGATE} a record, ${keys}, ${name}`, () => {
        walkGetRecordsCbor(packed, packed.length, columns);
        userRecords.fill(columns, { range, outOfRange: "skip" });
        userRecords.takeApart(0);
        return userRecords.count + userRecords.outOfRange;
      });
    }
  }
  const bytes = Buffer.concat(aggregates(true).map(({ data }) => data));
  measure("KPL: md5 of the same bytes alone", () => {
    createHash("md5").update(bytes).digest();
    return RECORDS;
  });
}

if (import.meta.url.endsWith(".ts")) {
  console.error(
    "These are sources: build first, and run dist/perf/wire_bench.js",
  );
}
console.log(
  `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? "?"}, events of ${EVENT_BYTES} bytes`,
);
cases();
