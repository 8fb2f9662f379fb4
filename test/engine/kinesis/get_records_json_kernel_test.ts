/**
 * Goal: a JSON answer walked in place is what JSON.parse makes of it. Method:
 * answers of many shapes, whole and with bytes changed or cut off, go through
 * both; either both refuse, or both find the same.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import {
  parseGetRecordsJson,
  walkGetRecordsJson,
} from "../../../engine/kinesis/get_records_json.ts";
import { walkPlainRecords } from "../../../engine/kinesis/get_records_json_kernel.ts";
import { RecordColumns } from "../../../engine/kinesis/record_columns.ts";
import { GarbledAnswerError } from "../../../engine/kinesis/request_error.ts";
import { type ModelAnswer, modelOf, toJson } from "./wire_answer.ts";

type Walk = typeof walkGetRecordsJson;

/** What a walk finds in a copy with something else behind it; or that it refuses. */
function found(walk: Walk, text: Buffer): ModelAnswer | "refused" {
  const bytes = Buffer.concat([text, Buffer.from('"}]},"Data":"YWJj"}]}')]);
  const columns = new RecordColumns();
  try {
    walk(bytes, text.length, columns);
    return modelOf(columns);
  } catch (error) {
    if (error instanceof GarbledAnswerError) return "refused";
    throw error;
  }
}

function agree(text: Buffer): void {
  assert.deepEqual(
    found(walkGetRecordsJson, text),
    found(parseGetRecordsJson, text),
    text.toString("latin1"),
  );
}

const space = fc.constantFrom("", "", "", " ", "\n", "\t ", "\r\n");
const digits = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength });
const number = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 45 }).map((ms) => String(ms / 1_000)),
  fc.integer({ min: 1, max: 2 ** 45 }).map((ms) => (ms / 1e12).toExponential()),
  fc
    .tuple(
      digits(18),
      fc.constantFrom("", ".", ".5"),
      digits(4),
      fc.constantFrom("", "E9", "e2", "E-3", "e22", "E+1", "E", "e05"),
    )
    .map((parts) => parts.join("")),
  fc.constantFrom("null", "-1", "0", "01", '"1"', "true", "1.", "1.e1", "1.5x"),
);
const bytes = fc
  .uint8Array({ maxLength: 90 })
  .map((data) => Buffer.from(data).toString("base64"));
