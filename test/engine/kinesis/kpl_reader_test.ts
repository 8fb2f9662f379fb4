/**
 * Goal: aggregated records come apart into what was put in; whatever isn't one
 * is said to be none. Method: records made by hand (aggregated.ts), and
 * damaged at every byte.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import {
  AggregatedRecordReader,
  NO_HASH_KEY,
} from "../../../engine/kinesis/kpl_reader.ts";
import { KplWriter } from "../../../perf/wire/kpl_writer.ts";
import {
  aggregated,
  field,
  type ModelAggregate,
  message,
  number,
  sealed,
  userRecord,
  varint,
} from "./aggregated.ts";

/** Reads a record that lies in the middle of a buffer. */
function read(record: Buffer): ModelAggregate | undefined {
  const bytes = Buffer.concat([Buffer.alloc(7, 1), record, Buffer.alloc(9, 2)]);
  const reader = new AggregatedRecordReader();
  if (!reader.read(bytes, 7, 7 + record.length)) return undefined;
  const texts = (ranges: typeof reader.partitionKeys) =>
    Array.from({ length: ranges.count }, (_, index) =>
      bytes.toString("utf8", ranges.starts[index], ranges.ends[index]),
    );
  return {
    partitionKeys: texts(reader.partitionKeys),
    explicitHashKeys: texts(reader.explicitHashKeys),
    records: Array.from({ length: reader.count }, (_, index) => {
      const hashKey = reader.hashKeyIndexes[index];
      return {
        data: Buffer.from(
          bytes.subarray(reader.data.starts[index], reader.data.ends[index]),
        ),
        key: reader.keyIndexes[index] ?? -1,
        ...(hashKey === NO_HASH_KEY || hashKey === undefined
          ? {}
          : { hashKey }),
      };
    }),
  };
}

const SAMPLE: ModelAggregate = {
  partitionKeys: ["42", "7", "clé"],
  explicitHashKeys: ["340282366920938463463374607431768211455"],
  records: [
    { data: Buffer.from("one"), key: 0 },
    { data: Buffer.alloc(0), key: 2, hashKey: 0 },
    { data: Buffer.alloc(300, 0x61), key: 1 },
  ],
};

const aggregateArbitrary: fc.Arbitrary<ModelAggregate> = fc
  .tuple(
    fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 5 }),
    fc.array(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), { maxLength: 3 }),
  )
  .chain(([partitionKeys, hashKeys]) =>
    fc.record(
      {
        partitionKeys: fc.constant(partitionKeys),
        explicitHashKeys: fc.constant(hashKeys.map(String)),
        records: fc.array(
          fc
            .tuple(
              fc.uint8Array({ maxLength: 300 }),
              fc.nat(partitionKeys.length - 1),
              fc.option(fc.nat()),
            )
            .map(([data, key, hashKey]) => ({
              data: Buffer.from(data),
              key,
              ...(hashKey === null || hashKeys.length === 0
                ? {}
                : { hashKey: hashKey % hashKeys.length }),
            })),
          { maxLength: 8 },
        ),
      },
      { noNullPrototype: true },
    ),
  );

t.test("AggregatedRecordReader reads what was written", async (t) => {
  t.same(read(aggregated(SAMPLE)), SAMPLE);
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(aggregateArbitrary, (model) => {
        assert.deepEqual(read(aggregated(model)), model);
      }),
    ),
  );
});

t.test("AggregatedRecordReader reads what KplWriter wrote", async (t) => {
  const recordArbitrary = fc.record(
    {
      data: fc.uint8Array({ maxLength: 300 }),
      partitionKey: fc.string({
        unit: "grapheme",
        minLength: 1,
        maxLength: 20,
      }),
      explicitHashKey: fc.option(
        fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
        { nil: undefined },
      ),
    },
    { noNullPrototype: true },
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(recordArbitrary, { minLength: 1, maxLength: 40 }),
        (records) => {
          const writer = new KplWriter(2_000);
          const added = records.filter(
            ({ data, partitionKey, explicitHashKey }) =>
              writer.add(data, {
                partitionKey,
                ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
              }),
          );
          const model = read(Buffer.from(writer.finish()));
          assert.ok(model !== undefined);
          assert.deepEqual(
            model.records.map(({ data, key, hashKey }) => ({
              data: data.toString("hex"),
              partitionKey: model.partitionKeys[key],
              explicitHashKey:
                hashKey === undefined
                  ? undefined
                  : model.explicitHashKeys[hashKey],
            })),
            added.map((record) => ({
              ...record,
              data: Buffer.from(record.data).toString("hex"),
            })),
          );
        },
      ),
    ),
  );
});

