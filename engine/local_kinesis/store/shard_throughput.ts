/**
 * What the service lets through one shard.
 *
 * @module
 */
import {
  ITERATORS_PER_SECOND,
  READ_BYTES_PER_SECOND,
  READS_PER_SECOND,
  WRITE_BYTES_PER_SECOND,
  WRITE_RECORDS_PER_SECOND,
} from "../limits.ts";
import { TokenBucket } from "./token_bucket.ts";

/**
 * The limits of one shard, each a bucket of one second's worth; where the
 * stream allows larger records, the bucket for written bytes holds one of the
 * largest. All times are monotonic milliseconds.
 */
export class ShardThroughput {
  readonly #writtenBytes = new TokenBucket({
    perSecond: WRITE_BYTES_PER_SECOND,
  });
  readonly #writtenRecords = new TokenBucket({
    perSecond: WRITE_RECORDS_PER_SECOND,
  });
  readonly #reads = new TokenBucket({ perSecond: READS_PER_SECOND });
  readonly #iterators = new TokenBucket({ perSecond: ITERATORS_PER_SECOND });
  readonly #readBytes = new TokenBucket({ perSecond: READ_BYTES_PER_SECOND });
  #blockedUntilMs = Number.NEGATIVE_INFINITY;

  /** @param recordBytesMax Largest record that the stream allows. */
  setRecordBytesMax(recordBytesMax: number): void {
    this.#writtenBytes.resize(Math.max(WRITE_BYTES_PER_SECOND, recordBytesMax));
  }

  /**
   * Whether a record may be written now.
   *
   * @param bytes Its data and key.
   */
  tryWrite(bytes: number, nowMs: number): boolean {
    if (this.#writtenRecords.level(nowMs) < 1) return false;
    if (!this.#writtenBytes.tryDraw(bytes, nowMs)) return false;
    this.#writtenRecords.draw(1);
    return true;
  }

  /** Whether a GetRecords call is allowed now. Refused ones don't count. */
  tryRead(nowMs: number): boolean {
    if (nowMs < this.#blockedUntilMs) return false;
    if (this.#readBytes.level(nowMs) <= 0) return false;
    return this.#reads.tryDraw(1, nowMs);
  }

  /**
   * Counts what a GetRecords call gave. An answer above one second's worth
   * blocks the shard for as many seconds as it is worth: 10 MiB for 5.
   */
  countRead(bytes: number, nowMs: number): void {
    this.#readBytes.draw(bytes);
    if (bytes <= READ_BYTES_PER_SECOND) return;
    const blockedMs = (bytes / READ_BYTES_PER_SECOND) * 1_000;
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, nowMs + blockedMs);
  }

  /** Whether a GetShardIterator call is allowed now. */
  tryIterator(nowMs: number): boolean {
    return this.#iterators.tryDraw(1, nowMs);
  }
}
