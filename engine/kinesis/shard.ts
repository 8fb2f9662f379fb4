/**
 * A stream and its shards, as the control plane tells them.
 *
 * @module
 */

/** One stream, summed up. */
export interface StreamDescription {
  readonly streamArn: string;
  readonly streamName: string;
  /** Epoch ms. Tells a stream from a later one of the same name. */
  readonly creationTimeMs: number;
  /** `CREATING`, `DELETING`, `ACTIVE` or `UPDATING`. */
  readonly status: string;
  readonly retentionHours: number;
  readonly openShardCount: number;
  /** Largest record, data and partition key: 1 to 10 MiB. */
  readonly recordBytesMax: number;
}

/** One shard, open or closed. */
export interface KinesisShard {
  readonly shardId: string;
  /** One after a split, two after a merge, none at first. */
  readonly parentShardIds: readonly string[];
  /** Decimal, inclusive. */
  readonly startingHashKey: string;
  /** Decimal, inclusive. */
  readonly endingHashKey: string;
  /** Decimal. */
  readonly startingSequenceNumber: string;
  /** Whether it takes no more records; what it has may still be unread. */
  readonly closed: boolean;
}
