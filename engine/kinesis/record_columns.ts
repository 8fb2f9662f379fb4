/**
 * A GetRecords answer, or an event of a subscription, as columns: offsets into
 * the answer's own buffer, no object a record. One set of columns is reused for answer after answer.
 *
 * @module
 */
import type { ChildShard } from "./shard_lineage.ts";
import type { TextMemory } from "./text_memory_kernel.ts";

/** Kinesis records that fit before the columns first grow. */
const CAPACITY_FIRST = 1_024;

function grown(column: Uint32Array, capacity: number): Uint32Array {
  const larger = new Uint32Array(capacity);
  larger.set(column);
  return larger;
}

/**
 * The columns. A walker fills them; they hold until the next answer is read
 * into them, or until `bytes` is reused, whichever is first.
 */
export class RecordColumns {
  /** Where walkers put answers that have room there. */
  readonly memory: TextMemory | undefined;
  /** The answer; the offsets below point into it. */
  bytes: Buffer = Buffer.alloc(0);
  /** Kinesis records in the answer. */
  recordCount = 0;
  /** Offsets of each record's data, end exclusive. */
  dataStarts: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  dataEnds: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  /** Offsets of each sequence number's decimal text. */
  sequenceStarts: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  sequenceEnds: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  /** Offsets of each partition key's UTF-8 text. */
  keyStarts: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  keyEnds: Uint32Array = new Uint32Array(CAPACITY_FIRST);
  /** Approximate arrival, epoch ms; NaN where the answer had none. */
  arrivalMs: Float64Array = new Float64Array(CAPACITY_FIRST);
  /** Null at the end of a shard. */
  nextShardIterator: string | null = null;
  /**
   * Where a subscription is to be taken up again; null at the end of a shard
   * and in what is no event of a subscription.
   */
  continuationSequenceNumber: string | null = null;
  millisBehindLatest = 0;
  /** Only with a shard's last answer. */
  childShards: ChildShard[] = [];

  /** @param memory Only for these columns. @default {answers stay where they are} */
  constructor(memory?: TextMemory) {
    this.memory = memory;
  }

  /** Takes a memory's columns instead of its own. */
  lieIn({ columns }: TextMemory): void {
    this.dataStarts = columns.dataStarts;
    this.dataEnds = columns.dataEnds;
    this.sequenceStarts = columns.sequenceStarts;
    this.sequenceEnds = columns.sequenceEnds;
    this.keyStarts = columns.keyStarts;
    this.keyEnds = columns.keyEnds;
    this.arrivalMs = columns.arrivalMs;
  }

  /** Forgets the last answer. */
  reset(bytes: Buffer): void {
    this.bytes = bytes;
    this.recordCount = 0;
    this.nextShardIterator = null;
    this.continuationSequenceNumber = null;
    this.millisBehindLatest = 0;
    this.childShards = [];
  }

  /**
   * Makes room for one more record. Growth is bounded by the answer's bytes:
   * a record takes several of them.
   */
  reserve(): void {
    if (this.recordCount < this.dataStarts.length) return;
    const capacity = this.dataStarts.length * 2;
    this.dataStarts = grown(this.dataStarts, capacity);
    this.dataEnds = grown(this.dataEnds, capacity);
    this.sequenceStarts = grown(this.sequenceStarts, capacity);
    this.sequenceEnds = grown(this.sequenceEnds, capacity);
    this.keyStarts = grown(this.keyStarts, capacity);
    this.keyEnds = grown(this.keyEnds, capacity);
    const arrivalMs = new Float64Array(capacity);
    arrivalMs.set(this.arrivalMs);
    this.arrivalMs = arrivalMs;
  }

  /** The decimal text of a record's sequence number. */
  sequenceNumber(record: number): string {
    return this.bytes.toString(
      "latin1",
      this.sequenceStarts[record],
      this.sequenceEnds[record],
    );
  }

  /** A record's partition key. */
  partitionKey(record: number): string {
    return this.bytes.toString(
      "utf8",
      this.keyStarts[record],
      this.keyEnds[record],
    );
  }
}