const data = fc.oneof(
  { weight: 9, arbitrary: bytes.map((text) => JSON.stringify(text)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"YQ"',
      '"YQ=="',
      '"Y==="',
      '"YQ==YQ=="',
      '"YR=="',
      '"Y-_="',
      '"YW Jj"',
      '"YW\\/j"',
      '"====" ',
      '"=" ',
      "null",
      "[]",
    ),
  },
);
const text = fc.oneof(
  digits(60).map((value) => `"${value}"`),
  fc.string({ unit: "grapheme", maxLength: 12 }).map((v) => JSON.stringify(v)),
  fc.constantFrom('"\\u0041"', "null", "7", '"\u0001"', '""', '"Records"'),
);
const member = fc.oneof(
  { weight: 6, arbitrary: data.map((value) => ["Data", value]) },
  { weight: 6, arbitrary: text.map((value) => ["SequenceNumber", value]) },
  { weight: 4, arbitrary: text.map((value) => ["PartitionKey", value]) },
  {
    weight: 4,
    arbitrary: number.map((value) => ["ApproximateArrivalTimestamp", value]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('"NONE"', "null", '"KMS"')
      .map((value) => ["EncryptionType", value]),
  },
  { weight: 1, arbitrary: text.map((value) => ["Oddity", value]) },
);

/** Members with spaces around, most often one of each name. */
const record = fc
  .tuple(
    fc.uniqueArray(member, {
      selector: ([name]) => name,
      minLength: 2,
      maxLength: 6,
    }),
    fc.option(member, { freq: 12, nil: undefined }),
    space,
  )
  .map(([members, more, gap]) => {
    const all = more === undefined ? members : [...members, more];
    const parts = all.map(
      ([name, value]) => `${gap}"${name}"${gap}:${gap}${value}${gap}`,
    );
    return `${gap}{${parts.join(",")}}${gap}`;
  });
const plainRecord = fc
  .tuple(bytes, digits(56), fc.string({ unit: "grapheme-ascii", maxLength: 9 }))
  .map(
    ([value, sequence, key]) =>
      `{"SequenceNumber":"${sequence}","ApproximateArrivalTimestamp":1.451606400123E9,"Data":"${value}","PartitionKey":${JSON.stringify(key)}}`,
  );
const rest = fc.constantFrom(
  '"NextShardIterator":"AAA","MillisBehindLatest":5',
  '"NextShardIterator":null',
  '"ChildShards":[{"Records":[]}]',
  '"Records":null',
  '"Records":[]',
  '"x":"Records"',
  '"MillisBehindLatest":"no"',
);
const answer = fc
  .tuple(
    fc.array(fc.oneof(plainRecord, record), { maxLength: 5 }),
    rest,
    fc.boolean(),
    space,
  )
  .map(([records, other, isFirst, gap]) => {
    const list = `"Records"${gap}:${gap}[${records.join(",")}]`;
    const members = isFirst ? [list, other] : [other, list];
    return Buffer.from(`{${members.join(`${gap},`)}}`);
  });

t.test(
  "walkGetRecordsJson() finds what JSON.parse finds in any answer",
  async (t) => {
    let plain = 0;
    fc.assert(
      fc.property(answer, (text) => {
        agree(text);
        const columns = new RecordColumns();
        try {
          const found = walkPlainRecords(
            Buffer.from(text),
            text.length,
            columns,
          );
          if (found !== undefined && columns.recordCount > 0) plain++;
        } catch {}
      }),
      { numRuns: 1_500 },
    );
    t.ok(plain > 50, `${plain} were walked in place`);
  },
);

t.test(
  "walkGetRecordsJson() finds what JSON.parse finds in damaged answers",
  async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          answer,
          fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
            maxLength: 2,
          }),
          fc.option(fc.nat()),
          (text, changes, cut) => {
            for (const [at, byte] of changes) text[at % text.length] = byte;
            agree(
              cut === null ? text : text.subarray(0, cut % (text.length + 1)),
            );
          },
        ),
        { numRuns: 1_500 },
      ),
    );
  },
);

t.test(
  "walkGetRecordsJson() takes any byte in a long number as JSON.parse does",
  async (t) => {
    for (let byte = 0; byte < 256; byte++) {
      for (const at of [0, 3, 5, 55]) {
        const sequence = Buffer.alloc(56, "7");
        sequence[at] = byte;
        const text = `{"Records":[{"Data":"YQ==","SequenceNumber":"${sequence.toString("latin1")}","ApproximateArrivalTimestamp":1}]}`;
        agree(Buffer.from(text, "latin1"));
      }
    }
    t.pass("none differs");
  },
);

t.test(
  "walkPlainRecords() takes data that ends where what was copied does",
  async (t) => {
    for (let gap = 0; gap < 16; gap++) {
      for (let size = 12_240; size < 12_300; size++) {
        const data = Buffer.alloc(size, gap).toString("base64");
        const text = Buffer.from(
          `{"Records":[${" ".repeat(gap)}{"Data":"${data}","SequenceNumber":"7"}]}`,
        );
        const columns = new RecordColumns();
        const rest = walkPlainRecords(text, text.length, columns);
        assert.equal(rest, '{"Records":[]}', `${size} behind ${gap}`);
        const start = columns.dataStarts[0] ?? 0;
        assert.equal(columns.dataEnds[0], start + size);
      }
    }
    t.pass("wherever it ends");
  },
);

t.test(
  "walkGetRecordsJson() decodes more than is decoded at once",
  async (t) => {
    const records = Array.from({ length: 300 }, (_, i) => ({
      data: Buffer.alloc(i === 150 ? 50_000 : i * 2, i + 1),
      sequenceNumber: String(10 ** 9 + i),
      partitionKey: i % 7 === 0 ? "é漢😀" : `key-${i}`,
      arrivalMs: 1_451_606_400_000 + i,
    }));
    const model = {
      records,
      nextShardIterator: "A",
      millisBehindLatest: 0,
      childShards: [],
    };
    t.same(found(walkGetRecordsJson, toJson(model)), model);
  },
);
