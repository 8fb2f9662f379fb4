/** The kernel must write what the plain reference writes, and read it back. */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import {
  arrivalMsAt,
  RECORD_OVERHEAD_BYTES,
  recordJsonAt,
  STORED_BYTES_MIN,
  sequenceNumberAt,
  storedBytes,
  writeRecord,
} from "../../../../engine/local_kinesis/store/record_kernel.ts";
import { encodeRecord, type PlainRecord } from "../reference.ts";

const record: fc.Arbitrary<PlainRecord> = fc.record({
  sequenceNumber: fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: 55, maxLength: 55 })
    .map((digits) => `4${digits.join("")}`),
  arrivalMs: fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
  data: fc
    .oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .constantFrom(23, 24, 255, 256, 65_535, 65_536)
        .map((size) => new Uint8Array(size).fill(7)),
    )
    .map((bytes) => Buffer.from(bytes)),
  partitionKey: fc.string({ unit: "grapheme", minLength: 1, maxLength: 256 }),
});

t.test("writeRecord() writes what the reference does", async (t) => {
  fc.assert(
    fc.property(record, fc.nat(100), (plain, at) => {
      const expected = encodeRecord(plain);
      const key = Buffer.from(plain.partitionKey);
      assert.equal(storedBytes(plain.data.length, key.length), expected.length);
      const bytes = Buffer.alloc(at + expected.length + 10, 0xaa);
      const end = writeRecord(
        bytes,
        at,
        plain.sequenceNumber,
        plain.arrivalMs,
        plain.data,
        key,
      );
      assert.equal(end, at + expected.length);
      assert.deepEqual(bytes.subarray(at, end), expected);
      assert(bytes.subarray(end).every((byte) => byte === 0xaa));
      assert.equal(arrivalMsAt(bytes, at), plain.arrivalMs);
      assert.equal(sequenceNumberAt(bytes, at), plain.sequenceNumber);
      assert.deepEqual(JSON.parse(recordJsonAt(bytes, at)), {
        SequenceNumber: plain.sequenceNumber,
        ApproximateArrivalTimestamp: plain.arrivalMs / 1_000,
        Data: plain.data.toString("base64"),
        PartitionKey: plain.partitionKey,
      });
    }),
    { numRuns: 300 },
  );
  t.pass();
});

t.test("the smallest record has the size that chunks count on", async (t) => {
  t.equal(storedBytes(0, 1), STORED_BYTES_MIN);
  t.equal(STORED_BYTES_MIN - RECORD_OVERHEAD_BYTES, 3);
});
