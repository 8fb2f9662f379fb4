/**
 * The user records of an answer: aggregated records taken apart, plain ones as
 * they are, those that belong to another shard left out.
 *
 * @module
 */
import { AggregateDigests } from "../../engine/kinesis/aggregate_digests.ts";
import type { HashRange } from "../../engine/kinesis/hash_range.ts";
import { MAGIC_FIRST } from "../../engine/kinesis/kpl_format.ts";
import {
  AggregatedRecordReader,
  hasMagic,
  NO_HASH_KEY,
} from "../../engine/kinesis/kpl_reader.ts";
import { RecordColumns } from "../../engine/kinesis/record_columns.ts";
import type { RecordBatch } from "../record_batch.ts";

/** How aggregated records of a shard are read. */
export interface UserRecordsOptions {
  /** The shard's. */
  readonly range: HashRange;
  /**
   * What becomes of user records whose hash key lies outside the range.
   *
   * A producer packs records for the shard that it expects. When that shard
   * was split meanwhile, the pack arrives in a child, and Amazon's producer
   * library sends those of its records again that don't belong there; so they
   * are skipped here. (Amazon's client library gives up the whole pack then,
   * and with it records that are never sent again.) `"keep"` is for producers
   * that pack records without regard to shards.
   */
  readonly outOfRange: "skip" | "keep";
}

const CAPACITY_FIRST = 4_096;

const UNKNOWN = 0;
const INSIDE = 1;
const OUTSIDE = 2;

function doubled(column: Uint32Array): Uint32Array {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}

/** What is known of the keys in one aggregated record's tables. */
class Verdicts {
  #verdicts: Uint8Array = new Uint8Array(CAPACITY_FIRST);

  /** Forgets them; `count` keys come next. */
  reset(count: number): void {
    if (count > this.#verdicts.length) {
      this.#verdicts = new Uint8Array(count * 2);
    } else this.#verdicts.fill(UNKNOWN, 0, count);
  }

  of(index: number): number {
    return this.#verdicts[index] ?? UNKNOWN;
  }

  enter(index: number, isInside: boolean): boolean {
    this.#verdicts[index] = isInside ? INSIDE : OUTSIDE;
    return isInside;
  }
}

/** The columns of a batch that are made for aggregated records. */
class OwnColumns {
  starts: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  ends: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  records: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  subSequenceNumbers: Uint32Array = new Uint32Array(CAPACITY_FIRST);

  /** Makes room; growth is bounded by the answer's bytes. */
  reserve(count: number): void {
    while (count > this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
      this.records = doubled(this.records);
      this.subSequenceNumbers = doubled(this.subSequenceNumbers);
    }
  }
}

/** What stands for both where every user record is a Kinesis record. */
class PlainNumbers {
  records: Uint32Array = new Uint32Array();
  zeros: Uint32Array = new Uint32Array();

  reserve(count: number): void {
    if (count <= this.records.length) return;
    this.records = Uint32Array.from({ length: count }, (_, index) => index);
    this.zeros = new Uint32Array(count);
  }
}

function payloadBytesOf(columns: RecordColumns): number {
  const { recordCount, dataStarts, dataEnds } = columns;
  let sum = 0;
  for (let record = 0; record < recordCount; record++) {
    sum += (dataEnds[record] as number) - (dataStarts[record] as number);
  }
  return sum;
}

/**
 * A batch that is filled again and again. It and the columns it was filled
 * from hold until the next answer is read.
 */
export class UserRecords implements RecordBatch {
  bytes: Buffer = Buffer.alloc(0);
  count = 0;
  starts: Uint32Array = new Uint32Array();
  ends: Uint32Array = new Uint32Array();
  records: Uint32Array = new Uint32Array();
  subSequenceNumbers: Uint32Array = new Uint32Array();
  arrivalMs: Float64Array = new Float64Array();
  outOfRange = 0;
  /** Bytes of the Kinesis records' data. */
  payloadBytes = 0;

  #columns: RecordColumns = new RecordColumns();
  /** Undefined when aggregated records have been looked for. */
  #options: UserRecordsOptions | undefined;
  readonly #own = new OwnColumns();
  readonly #plain = new PlainNumbers();
  readonly #digests = new AggregateDigests();
  readonly #aggregated = new AggregatedRecordReader();
  readonly #keyVerdicts = new Verdicts();
  readonly #hashKeyVerdicts = new Verdicts();

  sequenceNumber(record: number): string {
    return this.#columns.sequenceNumber(record);
  }

  /**
   * Takes the records of an answer, aggregated ones as they are; see
   * {@linkcode takeApart}.
   */
  fill(columns: RecordColumns, options: UserRecordsOptions): void {
    this.#columns = columns;
    this.#options = options;
    this.bytes = columns.bytes;
    this.arrivalMs = columns.arrivalMs;
    this.outOfRange = 0;
    this.payloadBytes = payloadBytesOf(columns);
    this.#takePlain(columns);
  }

