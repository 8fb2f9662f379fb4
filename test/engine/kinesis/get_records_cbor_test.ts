/**
 * Goal: whatever form an answer has, the walker reads what was meant; whatever
 * is no answer, it refuses without reading past the end.
 * Method: models are encoded in a drawn form and walked; the encoder shares
 * nothing with the walker.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { CborCursor } from "../../../engine/kinesis/cbor_cursor.ts";
import { encodeCbor } from "../../../engine/kinesis/cbor_writer.ts";
import {
  refusalFromCbor,
  walkAnyRecord,
  walkGetRecordsCbor,
} from "../../../engine/kinesis/get_records_cbor.ts";
import { walkPlainRecord } from "../../../engine/kinesis/get_records_cbor_kernel.ts";
import { walkGetRecordsJson } from "../../../engine/kinesis/get_records_json.ts";
import { RecordColumns } from "../../../engine/kinesis/record_columns.ts";
import { GarbledAnswerError } from "../../../engine/kinesis/request_error.ts";
import { TextMemory } from "../../../engine/kinesis/text_memory_kernel.ts";
import {
  answerArbitrary,
  formOf,
  type ModelAnswer,
  modelOf,
  OPEN,
  PLAIN,
  toCbor,
  toJson,
} from "./wire_answer.ts";

const memory = TextMemory.open({ length: 1, slotCount: 3 });
/** Looked at on both sides of a slot. */
const BESIDE = 256;

function walkOnce(encoded: Buffer, columns: RecordColumns): RecordColumns {
  const bytes = Buffer.alloc(encoded.length + 64, 0xa5);
  encoded.copy(bytes);
  walkGetRecordsCbor(bytes, encoded.length, columns);
  return columns;
}

/** Walks a copy in a slot between others; what lies beside it stays. */
function walkInSlot(encoded: Buffer): RecordColumns {
  assert(memory !== undefined);
  const [, slot, after] = memory.slots;
  assert(slot && after);
  const at = memory.slotAt(slot);
  const before = memory.bytes.subarray(at - BESIDE, at);
  for (const one of [before, after.subarray(0, BESIDE)]) one.fill(0xa5);
  slot.fill(0xa5, 0, encoded.length + BESIDE);
  encoded.copy(slot);
  try {
    const columns = new RecordColumns(memory);
    walkGetRecordsCbor(slot, encoded.length, columns);
    return columns;
  } finally {
    for (const one of [before, after.subarray(0, BESIDE)]) {
      assert(one.equals(Buffer.alloc(BESIDE, 0xa5)));
    }
  }
}

/** What a walk finds, or how it refuses. */
function outcome(
  walk: (encoded: Buffer) => RecordColumns,
  encoded: Buffer,
): ModelAnswer | string {
  try {
    return modelOf(walk(encoded));
  } catch (error) {
    if (!(error instanceof GarbledAnswerError)) throw error;
    return error.message;
  }
}

/**
 * Walks a copy that lies in a larger buffer full of something else: in a memory,
 * copied there or in a slot, if it finds there what it finds without, which it
 * gives.
 */
function walk(encoded: Buffer): RecordColumns {
  assert(memory !== undefined);
  memory.bytes.fill(0xff, 0, encoded.length + 1_024);
  const copied = outcome(
    (bytes) => walkOnce(bytes, new RecordColumns(memory)),
    encoded,
  );
  const inSlot = outcome(walkInSlot, encoded);
  assert.deepEqual(inSlot, copied);
  let columns: RecordColumns;
  try {
    columns = walkOnce(encoded, new RecordColumns());
  } catch (error) {
    assert.equal(typeof inSlot, "string");
    throw error;
  }
  assert.deepEqual(inSlot, modelOf(columns));
  return columns;
}

const SAMPLE: ModelAnswer = {
  records: [1, 2, 3].map((index) => ({
    data: Buffer.from(`{"index":${index}}\n`.repeat(index * 4)),
    sequenceNumber: `4959${String(index).padStart(52, "0")}`,
    partitionKey: `key-${index}`,
    arrivalMs: 1_451_606_400_123 + index,
  })),
  nextShardIterator: "AAAA",
  millisBehindLatest: 0,
  childShards: [
    {
      shardId: "shardId-000000000001",
      parentShardIds: ["shardId-000000000000"],
      startingHashKey: "0",
      endingHashKey: "170141183460469231731687303715884105727",
    },
  ],
};