t.test(
  "AggregatedRecordReader takes fields in any order, and unknown ones",
  async (t) => {
    const [key] = SAMPLE.partitionKeys;
    const protobuf = Buffer.concat([
      number(9, 1),
      field(
        3,
        Buffer.concat([
          field(3, Buffer.from("old")),
          field(4, field(1, Buffer.from("tag"))),
          Buffer.concat([varint(7 * 8 + 1), Buffer.alloc(8)]),
          Buffer.concat([varint(8 * 8 + 5), Buffer.alloc(4)]),
          number(15, 2 ** 40),
          field(3, Buffer.from("new")),
          number(1, 0),
        ]),
      ),
      field(12, Buffer.alloc(40)),
      field(1, Buffer.from(key ?? "")),
    ]);
    t.same(read(sealed(protobuf)), {
      partitionKeys: ["42"],
      explicitHashKeys: [],
      records: [{ data: Buffer.from("new"), key: 0 }],
    });
  },
);

t.test("AggregatedRecordReader takes a message without records", async (t) => {
  const model = { partitionKeys: ["a"], explicitHashKeys: [], records: [] };
  t.same(read(aggregated(model)), model);
});

t.test(
  "AggregatedRecordReader refuses any damaged or cut record",
  async (t) => {
    const whole = aggregated(SAMPLE);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      assert.equal(read(damaged), undefined, `byte ${at}`);
      assert.equal(read(whole.subarray(0, at)), undefined, `length ${at}`);
    }
    t.equal(read(Buffer.from('{"type":"trip"}')), undefined);
    t.equal(read(sealed(Buffer.alloc(0))), undefined, "no message");
  },
);

t.test(
  "AggregatedRecordReader refuses malformed messages with a right checksum",
  async (t) => {
    const key = field(1, Buffer.from("k"));
    const record = userRecord({ data: Buffer.from("d"), key: 0 });
    t.ok(read(sealed(Buffer.concat([key, field(3, record)]))));
    for (const [name, parts] of Object.entries({
      "index outside the table": [
        key,
        field(3, userRecord({ data: Buffer.from("d"), key: 1 })),
      ],
      "hash key outside the table": [
        key,
        field(3, userRecord({ data: Buffer.from("d"), key: 0, hashKey: 0 })),
      ],
      "no data": [key, field(3, number(1, 0))],
      "no key index": [key, field(3, field(3, Buffer.from("d")))],
      "length beyond the end": [key, varint(26), varint(100), record],
      "inner length beyond the record": [
        key,
        field(3, Buffer.concat([number(1, 0), varint(26), varint(9)])),
        Buffer.alloc(20),
      ],
      "field number 0": [key, varint(2), varint(0)],
      "a group": [key, varint(5 * 8 + 3)],
      "an endless number": [key, varint(8 * 8), Buffer.alloc(11, 0xff)],
      "a cut tag": [key, Buffer.from([0x80])],
      "a cut fixed field": [key, varint(5 * 8 + 1), Buffer.alloc(3)],
    })) {
      t.equal(read(sealed(Buffer.concat(parts))), undefined, name);
    }
  },
);

t.test(
  "AggregatedRecordReader never reads past a malformed message",
  async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          aggregateArbitrary,
          fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
            minLength: 1,
            maxLength: 3,
          }),
          (model, damages) => {
            const protobuf = message(model);
            for (const [at, byte] of damages) {
              if (protobuf.length > 0) protobuf[at % protobuf.length] = byte;
            }
            const record = sealed(protobuf);
            const reader = new AggregatedRecordReader();
            if (!reader.read(record, 0, record.length)) return;
            for (let index = 0; index < reader.count; index++) {
              assert.ok((reader.data.starts[index] ?? 0) >= 4);
              assert.ok((reader.data.ends[index] ?? 0) <= record.length - 16);
            }
          },
        ),
        { numRuns: 500 },
      ),
    );
  },
);
