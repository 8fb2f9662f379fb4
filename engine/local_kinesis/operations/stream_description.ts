/**
 * Streams and shards as the answers describe them.
 *
 * @module
 */
import type { LocalShard } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";
import { hashKeyRange } from "../subscription/shard_progress.ts";
import type { AnswerValue } from "../wire/answer.ts";

/** A shard, as DescribeStream and ListShards give it. */
export function shardDescription(shard: LocalShard): AnswerValue {
  return {
    ShardId: shard.id,
    ParentShardId: shard.parentIds[0],
    AdjacentParentShardId: shard.parentIds[1],
    HashKeyRange: hashKeyRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      EndingSequenceNumber: shard.endingSequenceNumber,
    },
  };
}

/** What all descriptions of a stream have in common. */
export function streamHead(
  stream: LocalStream,
  nowMs: number,
): { readonly [key: string]: AnswerValue } {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: stream.status(nowMs),
    StreamModeDetails: { StreamMode: stream.mode },
    StreamCreationTimestamp: new Date(stream.createdAtMs),
  };
}

/** What DescribeStream and DescribeStreamSummary have in common. */
export function streamSettings(stream: LocalStream): {
  readonly [key: string]: AnswerValue;
} {
  return {
    RetentionPeriodHours: stream.retentionHours,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: "NONE",
  };
}