t.test("walkGetRecordsCbor() reads every form of every answer", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(answerArbitrary, fc.integer(), (model, seed) => {
        assert.deepEqual(modelOf(walk(toCbor(model, formOf(seed)))), model);
      }),
      { numRuns: 300 },
    ),
  );
});

t.test("walkGetRecordsCbor() equals walkGetRecordsJson()", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(answerArbitrary, (model) => {
        const json = toJson(model);
        const columns = new RecordColumns();
        walkGetRecordsJson(json, json.length, columns);
        assert.deepEqual(modelOf(columns), modelOf(walk(toCbor(model))));
      }),
      { numRuns: 200 },
    ),
  );
});

t.test(
  "walkPlainRecord() equals walkAnyRecord() where it answers",
  async (t) => {
    let plain = 0;
    fc.assert(
      fc.property(answerArbitrary, fc.integer(), (model, seed) => {
        const encoded = toCbor(
          { ...model, childShards: [], nextShardIterator: null },
          // Half of them in the forms that are to be fast.
          [PLAIN, OPEN, formOf(seed)][seed & 3] ?? formOf(seed),
        );
        // Every offset is tried as a record's start.
        for (let at = 0; at < encoded.length; at++) {
          const bytes = Buffer.from(encoded);
          const fast = new RecordColumns();
          fast.reset(bytes);
          const place = new CborCursor(bytes, bytes.length, at);
          const after = walkPlainRecord(bytes, place, fast);
          if (after < 0) {
            assert.equal(fast.recordCount, 0);
            continue;
          }
          plain++;
          const slow = new RecordColumns();
          slow.reset(bytes);
          const cursor = new CborCursor(bytes, bytes.length, at);
          walkAnyRecord(cursor, slow);
          assert.equal(cursor.at, after);
          assert.deepEqual(modelOf(fast), modelOf(slow));
        }
      }),
      { numRuns: 60 },
    );
    t.ok(plain > 20, "the fast path was taken");
  },
);

t.test("walkPlainRecord() takes the service's own forms", async (t) => {
  const many = { ...SAMPLE, records: SAMPLE.records.concat(SAMPLE.records) };
  for (const form of [PLAIN, OPEN]) {
    const bytes = toCbor(many, form);
    // {"Records": [6 items]: one head, a key of 7, one head.
    const cursor = new CborCursor(bytes, bytes.length, 1 + 8 + 1);
    const columns = new RecordColumns();
    columns.reset(bytes);
    for (let index = 0; index < many.records.length; index++) {
      cursor.at = walkPlainRecord(bytes, cursor, columns);
      t.ok(cursor.at > 0);
    }
    t.same(modelOf(columns).records, many.records);
  }
});

t.test("walkGetRecordsCbor() forgets what the last answer had", async (t) => {
  const columns = new RecordColumns();
  const first = toCbor(SAMPLE);
  walkGetRecordsCbor(first, first.length, columns);
  const data = Buffer.alloc(100, 0x61);
  const bare = encodeCbor({
    Records: [{ Data: data, SequenceNumber: "17", EncryptionType: "NONE" }],
    // Long enough that the record is in the middle of the answer.
    Oddity: "x".repeat(100),
  });
  walkGetRecordsCbor(bare, bare.length, columns);
  t.same(modelOf(columns), {
    records: [
      {
        data,
        sequenceNumber: "17",
        partitionKey: "",
        arrivalMs: Number.NaN,
      },
    ],
    nextShardIterator: null,
    millisBehindLatest: 0,
    childShards: [],
  });
});

