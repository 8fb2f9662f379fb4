/**
 * What GetRecords and SubscribeToShard tell beside the records.
 *
 * @module
 */
import type { LocalShard } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";
import type { AnswerValue } from "../wire/answer.ts";

/** A shard's range of hash keys. */
export function hashKeyRange({ hashRange }: LocalShard): AnswerValue {
  return {
    StartingHashKey: String(hashRange.start),
    EndingHashKey: String(hashRange.end),
  };
}

/**
 * How long the next record has been waiting; 0 at the tip, and at least 1
 * before it.
 */
export function millisBehind(
  shard: LocalShard,
  ordinal: number,
  nowMs: number,
): number {
  if (ordinal >= shard.log.nextOrdinal) return 0;
  const arrivalMs = shard.log.arrivalMsOf(ordinal) ?? nowMs;
  return Math.max(1, nowMs - arrivalMs);
}

/** Whether a shard has been read to its end. */
export function isAtEnd(shard: LocalShard, ordinal: number): boolean {
  return !shard.isOpen && ordinal >= shard.log.nextOrdinal;
}

/** The children of a shard that has been read to its end. */
export function childShards(
  stream: LocalStream,
  shard: LocalShard,
): AnswerValue {
  return stream.childrenOf(shard.id).map((child) => ({
    ShardId: child.id,
    ParentShards: child.parentIds,
    HashKeyRange: hashKeyRange(child),
  }));
}
