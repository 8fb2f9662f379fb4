/**
 * The kernel must give what the plain reader gives, or nothing: for requests
 * written in any way, and for such requests with bytes changed.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { encodeCbor } from "../../../../engine/kinesis/cbor_writer.ts";
import { readPutRecords } from "../../../../engine/local_kinesis/operations/put_records.ts";
import { readPlainPutRecords } from "../../../../engine/local_kinesis/operations/put_records_kernel.ts";
import type { PutRecordsInput } from "../../../../engine/local_kinesis/operations/record_input.ts";

const ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/taxi";

function normal(input: PutRecordsInput) {
  return {
    ...input,
    records: input.records.map(({ data, key, explicitHashKey }) => ({
      data: Buffer.from(data).toString("hex"),
      key: Buffer.from(key).toString("hex"),
      explicitHashKey,
    })),
  };
}

function plainly(body: Buffer) {
  try {
    // The general reader may move bytes inside the request.
    return normal(readPutRecords(Buffer.from(body), "cbor"));
  } catch {
    return undefined;
  }
}

function quickly(body: Buffer) {
  const input = readPlainPutRecords(Buffer.from(body));
  return input === undefined ? undefined : normal(input);
}

/** A map, as definite or indefinite as a producer likes. */
function map(entries: readonly Buffer[][], isIndefinite: boolean): Buffer {
  const pairs = entries.flat();
  if (!isIndefinite) {
    return Buffer.concat([Buffer.from([0xa0 | entries.length]), ...pairs]);
  }
  return Buffer.concat([Buffer.from([0xbf]), ...pairs, Buffer.from([0xff])]);
}

const data = fc
  .oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(255, 256, 70_000).map((size) => new Uint8Array(size)),
  )
  .map((bytes) => Buffer.from(bytes));

const key = fc.oneof(
  { weight: 19, arbitrary: fc.string({ minLength: 1, maxLength: 60 }) },
  fc.string({ unit: "grapheme", maxLength: 260 }),
);

const hashKey = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  {
    weight: 9,
    arbitrary: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
  },
  { weight: 1, arbitrary: fc.constantFrom("", "01", "x") },
);

const record = fc
  .record({
    data,
    key,
    hashKey,
    isTurned: fc.boolean(),
    isIndefinite: fc.boolean(),
  })
  .map(({ data, key, hashKey, isTurned, isIndefinite }) => {
    const entries = [
      [encodeCbor("Data"), encodeCbor(data)],
      [encodeCbor("PartitionKey"), encodeCbor(key)],
    ];
    if (hashKey !== undefined) {
      entries.push([encodeCbor("ExplicitHashKey"), encodeCbor(hashKey)]);
    }
    return map(isTurned ? entries.toReversed() : entries, isIndefinite);
  });

const request = fc
  .record({
    records: fc.array(record, { maxLength: 5 }),
    name: fc.constantFrom("taxi", "taxi", "taxi", "a b", "", undefined),
    arn: fc.constantFrom(undefined, undefined, ARN, "arn"),
    extra: fc.constantFrom(undefined, undefined, "Other"),
    isTurned: fc.boolean(),
    isIndefinite: fc.boolean(),
  })
  .map(({ records, name, arn, extra, isTurned, isIndefinite }) => {
    const list = isIndefinite
      ? Buffer.concat([Buffer.from([0x9f]), ...records, Buffer.from([0xff])])
      : Buffer.concat([Buffer.from([0x80 | records.length]), ...records]);
    const entries = [[encodeCbor("Records"), list]];
    if (name !== undefined) {
      entries.push([encodeCbor("StreamName"), encodeCbor(name)]);
    }
    if (arn !== undefined) {
      entries.push([encodeCbor("StreamARN"), encodeCbor(arn)]);
    }
    if (extra !== undefined) entries.push([encodeCbor(extra), encodeCbor(1)]);
    return map(isTurned ? entries.toReversed() : entries, isIndefinite);
  });

t.test("readPlainPutRecords() gives what readPutRecords() does", async (t) => {
  let quick = 0;
  fc.assert(
    fc.property(request, (body) => {
      const input = quickly(body);
      if (input === undefined) return;
      quick++;
      assert.deepEqual(input, plainly(body));
    }),
    { numRuns: 1_000 },
  );
  t.ok(quick > 150, `${quick} of 1000 were plain`);
});

t.test("readPlainPutRecords() takes no request that is wrong", async (t) => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(request, changes, (body, changed) => {
      const copy = Buffer.from(body);
      for (const [at, byte] of changed) copy[at % copy.length] = byte;
      const input = quickly(copy);
      if (input !== undefined) assert.deepEqual(input, plainly(copy));
    }),
    { numRuns: 3_000 },
  );
  t.pass();
});

t.test("readPlainPutRecords() takes what producers send", async (t) => {
  const records = Array.from({ length: 500 }, (_, index) => ({
    Data: Buffer.alloc(460, index),
    PartitionKey: String(index),
  }));
  for (const stream of [{ StreamName: "taxi" }, { StreamARN: ARN }]) {
    const body = encodeCbor({ ...stream, Records: records });
    t.equal(quickly(body)?.records.length, 500);
  }
  const many = encodeCbor({
    StreamName: "taxi",
    Records: [...records, ...records],
  });
  t.equal(quickly(many), undefined);
});