t.test("walkPlainRecord() takes no more than there is", async (t) => {
  const record = encodeCbor({
    SequenceNumber: "17",
    Data: Buffer.alloc(300, 0x61),
  });
  const bytes = Buffer.concat([record, Buffer.alloc(400)]);
  const columns = new RecordColumns();
  columns.reset(bytes);
  for (let end = 0; end < record.length; end++) {
    const place = new CborCursor(bytes, end);
    assert.equal(walkPlainRecord(bytes, place, columns), -1, `end ${end}`);
  }
  const whole = new CborCursor(bytes, record.length);
  t.equal(walkPlainRecord(bytes, whole, columns), record.length);
  // The same in a map without a length, which needs its end.
  bytes[0] = 0xbf;
  const open = new CborCursor(bytes, bytes.length);
  t.equal(walkPlainRecord(bytes, open, columns), -1);
  bytes[record.length] = 0xff;
  t.equal(walkPlainRecord(bytes, whole, columns), -1);
  t.equal(walkPlainRecord(bytes, open, columns), record.length + 1);
});

t.test("walkGetRecordsCbor() refuses an answer cut at any byte", async (t) => {
  for (const seed of [0, 1, 2, 3]) {
    const whole = toCbor(SAMPLE, seed === 0 ? PLAIN : formOf(seed));
    assert.deepEqual(modelOf(walk(whole)), SAMPLE);
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => walk(whole.subarray(0, length)), GarbledAnswerError);
    }
    t.throws(
      () => walk(Buffer.concat([whole, Buffer.from([0])])),
      GarbledAnswerError,
    );
  }
});

t.test("walkGetRecordsCbor() survives any damage", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        answerArbitrary,
        fc.integer(),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        (model, seed, damages) => {
          const bytes = toCbor(model, formOf(seed));
          for (const [at, byte] of damages) bytes[at % bytes.length] = byte;
          try {
            const columns = walk(bytes);
            for (let index = 0; index < columns.recordCount; index++) {
              assert.ok((columns.dataEnds[index] ?? 0) <= bytes.length);
              assert.ok((columns.sequenceEnds[index] ?? 0) <= bytes.length);
              assert.ok((columns.keyEnds[index] ?? 0) <= bytes.length);
            }
          } catch (error) {
            assert.ok(error instanceof GarbledAnswerError, String(error));
          }
        },
      ),
      { numRuns: 500 },
    ),
  );
});

t.test("walkGetRecordsCbor() refuses bytes that mean nothing", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.throws(() => walk(Buffer.from(bytes)), GarbledAnswerError);
      }),
    ),
  );
  // Nested deeply, and lengths beyond anything.
  t.throws(() => walk(Buffer.alloc(5_000, 0x81)), GarbledAnswerError);
  t.throws(() => walk(Buffer.alloc(5_000, 0xc1)), GarbledAnswerError);
  t.throws(
    () => walk(Buffer.from("a1675265636f7264739bffffffffffffffff", "hex")),
    GarbledAnswerError,
  );
  t.throws(
    () => walk(Buffer.from("a1675265636f7264735bffffffffffffffff", "hex")),
    GarbledAnswerError,
  );
});

t.test("walkGetRecordsCbor() refuses base64 that is none", async (t) => {
  const record = (base64: string) =>
    Buffer.concat([
      Buffer.from("a1675265636f72647381a26444617461", "hex"),
      Buffer.from([0x60 + base64.length]),
      Buffer.from(base64),
      Buffer.from("6e53657175656e63654e756d6265726131", "hex"),
    ]);
  t.same(modelOf(walk(record("YWJj"))).records[0]?.data, Buffer.from("abc"));
  t.same(modelOf(walk(record("YWI="))).records[0]?.data, Buffer.from("ab"));
  t.same(modelOf(walk(record(""))).records[0]?.data, Buffer.from(""));
  for (const base64 of ["YWJ", "YW!j", "Y===", "YWJjZ", "=", "Y W="]) {
    t.throws(() => walk(record(base64)), GarbledAnswerError, base64);
  }
});

t.test("refusalFromCbor() gives the code and the message", async (t) => {
  const encoded = Buffer.from(
    "a2665f5f747970656178676d657373616765627979",
    "hex",
  );
  t.same(refusalFromCbor(encoded, encoded.length), {
    code: "x",
    message: "yy",
  });
  t.throws(() => refusalFromCbor(Buffer.from([1]), 1), GarbledAnswerError);
});
