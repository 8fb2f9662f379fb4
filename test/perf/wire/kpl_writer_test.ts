/**
 * The KPL writer. Goal: every reader of the format gets back what went in.
 * Method: a decoder of its own, written from the protobuf description, knows
 * nothing of writer and reader; beside it, the engine's own reader.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import { AggregatedRecordReader } from "../../../engine/kinesis/kpl_reader.ts";
import { KplWriter } from "../../../perf/wire/kpl_writer.ts";

interface Decoded {
  readonly data: string;
  readonly partitionKey: string | undefined;
  readonly hashKey: string | undefined;
}

type Field = readonly [number: number, value: bigint | Buffer];

/** Fields of any protobuf message, in their order. */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const number = Number(key >> 3n);
    if ((key & 7n) === 0n) fields.push([number, varint()]);
    else {
      if ((key & 7n) !== 2n) throw new Error(`wire type ${key & 7n}`);
      const length = Number(varint());
      if (at + length > message.length) throw new Error("cut short");
      fields.push([number, message.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}

function valuesOf(fields: readonly Field[], number: number): unknown[] {
  return fields.filter(([one]) => one === number).map(([, value]) => value);
}

function decode(record: Buffer): Decoded[] {
  t.equal(record.subarray(0, 4).toString("hex"), "f3899ac2");
  const message = record.subarray(4, record.length - 16);
  const digest = createHash("md5").update(message).digest("hex");
  t.equal(record.subarray(-16).toString("hex"), digest);
  const fields = fieldsOf(message);
  const texts = (number: number) =>
    (valuesOf(fields, number) as Buffer[]).map((bytes) => bytes.toString());
  const [partitionKeys, hashKeys] = [texts(1), texts(2)];
  t.equal(new Set(partitionKeys).size, partitionKeys.length, "each key once");
  return (valuesOf(fields, 3) as Buffer[]).map((bytes) => {
    const own = fieldsOf(bytes);
    const [keyIndex] = valuesOf(own, 1) as bigint[];
    const [hashKeyIndex] = valuesOf(own, 2) as (bigint | undefined)[];
    const [data] = valuesOf(own, 3) as Buffer[];
    return {
      data: data?.toString("latin1") ?? "",
      partitionKey: partitionKeys[Number(keyIndex)],
      hashKey:
        hashKeyIndex === undefined ? undefined : hashKeys[Number(hashKeyIndex)],
    };
  });
}

const USER_RECORD = fc.record({
  data: fc.uint8Array({ maxLength: 400 }),
  partitionKey: fc.oneof(
    fc.constantFrom("42", "7", "1000", "abc", "3", "__proto__"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
  ),
  hashKey: fc.option(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String), {
    nil: undefined,
  }),
});

t.test("KplWriter writes what an independent decoder reads", async (t) => {
  fc.assert(
    fc.property(fc.array(USER_RECORD, { minLength: 1 }), (records) => {
      const writer = new KplWriter(1_000_000);
      for (const { data, partitionKey, hashKey } of records) {
        const keys =
          hashKey === undefined
            ? { partitionKey }
            : { partitionKey, explicitHashKey: hashKey };
        if (!writer.add(data, keys)) throw new Error("it should fit");
      }
      const { byteLength, recordCount } = writer;
      const record = writer.finish();
      t.equal(record.length, byteLength);
      t.equal(recordCount, records.length);
      t.strictSame(
        decode(record),
        records.map(({ data, partitionKey, hashKey }) => ({
          data: Buffer.from(data).toString("latin1"),
          partitionKey,
          hashKey,
        })),
      );
    }),
    { numRuns: 60 },
  );
});

t.test(
  "KplWriter makes records that the engine's reader takes apart",
  async (t) => {
    const writer = new KplWriter(51_200);
    for (let i = 0; i < 300; i++) {
      writer.add(Buffer.from(`event ${i}`), {
        partitionKey: String(i % 7),
        explicitHashKey: "170141183460469231731687303715884105728",
      });
    }
    const record = writer.finish();
    const reader = new AggregatedRecordReader();
    t.equal(reader.read(record, 0, record.length), true);
    t.equal(reader.count, 300);
  },
);

t.test("KplWriter.add() keeps records below the limit", async (t) => {
  const writer = new KplWriter(1_000);
  let added = 0;
  while (writer.add(Buffer.alloc(100, 65), { partitionKey: `key-${added}` })) {
    added++;
  }
  t.equal(added, writer.recordCount);
  t.ok(writer.byteLength <= 1_000);
  const before = writer.byteLength;
  t.equal(
    writer.add(Buffer.alloc(100, 65), { partitionKey: "one more" }),
    false,
  );
  t.equal(writer.byteLength, before, "a refused record leaves nothing");
  t.equal(decode(writer.finish()).length, added);
  t.equal(writer.recordCount, 0);
});

t.test("KplWriter.add() takes a first record of any size", async (t) => {
  const writer = new KplWriter(1_000);
  t.equal(writer.add(Buffer.alloc(5_000, 66), { partitionKey: "k" }), true);
  t.equal(writer.add(Buffer.alloc(1, 66), { partitionKey: "k" }), false);
  const [only] = decode(writer.finish());
  t.equal(only?.data.length, 5_000);
  t.equal(writer.add(Buffer.alloc(10, 67), { partitionKey: "k" }), true);
  t.strictSame(decode(writer.finish()), [
    { data: "CCCCCCCCCC", partitionKey: "k", hashKey: undefined },
  ]);
});