  takeApart(from: number): boolean {
    const options = this.#options;
    if (options === undefined) return false;
    this.#options = undefined;
    const first = this.#firstAggregated(from);
    if (first === this.count) return false;
    this.#takeApart(from, first, options);
    return true;
  }

  #firstAggregated(from: number): number {
    const { bytes, count, starts, ends } = this;
    for (let record = from; record < count; record++) {
      const start = starts[record] as number;
      if (bytes[start] !== MAGIC_FIRST) continue;
      if (hasMagic(bytes, start, ends[record] as number)) return record;
    }
    return count;
  }

  /** The answer's columns are the batch's. */
  #takePlain({ recordCount, dataStarts, dataEnds }: RecordColumns): void {
    this.#plain.reserve(recordCount);
    this.count = recordCount;
    this.starts = dataStarts;
    this.ends = dataEnds;
    this.records = this.#plain.records;
    this.subSequenceNumbers = this.#plain.zeros;
  }

  /**
   * @param from The first record to be taken.
   * @param first The first record that may be an aggregated one.
   */
  #takeApart(from: number, first: number, options: UserRecordsOptions): void {
    const columns = this.#columns;
    const { recordCount, dataStarts, dataEnds } = columns;
    this.#digests.check(columns, first);
    this.count = 0;
    for (let record = from; record < recordCount; record++) {
      const start = dataStarts[record] ?? 0;
      const end = dataEnds[record] ?? 0;
      if (record >= first && this.#isAggregated(columns, record)) {
        this.#fillAggregated(record, options);
      } else {
        this.#own.reserve(this.count + 1);
        const index = this.count++;
        this.#own.starts[index] = start;
        this.#own.ends[index] = end;
        this.#own.records[index] = record;
        this.#own.subSequenceNumbers[index] = 0;
      }
    }
    this.starts = this.#own.starts;
    this.ends = this.#own.ends;
    this.records = this.#own.records;
    this.subSequenceNumbers = this.#own.subSequenceNumbers;
  }

  /** Whether a record is an aggregated one; it has been read then. */
  #isAggregated(columns: RecordColumns, record: number): boolean {
    const { bytes, dataStarts, dataEnds } = columns;
    const start = dataStarts[record] ?? 0;
    const end = dataEnds[record] ?? 0;
    switch (this.#digests.isIntact(record)) {
      case true:
        return this.#aggregated.readIntact(bytes, start, end);
      case false:
        return false;
      case undefined:
        return this.#aggregated.read(bytes, start, end);
    }
  }

  #fillAggregated(record: number, options: UserRecordsOptions): void {
    const { data } = this.#aggregated;
    const keepsAll = options.outOfRange === "keep" || options.range.isWhole;
    if (!keepsAll) {
      this.#keyVerdicts.reset(this.#aggregated.partitionKeys.count);
      this.#hashKeyVerdicts.reset(this.#aggregated.explicitHashKeys.count);
    }
    this.#own.reserve(this.count + data.count);
    const { starts, ends, records, subSequenceNumbers } = this.#own;
    for (let sub = 0; sub < data.count; sub++) {
      if (!keepsAll && !this.#isInRange(sub, options.range)) {
        this.outOfRange++;
        continue;
      }
      const index = this.count++;
      starts[index] = data.starts[sub] ?? 0;
      ends[index] = data.ends[sub] ?? 0;
      records[index] = record;
      subSequenceNumbers[index] = sub;
    }
  }

  /** An explicit hash key counts before the partition key, as it routes. */
  #isInRange(sub: number, range: HashRange): boolean {
    const hashKey = this.#aggregated.hashKeyIndexes[sub] ?? NO_HASH_KEY;
    if (hashKey !== NO_HASH_KEY) return this.#isHashKeyInRange(hashKey, range);
    const key = this.#aggregated.keyIndexes[sub] ?? 0;
    const known = this.#keyVerdicts.of(key);
    if (known !== UNKNOWN) return known === INSIDE;
    const { starts, ends } = this.#aggregated.partitionKeys;
    return this.#keyVerdicts.enter(
      key,
      range.hasPartitionKey(this.bytes, starts[key] ?? 0, ends[key] ?? 0),
    );
  }

  #isHashKeyInRange(hashKey: number, range: HashRange): boolean {
    const known = this.#hashKeyVerdicts.of(hashKey);
    if (known !== UNKNOWN) return known === INSIDE;
    const { starts, ends } = this.#aggregated.explicitHashKeys;
    const text = this.bytes.toString("latin1", starts[hashKey], ends[hashKey]);
    return this.#hashKeyVerdicts.enter(hashKey, range.hasHashKey(text));
  }
}
