/**
 * Sequence numbers of one shard: 56 decimal digits, strictly increasing.
 *
 * They read `49`, 13 digits of the shard's creation in epoch milliseconds, 9
 * of its index, 10 zeros; then 16 of the record's ordinal in the shard and 6
 * that depend on its arrival. So they tell their shard apart from one of the
 * same name in an earlier stream, a child's are above its parents', the next
 * one can't be guessed, and the record is found without a search.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Digits of every sequence number. */
export const SEQUENCE_DIGITS = 56;

const ORDINAL_DIGITS = 16;
const ARRIVAL_DIGITS = 6;
const PREFIX_DIGITS = SEQUENCE_DIGITS - ORDINAL_DIGITS - ARRIVAL_DIGITS;

const ARRIVAL_MODULUS = 10 ** ARRIVAL_DIGITS;

/** Makes and reads the sequence numbers of one shard. */
export class SequenceNumbers {
  readonly #prefix: string;

  /**
   * @param shardCreatedAtMs Epoch milliseconds.
   * @param shardIndex Its number in the stream.
   */
  constructor(shardCreatedAtMs: number, shardIndex: number) {
    const created = String(shardCreatedAtMs).padStart(13, "0");
    const index = String(shardIndex).padStart(9, "0");
    this.#prefix = `49${created}${index}`.padEnd(PREFIX_DIGITS, "0");
    assert(this.#prefix.length === PREFIX_DIGITS);
  }

  /**
   * @param ordinal 0 for the shard's start, 1 for its first record.
   * @param arrivalMs Of the record.
   */
  format(ordinal: number, arrivalMs: number): string {
    assert(Number.isSafeInteger(ordinal) && arrivalMs >= 0);
    const low = arrivalMs % ARRIVAL_MODULUS;
    return (
      this.#prefix +
      String(ordinal).padStart(ORDINAL_DIGITS, "0") +
      String(low).padStart(ARRIVAL_DIGITS, "0")
    );
  }

  /** Whether a sequence number is from this very shard. */
  isOwn(text: string): boolean {
    return text.length === SEQUENCE_DIGITS && text.startsWith(this.#prefix);
  }

  /** The ordinal in an own sequence number. */
  ordinalOf(text: string): number {
    assert(this.isOwn(text));
    return Number(text.slice(PREFIX_DIGITS, PREFIX_DIGITS + ORDINAL_DIGITS));
  }
}
