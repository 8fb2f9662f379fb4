/**
 * Records that could not be tallied, until the next flush.
 *
 * @module
 */
import { compareSequenceNumbers } from "../../engine/kinesis/sequence_number.ts";
import type { DeadLetterMessage } from "../../engine/messages.ts";
import type { RecordBatch } from "../record_batch.ts";

/** Where a record is. */
export interface LetterSource {
  readonly shard: { readonly shardId: string };
  readonly batch: RecordBatch;
}

/** Takes copies of records. */
export class DeadLetters {
  #letters: DeadLetterMessage[] = [];
  /** Bytes of all of them. */
  byteLength = 0;

  get count(): number {
    return this.#letters.length;
  }

  /** Adds the record at an index of a batch. */
  add({ shard, batch }: LetterSource, index: number, reason: string): void {
    const record = batch.records[index] ?? 0;
    const bytes = Uint8Array.from(
      batch.bytes.subarray(batch.starts[index], batch.ends[index]),
    );
    this.byteLength += bytes.length;
    this.#letters.push({
      shardId: shard.shardId,
      sequenceNumber: batch.sequenceNumber(record),
      subSequenceNumber: batch.subSequenceNumbers[index] ?? 0,
      reason,
      bytes,
    });
  }

  /** Puts late records between the others, in the order of their shard. */
  sort(from: number): void {
    const letters = this.#letters.splice(from);
    letters.sort(
      (a, b) =>
        compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber) ||
        a.subSequenceNumber - b.subSequenceNumber,
    );
    this.#letters.push(...letters);
  }

  /** Gives all of them away. */
  take(): DeadLetterMessage[] {
    const letters = this.#letters;
    this.#letters = [];
    this.byteLength = 0;
    return letters;
  }
}
