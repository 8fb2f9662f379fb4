/**
 * GetRecords answers for tests: a model of one, and its encodings in every
 * form that a service may choose.
 */
import fc from "fast-check";
import type { RecordColumns } from "../../../engine/kinesis/record_columns.ts";

export interface ModelRecord {
  readonly data: Buffer;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Epoch ms. */
  readonly arrivalMs: number;
}

export interface ModelAnswer {
  readonly records: readonly ModelRecord[];
  readonly nextShardIterator: string | null;
  /** Only in an event of a subscription; null at its shard's end. */
  readonly continuationSequenceNumber?: string | null;
  readonly millisBehindLatest: number;
  readonly childShards: readonly {
    readonly shardId: string;
    readonly parentShardIds: readonly string[];
    readonly startingHashKey: string;
    readonly endingHashKey: string;
  }[];
}

/** Choices that leave the meaning as it is. */
export interface CborForm {
  /** Draws one of `count` choices. */
  readonly draw: (count: number) => number;
}

/** One of them is a container of unknown length. */
const CONTAINER_CHOICES = 11;

/** The plain form: what the service itself sends. */
export const PLAIN: CborForm = { draw: () => 0 };

/** The same with maps and arrays of unknown length. */
export const OPEN: CborForm = {
  draw: (count) => (count === CONTAINER_CHOICES ? 1 : 0),
};

/** A form that draws from a seed. */
export function formOf(seed: number): CborForm {
  let state = seed | 1;
  return {
    draw(count) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % count;
    },
  };
}

function head(major: number, argument: number, width = 0): Buffer {
  const widths = [24, 256, 65536, 2 ** 32].findIndex((max) => argument < max);
  const chosen = Math.max(widths < 0 ? 4 : widths, width);
  if (chosen === 0) return Buffer.from([(major << 5) | argument]);
  const bytes = Buffer.alloc(1 + 2 ** (chosen - 1));
  bytes[0] = (major << 5) | (23 + chosen);
  if (chosen === 4) bytes.writeBigUInt64BE(BigInt(argument), 1);
  else bytes.writeUIntBE(argument, 1, 2 ** (chosen - 1));
  return bytes;
}

function string(major: number, bytes: Buffer, form: CborForm): Buffer {
  if (form.draw(8) !== 1) {
    return Buffer.concat([
      head(major, bytes.length, form.draw(4) === 1 ? 3 : 0),
      bytes,
    ]);
  }
  const middle = form.draw(bytes.length + 1);
  return Buffer.concat([
    Buffer.from([(major << 5) | 31]),
    string(major, bytes.subarray(0, middle), PLAIN),
    string(major, bytes.subarray(middle), PLAIN),
    Buffer.from([0xff]),
  ]);
}

function text(value: string, form: CborForm): Buffer {
  return string(3, Buffer.from(value), form);
}

