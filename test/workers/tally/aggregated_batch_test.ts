/**
 * Goal: aggregated records count and decode alike wherever they stand among
 * plain ones, whether somebody looks for them before or the operator meets them.
 */
import fc from "fast-check";
import t from "tap";
import { planJob } from "../../../engine/job/plan.ts";
import { taxiJob, taxiZones } from "../../../engine/job/presets/taxi.ts";
import { parseJobSpec } from "../../../engine/job/spec.ts";
import { encodeCbor } from "../../../engine/kinesis/cbor_writer.ts";
import { walkGetRecordsCbor } from "../../../engine/kinesis/get_records_cbor.ts";
import { HashRange } from "../../../engine/kinesis/hash_range.ts";
import { RecordColumns } from "../../../engine/kinesis/record_columns.ts";
import { openDecoder } from "../../../workers/decode/open_decoder.ts";
import { UserRecords } from "../../../workers/kinesis/user_records.ts";
import { TallyOperator } from "../../../workers/tally/tally_operator.ts";
import { aggregated } from "../../engine/kinesis/aggregated.ts";

const spec = parseJobSpec(taxiJob(taxiZones("nyc")));
const START_MS = Date.UTC(2016, 0, 1);

function trip(second: number): string {
  const datetime = new Date(START_MS + second * 1_000).toISOString();
  return JSON.stringify({
    ...{ pickup_lat: 40.75, pickup_lon: -73.98 },
    ...{ dropoff_lat: 40.65, dropoff_lon: -73.78 },
    ...{ pickup_datetime: datetime, dropoff_datetime: datetime, type: "trip" },
  });
}

/** A record's data, and the texts in it: one, or those of a pack. */
interface Given {
  readonly data: Buffer;
  readonly texts: readonly string[];
}

const text = fc.oneof(
  { weight: 6, arbitrary: fc.nat(1_500).map(trip) },
  {
    weight: 1,
    arbitrary: fc.nat(1_500).map((second) =>
      JSON.stringify({
        type: "watermark",
        watermark: new Date(START_MS + second * 1_000).toISOString(),
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("{", "", "null") },
);
const plain = text.map(
  (one): Given => ({ data: Buffer.from(one), texts: [one] }),
);
const pack = fc.array(text, { maxLength: 8 }).map((texts): Given => {
  const records = texts.map((one) => ({ data: Buffer.from(one), key: 0 }));
  const data = aggregated({
    partitionKeys: ["key"],
    explicitHashKeys: [],
    records,
  });
  return { data, texts };
});
/** Begins as a pack does, and is none: a dead letter. */
const damaged = pack.map(({ data }): Given => {
  const copy = Buffer.from(data);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return { data: copy, texts: ["damaged"] };
});
const shortMagic = fc.constant<Given>({
  data: Buffer.from([0xf3, 0x89]),
  texts: ["short"],
});
const records = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: plain },
    { weight: 2, arbitrary: pack },
    { weight: 1, arbitrary: fc.oneof(damaged, shortMagic) },
  ),
  { maxLength: 60, size: "max" },
);

function columnsOf(datas: readonly Buffer[]): RecordColumns {
  const columns = new RecordColumns();
  const bytes = encodeCbor({
    Records: datas.map((Data, index) => ({
      Data,
      SequenceNumber: String(index + 1),
      PartitionKey: "key",
      ApproximateArrivalTimestamp: START_MS,
    })),
  });
  walkGetRecordsCbor(bytes, bytes.length, columns);
  return columns;
}

/** What the operator makes of records. */
function outcome(datas: readonly Buffer[], late: "drop" | "dead-letter") {
  const plan = planJob(spec);
  const operator = new TallyOperator({
    plan,
    decoder: openDecoder(plan),
    watermarkAheadMaxMs: Number.POSITIVE_INFINITY,
    late,
  });
  const shard = operator.shard({
    shardId: "one",
    watermarkMs: Number.NEGATIVE_INFINITY,
    dedupe: null,
  });
  const batch = new UserRecords();
  const range = new HashRange("0", "340282366920938463463374607431768211455");
  batch.fill(columnsOf(datas), { range, outOfRange: "skip" });
  operator.consume(shard, batch);
  const letters = operator
    .takeDeadLetters()
    .map(({ sequenceNumber, subSequenceNumber, reason }) => ({
      ...{ sequenceNumber, subSequenceNumber, reason },
    }));
  const { buffer, sections } = operator.tables.take();
  const { read, dead, tallied, late: lateCount, filtered } = shard.counts;
  const counts = { read, dead, tallied, lateCount, filtered };
  return { counts, letters, sections, tallies: new Uint8Array(buffer) };
}

for (const late of ["drop", "dead-letter"] as const) {
  t.test(
    `packs among plain records are as their texts by themselves, late: ${late}`,
    async (t) => {
      fc.assert(
        fc.property(records, (list) => {
          const found = outcome(
            list.map(({ data }) => data),
            late,
          );
          const places = list.flatMap(({ texts }, index) =>
            texts.map((_, sub) => ({
              sequenceNumber: String(index + 1),
              subSequenceNumber: sub,
            })),
          );
          const expected = outcome(
            list.flatMap(({ texts }) => texts.map((one) => Buffer.from(one))),
            late,
          );
          const letters = expected.letters.map(
            ({ sequenceNumber, reason }) => ({
              ...places[Number(sequenceNumber) - 1],
              reason,
            }),
          );
          t.same(found, { ...expected, letters });
        }),
        { numRuns: 60 },
      );
    },
  );
}

t.test("bytes are those of the texts, each once", async (t) => {
  const texts = [trip(1), trip(2), trip(3), trip(4)];
  const pack = aggregated({
    partitionKeys: ["key"],
    explicitHashKeys: [],
    records: [texts[1], texts[2]].map((one) => ({
      data: Buffer.from(one ?? ""),
      key: 0,
    })),
  });
  const plan = planJob(spec);
  const operator = new TallyOperator({
    plan,
    decoder: openDecoder(plan),
    watermarkAheadMaxMs: Number.POSITIVE_INFINITY,
    late: "drop",
  });
  const shard = operator.shard({
    shardId: "one",
    watermarkMs: Number.NEGATIVE_INFINITY,
    dedupe: null,
  });
  const batch = new UserRecords();
  const range = new HashRange("0", "340282366920938463463374607431768211455");
  const plain = (index: number) => Buffer.from(texts[index] ?? "");
  batch.fill(columnsOf([plain(0), pack, plain(3)]), {
    range,
    outOfRange: "skip",
  });
  operator.consume(shard, batch);
  t.equal(shard.counts.bytes, texts.join("").length);
  t.equal(shard.counts.read, 4);
});
