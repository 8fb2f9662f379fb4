/**
 * Goal: user records come out in order with their positions, however many
 * there are. Rules of aggregation are in kpl_reader_test.ts.
 */
import t from "tap";
import { encodeCbor } from "../../../engine/kinesis/cbor_writer.ts";
import { walkGetRecordsCbor } from "../../../engine/kinesis/get_records_cbor.ts";
import { HashRange } from "../../../engine/kinesis/hash_range.ts";
import { RecordColumns } from "../../../engine/kinesis/record_columns.ts";
import { UserRecords } from "../../../workers/kinesis/user_records.ts";
import { aggregated } from "../../engine/kinesis/aggregated.ts";

const HASH_KEY_MAX = "340282366920938463463374607431768211455";
const HASH_KEY_HALF = "170141183460469231731687303715884105727";

function columnsOf(datas: readonly Buffer[]): RecordColumns {
  const columns = new RecordColumns();
  const bytes = encodeCbor({
    Records: datas.map((Data, index) => ({
      Data,
      SequenceNumber: String(index + 1),
      PartitionKey: `key-${index}`,
      ApproximateArrivalTimestamp: 1_451_606_400_000 + index,
    })),
  });
  walkGetRecordsCbor(bytes, bytes.length, columns);
  return columns;
}

function textsOf(batch: UserRecords): string[] {
  return Array.from({ length: batch.count }, (_, index) => {
    const record = batch.records[index] ?? -1;
    const text = batch.bytes.toString(
      "utf8",
      batch.starts[index],
      batch.ends[index],
    );
    return `${batch.sequenceNumber(record)}/${batch.subSequenceNumbers[index]}:${text}`;
  });
}

const whole = {
  range: new HashRange("0", HASH_KEY_MAX),
  outOfRange: "skip",
} as const;

t.test(
  "UserRecords.fill() takes as many plain records as there are",
  async (t) => {
    const count = 9_999;
    const columns = columnsOf(
      Array.from({ length: count }, (_, index) => Buffer.from(`${index}`)),
    );
    const batch = new UserRecords();
    batch.fill(columns, whole);
    batch.takeApart(0);
    t.equal(columns.recordCount, count);
    t.same(
      textsOf(batch),
      Array.from({ length: count }, (_, index) => `${index + 1}/0:${index}`),
    );
    t.equal(batch.arrivalMs[count - 1], 1_451_606_400_000 + count - 1);
    t.equal(columns.partitionKey(count - 1), `key-${count - 1}`);
  },
);

t.test(
  "UserRecords.fill() takes as many aggregated records as there are",
  async (t) => {
    const count = 20_000;
    const partitionKeys = Array.from(
      { length: count },
      (_, index) => `key-${index}`,
    );
    const one = aggregated({
      partitionKeys,
      explicitHashKeys: [],
      records: partitionKeys.map((key, index) => ({
        data: Buffer.from(key),
        key: index,
      })),
    });
    const columns = columnsOf([Buffer.from("a"), one, Buffer.from("b")]);
    const batch = new UserRecords();
    batch.fill(columns, whole);
    batch.takeApart(0);
    t.same(textsOf(batch), [
      "1/0:a",
      ...partitionKeys.map((key, index) => `2/${index}:${key}`),
      "3/0:b",
    ]);

    // Two shards that halve the range share the records among them.
    const halves = [
      new HashRange("0", HASH_KEY_HALF),
      new HashRange(`${BigInt(HASH_KEY_HALF) + 1n}`, HASH_KEY_MAX),
    ].map((range) => {
      const half = new UserRecords();
      half.fill(columns, { range, outOfRange: "skip" });
      half.takeApart(0);
      t.equal(half.count + half.outOfRange, count + 2);
      return new Set(textsOf(half));
    });
    t.equal((halves[0]?.size ?? 0) + (halves[1]?.size ?? 0), count + 4);
    t.same(
      new Set(halves.flatMap((half) => [...half])),
      new Set(textsOf(batch)),
    );
  },
);

t.test("UserRecords.fill() forgets what it held", async (t) => {
  const batch = new UserRecords();
  batch.fill(columnsOf([Buffer.from("one"), Buffer.from("two")]), whole);
  t.equal(batch.payloadBytes, 6);
  batch.fill(columnsOf([Buffer.from("three")]), whole);
  t.same(textsOf(batch), ["1/0:three"]);
  t.equal(batch.payloadBytes, 5);
  t.equal(batch.outOfRange, 0);
});

t.test(
  "UserRecords.fill() takes none apart whose digest is wrong",
  async (t) => {
    const packed = Array.from({ length: 7 }, (_, index) =>
      aggregated({
        partitionKeys: ["key"],
        explicitHashKeys: [],
        records: [{ data: Buffer.from(`user-${index}`), key: 0 }],
      }),
    );
    for (let broken = -1; broken < packed.length; broken++) {
      const datas = packed.map((one, index) => {
        const copy = Buffer.from(one);
        if (index === broken) copy[copy.length - 1]! ^= 1;
        return copy;
      });
      const batch = new UserRecords();
      batch.fill(columnsOf([Buffer.from("plain"), ...datas]), whole);
      batch.takeApart(0);
      const texts = textsOf(batch);
      t.equal(texts.length, 8);
      for (const index of packed.keys()) {
        t.equal(
          texts[index + 1] === `${index + 2}/0:user-${index}`,
          index !== broken,
        );
      }
    }
  },
);