function container(
  major: number,
  items: readonly Buffer[],
  form: CborForm,
): Buffer {
  const count = major === 5 ? items.length / 2 : items.length;
  return form.draw(CONTAINER_CHOICES) === 1
    ? Buffer.concat([
        Buffer.from([(major << 5) | 31]),
        ...items,
        Buffer.from([0xff]),
      ])
    : Buffer.concat([head(major, count), ...items]);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0xfb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function time(epochMs: number, form: CborForm): Buffer {
  const tag = form.draw(3) === 1 ? Buffer.from([0xc1]) : Buffer.alloc(0);
  const isWholeSecond = epochMs % 1_000 === 0;
  const choice = form.draw(4);
  let value: Buffer;
  if (choice === 1) value = double(epochMs / 1_000);
  else if (choice === 2) value = double(epochMs);
  else if (choice === 3 && isWholeSecond) value = head(0, epochMs / 1_000);
  else value = head(0, epochMs);
  return Buffer.concat([tag, value]);
}

function data(bytes: Buffer, form: CborForm): Buffer {
  const choice = form.draw(4);
  if (choice === 1) return text(bytes.toString("base64"), form);
  const plain = string(2, bytes, form);
  return choice === 2 ? Buffer.concat([Buffer.from([0xd7]), plain]) : plain;
}

function shuffled<T>(items: readonly T[], form: CborForm): T[] {
  const left = [...items];
  const result: T[] = [];
  while (left.length > 0) {
    // At most eight: never as many as a container has choices.
    result.push(...left.splice(form.draw(left.length), 1));
  }
  return result;
}

function map(
  entries: readonly (readonly [string, Buffer])[],
  form: CborForm,
): Buffer {
  const items = shuffled(entries, form).flatMap(([key, value]) => [
    text(key, form),
    value,
  ]);
  return container(5, items, form);
}

function record(model: ModelRecord, form: CborForm): Buffer {
  const extra: [string, Buffer][] =
    form.draw(5) === 1
      ? [["Oddity", container(4, [head(0, 7), text("x", form)], form)]]
      : [];
  return map(
    [
      ["SequenceNumber", text(model.sequenceNumber, form)],
      ["ApproximateArrivalTimestamp", time(model.arrivalMs, form)],
      ["Data", data(model.data, form)],
      ["PartitionKey", text(model.partitionKey, form)],
      ["EncryptionType", form.draw(2) ? head(7, 22) : text("NONE", form)],
      ...extra,
    ],
    form,
  );
}

/** The answer in CBOR. */
export function toCbor(model: ModelAnswer, form: CborForm = PLAIN): Buffer {
  const next = model.nextShardIterator;
  const goOn = model.continuationSequenceNumber;
  return map(
    [
      [
        "Records",
        container(
          4,
          model.records.map((one) => record(one, form)),
          form,
        ),
      ],
      ["NextShardIterator", next === null ? head(7, 22) : text(next, form)],
      ...(goOn === undefined
        ? []
        : [
            [
              "ContinuationSequenceNumber",
              goOn === null ? head(7, 22) : text(goOn, form),
            ] as const,
          ]),
      ["MillisBehindLatest", head(0, model.millisBehindLatest)],
      [
        "ChildShards",
        container(
          4,
          model.childShards.map((child) =>
            map(
              [
                ["ShardId", text(child.shardId, form)],
                [
                  "ParentShards",
                  container(
                    4,
                    child.parentShardIds.map((id) => text(id, form)),
                    form,
                  ),
                ],
                [
                  "HashKeyRange",
                  map(
                    [
                      ["StartingHashKey", text(child.startingHashKey, form)],
                      ["EndingHashKey", text(child.endingHashKey, form)],
                    ],
                    form,
                  ),
                ],
              ],
              form,
            ),
          ),
          form,
        ),
      ],
    ],
    form,
  );
}

/** The answer in JSON. */
export function toJson(model: ModelAnswer): Buffer {
  return Buffer.from(
    JSON.stringify({
      Records: model.records.map((one) => ({
        SequenceNumber: one.sequenceNumber,
        ApproximateArrivalTimestamp: one.arrivalMs / 1_000,
        Data: one.data.toString("base64"),
        PartitionKey: one.partitionKey,
      })),
      NextShardIterator: model.nextShardIterator,
      ContinuationSequenceNumber: model.continuationSequenceNumber,
      MillisBehindLatest: model.millisBehindLatest,
      ChildShards: model.childShards.map((child) => ({
        ShardId: child.shardId,
        ParentShards: child.parentShardIds,
        HashKeyRange: {
          StartingHashKey: child.startingHashKey,
          EndingHashKey: child.endingHashKey,
        },
      })),
    }),
  );
}

/** What the columns say, as a model again. */
export function modelOf(columns: RecordColumns): ModelAnswer {
  return {
    records: Array.from({ length: columns.recordCount }, (_, index) => ({
      data: Buffer.from(
        columns.bytes.subarray(
          columns.dataStarts[index],
          columns.dataEnds[index],
        ),
      ),
      sequenceNumber: columns.sequenceNumber(index),
      partitionKey: columns.partitionKey(index),
      arrivalMs: columns.arrivalMs[index] ?? Number.NaN,
    })),
    nextShardIterator: columns.nextShardIterator,
    ...(columns.continuationSequenceNumber === null
      ? {}
      : { continuationSequenceNumber: columns.continuationSequenceNumber }),
    millisBehindLatest: columns.millisBehindLatest,
    childShards: columns.childShards,
  };
}

/** Plain objects, which are what the walkers give. */
function model<T>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record<T>(members, { noNullPrototype: true });
}

const decimal = fc
  .bigInt({ min: 0n, max: 10n ** 56n - 1n })
  .map((value) => value.toString());

const recordArbitrary: fc.Arbitrary<ModelRecord> = model({
  data: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  sequenceNumber: decimal,
  partitionKey: fc.string({ unit: "grapheme", maxLength: 30 }),
  arrivalMs: fc.oneof(
    fc.integer({ min: 1_400_000_000_000, max: 1_900_000_000_000 }),
    fc
      .integer({ min: 1_400_000_000, max: 1_900_000_000 })
      .map((seconds) => seconds * 1_000),
  ),
});

const plainAnswerArbitrary: fc.Arbitrary<ModelAnswer> = model({
  records: fc.array(recordArbitrary, { maxLength: 6 }),
  nextShardIterator: fc.option(fc.base64String({ maxLength: 300 })),
  millisBehindLatest: fc.integer({ min: 0, max: 2 ** 40 }),
  childShards: fc.array(
    model({
      shardId: fc.string({ maxLength: 20 }),
      parentShardIds: fc.array(fc.string({ maxLength: 20 }), { maxLength: 2 }),
      startingHashKey: decimal,
      endingHashKey: decimal,
    }),
    { maxLength: 2 },
  ),
});

/** Any answer, or event of a subscription. */
export const answerArbitrary: fc.Arbitrary<ModelAnswer> = fc
  .tuple(plainAnswerArbitrary, fc.option(decimal, { nil: undefined }))
  .map(([answer, continuationSequenceNumber]) =>
    continuationSequenceNumber === undefined
      ? answer
      : { ...answer, continuationSequenceNumber },
  );
