/**
 * One shard's answers in their order: read, checked against the position, and
 * turned into what is handed over.
 *
 * @module
 */
import { HashRange } from "../../engine/kinesis/hash_range.ts";
import type { RecordColumns } from "../../engine/kinesis/record_columns.ts";
import { GarbledAnswerError } from "../../engine/kinesis/request_error.ts";
import {
  compareSequenceNumbers,
  isSequenceNumber,
} from "../../engine/kinesis/sequence_number.ts";
import type { RecordBatch, ShardAnswer, ShardStart } from "../record_batch.ts";
import { ReadScratch } from "./read_scratch.ts";
import type {
  ReadableShard,
  ShardReaderOptions,
} from "./shard_reader_options.ts";
import type { RecordsAnswer } from "./transport.ts";
import type { UserRecordsOptions } from "./user_records.ts";

/** What one answer hands over. */
export interface TakenAnswer {
  readonly answer: ShardAnswer;
  /** Undefined when there were no records; valid until the next answer. */
  readonly batch: RecordBatch | undefined;
}

/** Reads answers and keeps the position, whichever way they come. */
export class AnswerReader {
  readonly #scratch: ReadScratch;
  readonly #userRecords: UserRecordsOptions;
  #position: ShardStart;
  /** Of the last record read and not yet taken; empty if there is none. */
  #sequenceNumber = "";

  /** @throws {RangeError} If the hash keys aren't numbers below 2^128. */
  constructor(
    shard: ReadableShard,
    {
      scratch = new ReadScratch(),
      kplOutOfRange = "skip",
    }: Pick<ShardReaderOptions, "scratch" | "kplOutOfRange">,
  ) {
    this.#scratch = scratch;
    this.#position = shard.start;
    this.#userRecords = {
      range: new HashRange(shard.startingHashKey, shard.endingHashKey),
      outOfRange: kplOutOfRange,
    };
  }

  /** Where reading goes on: after the last record that was taken. */
  get position(): ShardStart {
    return this.#position;
  }

  /** The answer that was read last. */
  get columns(): RecordColumns {
    return this.#scratch.columns;
  }

  /**
   * Reads an answer. The position stays as it is until it is taken.
   *
   * @returns Its records.
   * @throws {GarbledAnswerError} If it is no good.
   */
  read(answer: RecordsAnswer): number {
    const { columns } = this.#scratch;
    answer.readInto(columns);
    const { recordCount } = columns;
    this.#sequenceNumber = "";
    if (recordCount > 0) {
      const first = columns.sequenceNumber(0);
      const last = columns.sequenceNumber(recordCount - 1);
      this.#assertInOrder(first, last);
      this.#sequenceNumber = last;
    }
    return recordCount;
  }

  /** Records that were read before would be tallied twice. */
  #assertInOrder(first: string, last: string): void {
    const isInOrder =
      isSequenceNumber(first) &&
      isSequenceNumber(last) &&
      compareSequenceNumbers(first, last) <= 0 &&
      (this.#position.type !== "after" ||
        compareSequenceNumbers(this.#position.sequenceNumber, first) < 0);
    if (isInOrder) return;
    throw new GarbledAnswerError(
      `the answer's sequence numbers ("${first}" to "${last}") are out of order`,
    );
  }

  /** Records up to this one were read elsewhere; empty for none. */
  moveTo(sequenceNumber: string): void {
    if (sequenceNumber !== "") {
      this.#position = { type: "after", sequenceNumber };
    }
  }

  /**
   * Takes the answer that was read: the position is behind it from now on.
   *
   * @param ended Whether it is the shard's last.
   */
  take(ended: boolean): TakenAnswer {
    const { columns, userRecords } = this.#scratch;
    const { recordCount, millisBehindLatest, childShards } = columns;
    const sequenceNumber = this.#sequenceNumber;
    userRecords.fill(columns, this.#userRecords);
    this.moveTo(sequenceNumber);
    const arrivalMs =
      recordCount === 0 ? undefined : columns.arrivalMs[recordCount - 1];
    return {
      answer: {
        sequenceNumber,
        arrivalMs: arrivalMs ?? Number.NaN,
        millisBehindLatest,
        payloadBytes: userRecords.payloadBytes,
        ended,
        childShards,
      },
      batch: recordCount === 0 ? undefined : userRecords,
    };
  }
}
