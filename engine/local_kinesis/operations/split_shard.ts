/**
 * SplitShard.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import { SHARD_ID, STREAM_MEMBERS } from "../stream_input.ts";
import { required, structure, text } from "../wire/shape.ts";
import {
  beginChange,
  findOpenShard,
  findReshardable,
  requireShards,
} from "./shard_input.ts";

const INPUT = structure({
  ...STREAM_MEMBERS,
  ShardToSplit: required(SHARD_ID),
  NewStartingHashKey: required(text({ pattern: "0|([1-9]\\d{0,38})" })),
});

/** Replaces a shard by two. */
export const splitShard: Operation = operation(INPUT, (service, input) => {
  const stream = findReshardable(service, input);
  const shard = findOpenShard(service, stream, input.ShardToSplit);
  const start = BigInt(input.NewStartingHashKey);
  const { hashRange } = shard;
  if (start <= hashRange.start + 1n || start >= hashRange.end) {
    throw new ServiceError(
      "InvalidArgumentException",
      `NewStartingHashKey ${start} used in SplitShard() on shard ${shard.id} in stream ${stream.name} under account ${service.accountId} is not both greater than one plus the shard's StartingHashKey ${hashRange.start} and less than the shard's EndingHashKey ${hashRange.end}.`,
    );
  }
  requireShards(service, 1);
  beginChange(service, stream, (nowMs) => {
    stream.split(shard, start, nowMs);
  });
  return undefined;
});
