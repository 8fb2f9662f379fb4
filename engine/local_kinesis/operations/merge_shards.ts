/**
 * MergeShards.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import { areAdjacent } from "../store/local_stream.ts";
import { SHARD_ID, STREAM_MEMBERS } from "../stream_input.ts";
import { required, structure } from "../wire/shape.ts";
import { beginChange, findOpenShard, findReshardable } from "./shard_input.ts";

const INPUT = structure({
  ...STREAM_MEMBERS,
  ShardToMerge: required(SHARD_ID),
  AdjacentShardToMerge: required(SHARD_ID),
});

/** Replaces two shards that are next to each other by one. */
export const mergeShards: Operation = operation(INPUT, (service, input) => {
  const stream = findReshardable(service, input);
  const shard = findOpenShard(service, stream, input.ShardToMerge);
  const other = findOpenShard(service, stream, input.AdjacentShardToMerge);
  if (!areAdjacent(shard, other)) {
    throw new ServiceError(
      "InvalidArgumentException",
      `Shards ${shard.id} and ${other.id} in stream ${stream.name} under account ${service.accountId} are not an adjacent pair of shards eligible for merging`,
    );
  }
  beginChange(service, stream, (nowMs) => {
    stream.merge(shard, other, nowMs);
  });
  return undefined;
});
