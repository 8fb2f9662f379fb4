/**
 * Goal: JSON answers are read as they are meant, and refused when they are
 * none. Method: hand-written texts; generated ones are compared with the CBOR
 * walker in get_records_cbor_test.ts.
 */
import t from "tap";
import {
  refusalFromJson,
  walkGetRecordsJson,
} from "../../../engine/kinesis/get_records_json.ts";
import { RecordColumns } from "../../../engine/kinesis/record_columns.ts";
import { GarbledAnswerError } from "../../../engine/kinesis/request_error.ts";
import { modelOf, toJson } from "./wire_answer.ts";

function walk(text: string | Buffer) {
  const bytes = Buffer.from(text);
  const columns = new RecordColumns();
  walkGetRecordsJson(bytes, bytes.length, columns);
  return modelOf(columns);
}

t.test(
  "walkGetRecordsJson() reads times in seconds or milliseconds",
  async (t) => {
    const read = (time: string) =>
      walk(
        `{"Records":[{"Data":"YQ==","SequenceNumber":"1","PartitionKey":"p"${time}}]}`,
      ).records[0]?.arrivalMs;
    t.equal(
      read(',"ApproximateArrivalTimestamp":1451606400.123'),
      1451606400123,
    );
    t.equal(read(',"ApproximateArrivalTimestamp":1451606400'), 1451606400000);
    t.equal(
      read(',"ApproximateArrivalTimestamp":1451606400123'),
      1451606400123,
    );
    t.ok(Number.isNaN(read("")));
  },
);

t.test("walkGetRecordsJson() reads an answer that has nothing", async (t) => {
  t.same(walk('{"Records":[]}'), {
    records: [],
    nextShardIterator: null,
    millisBehindLatest: 0,
    childShards: [],
  });
});

t.test(
  "walkGetRecordsJson() keeps escapes and non-ASCII in partition keys",
  async (t) => {
    const partitionKey = '"\\\n\u0000é漢😀';
    const model = {
      records: [
        {
          data: Buffer.from("abc"),
          sequenceNumber: "1",
          partitionKey,
          arrivalMs: 1_451_606_400_000,
        },
      ],
      nextShardIterator: "A",
      millisBehindLatest: 5,
      childShards: [],
    };
    t.same(walk(toJson(model)), model);
  },
);

t.test("walkGetRecordsJson() refuses what is no answer", async (t) => {
  const record = (members: string) => `{"Records":[{${members}}]}`;
  for (const text of [
    "",
    "[]",
    "null",
    "{}",
    '{"Records":{}}',
    '{"Records":[1]}',
    '{"Records":[],"NextShardIterator":1}',
    '{"Records":[],"MillisBehindLatest":"1"}',
    '{"Records":[],"ChildShards":{}}',
    '{"Records":[],"ChildShards":[{"ShardId":"a"}]}',
    record('"Data":"YQ=="'),
    record('"SequenceNumber":"1"'),
    record('"Data":"YQ=","SequenceNumber":"1"'),
    record('"Data":"Y!==","SequenceNumber":"1"'),
    record('"Data":"YQ==YQ==","SequenceNumber":"1"'),
    '{"Records":[],"NextShardIterator":"A"',
  ]) {
    t.throws(() => walk(text), GarbledAnswerError, text);
  }
  // Invalid UTF-8 grows when it is decoded: it must not overrun the buffer.
  const invalid = Buffer.concat([
    Buffer.from('{"Records":[{"Data":"","SequenceNumber":"1","PartitionKey":"'),
    Buffer.alloc(500, 0xff),
    Buffer.from('"}]}'),
  ]);
  t.throws(() => walk(invalid), GarbledAnswerError);
});

t.test("refusalFromJson() gives the code and the message", async (t) => {
  const refusal = (text: string) =>
    refusalFromJson(Buffer.from(text), Buffer.byteLength(text));
  t.same(refusal('{"__type":"a#B","message":"m"}'), {
    code: "a#B",
    message: "m",
  });
  t.same(refusal('{"Message":"m"}'), { code: "", message: "m" });
  t.throws(() => refusal("<html>"), GarbledAnswerError);
});
