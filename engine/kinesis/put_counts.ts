/**
 * What the writing side has done so far.
 *
 * @module
 */

/** What was sent so far. */
export interface PutCounts {
  /** Records handed in, without those too large. */
  readonly enqueued: number;
  /** Of them, those that the stream has taken. */
  readonly acknowledged: number;
  /** Their bytes. */
  readonly acknowledgedBytes: number;
  /** Kinesis records taken: fewer when aggregated; watermarks are among them. */
  readonly kinesisRecords: number;
  /** Kinesis records that were refused and sent again. */
  readonly refused: number;
  readonly requests: number;
  /**
   * Requests without a readable answer. They were sent again, so their records
   * may stand twice in the stream.
   */
  readonly uncertainRequests: number;
  /** Records larger than the stream takes; never sent. */
  readonly oversized: number;
  /** Watermark events taken, one a shard each. */
  readonly watermarks: number;
}
