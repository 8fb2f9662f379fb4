/**
 * The log is compared with a plain array under random appends, drops and
 * reads.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import {
  CHUNK_BYTES_MAX,
  CHUNK_BYTES_MIN,
} from "../../../../engine/local_kinesis/limits.ts";
import { sequenceNumberAt } from "../../../../engine/local_kinesis/store/record_kernel.ts";
import {
  RecordLog,
  type RecordRun,
} from "../../../../engine/local_kinesis/store/record_log.ts";

const KEY = Buffer.from("k");

function numberOf(ordinal: number): string {
  return `49${String(ordinal).padStart(54, "0")}`;
}

/** The ordinals of a run, as its sequence numbers tell them. */
function ordinalsOf({ slices }: RecordRun): number[] {
  return slices.flatMap(({ chunk, index, pastIndex }) =>
    Array.from({ length: pastIndex - index }, (_, place) =>
      Number(
        sequenceNumberAt(chunk.bytes, chunk.offsetOf(index + place)).slice(2),
      ),
    ),
  );
}

/** Appends the next record of a size. */
function append(log: RecordLog, bytes: number, arrivalMs = 0): void {
  const sequenceNumber = numberOf(log.nextOrdinal);
  const data = Buffer.alloc(bytes);
  log.append({ sequenceNumber, arrivalMs, data, partitionKey: KEY });
}

const NO_LIMITS = { recordCountMax: 1e9, payloadBytesMax: 1e12 };

t.test("RecordLog reads what an array of the records would", async (t) => {
  const sizes = fc.array(
    fc.oneof(fc.nat(2_000), fc.integer({ min: 30_000, max: 80_000 })),
    { maxLength: 60 },
  );
  const limits = fc.record({
    recordCountMax: fc.integer({ min: 1, max: 70 }),
    payloadBytesMax: fc.integer({ min: 1, max: 300_000 }),
  });
  fc.assert(
    fc.property(
      sizes,
      fc.tuple(fc.nat(5), fc.nat(70)),
      limits,
      (bytes, [drops, start], { recordCountMax, payloadBytesMax }) => {
        const log = new RecordLog(() => {});
        for (const size of bytes) append(log, size);
        for (let drop = 0; drop < drops && log.memoryBytes > 0; drop++) {
          log.dropOldest();
        }
        const first = Math.max(start, log.firstOrdinal);
        const expected: number[] = [];
        let payload = 0;
        for (let ordinal = first; ordinal < log.nextOrdinal; ordinal++) {
          const size = bytes[ordinal - 1] ?? 0;
          // Data, key, and the heads of both, as the log counts them.
          const head = size < 24 ? 1 : size < 256 ? 2 : size < 65_536 ? 3 : 5;
          payload += size + head + 1 + 1;
          const isFull = payload > payloadBytesMax && expected.length > 0;
          if (isFull || expected.length === recordCountMax) break;
          expected.push(ordinal);
        }
        const run = log.read(start, { recordCountMax, payloadBytesMax });
        assert.deepEqual(ordinalsOf(run), expected);
        assert.equal(run.recordCount, expected.length);
        assert.equal(run.endOrdinal, first + expected.length);
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});

t.test("RecordLog.read() gives a payload of exactly the limit", async (t) => {
  const log = new RecordLog(() => {});
  for (let count = 0; count < 5; count++) append(log, 100);
  // 100 bytes with a head of 2, and a key of 1 with a head of 1.
  const count = (payloadBytesMax: number) =>
    log.read(1, { recordCountMax: 10, payloadBytesMax }).recordCount;
  t.equal(count(3 * 104), 3);
  t.equal(count(3 * 104 - 1), 2);
});

t.test("RecordLog.ordinalAtTime() finds the first at or after", async (t) => {
  const log = new RecordLog(() => {});
  for (let index = 0; index < 1_000; index++) {
    append(log, 500, Math.floor(index / 3) * 10);
  }
  t.equal(log.ordinalAtTime(-1), 1);
  t.equal(log.ordinalAtTime(0), 1);
  t.equal(log.ordinalAtTime(1), 4);
  t.equal(log.ordinalAtTime(10), 4);
  t.equal(log.ordinalAtTime(3_325), 1_000);
  t.equal(log.ordinalAtTime(3_330), 1_000);
  t.equal(log.ordinalAtTime(3_331), 1_001);
});

t.test("RecordLog grows its chunks and gives memory back", async (t) => {
  const reserved: number[] = [];
  const log = new RecordLog((bytes) => reserved.push(bytes));
  append(log, 1);
  t.ok(log.memoryBytes < CHUNK_BYTES_MIN * 1.1);
  for (let count = 0; count < 10_000; count++) append(log, 1_000);
  t.ok(Math.max(...reserved) < CHUNK_BYTES_MAX * 1.1);
  t.equal(
    reserved.reduce((sum, bytes) => sum + bytes, 0),
    log.memoryBytes,
  );
  append(log, 5 * CHUNK_BYTES_MAX);
  t.ok((reserved.at(-1) ?? 0) > 5 * CHUNK_BYTES_MAX);
  let dropped = 0;
  while (log.memoryBytes > 0) dropped += log.dropOldest().recordCount;
  t.equal(dropped, 10_002);
  t.equal(log.firstOrdinal, 10_003);
  t.equal(log.firstArrivalMs, undefined);
  t.equal(log.read(1, NO_LIMITS).recordCount, 0);
  append(log, 1);
  t.same(ordinalsOf(log.read(1, NO_LIMITS)), [10_003]);
  t.equal(log.sequenceNumberOf(10_003), numberOf(10_003));
  t.equal(log.sequenceNumberOf(10_002), undefined);
  t.equal(log.sequenceNumberOf(10_004), undefined);
});
