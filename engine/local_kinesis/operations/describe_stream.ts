/**
 * DescribeStream.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { findStream, SHARD_ID, STREAM_MEMBERS } from "../stream_input.ts";
import { integer, optional, structure } from "../wire/shape.ts";
import {
  shardDescription,
  streamHead,
  streamSettings,
} from "./stream_description.ts";

/** Shards of one answer, unless asked for less; more are never given. */
const SHARD_COUNT_DEFAULT = 100;

const INPUT = structure({
  ...STREAM_MEMBERS,
  Limit: optional(integer({ min: 1, max: 10_000 })),
  ExclusiveStartShardId: optional(SHARD_ID),
});

/** Describes a stream; one being created has no shards yet. */
export const describeStream: Operation = operation(INPUT, (service, input) => {
  const nowMs = service.clock.nowMs();
  const stream = findStream(service, input);
  const after = input.ExclusiveStartShardId ?? "";
  const shards =
    stream.status(nowMs) === "CREATING"
      ? []
      : stream.listedShards(nowMs).filter(({ id }) => id > after);
  const count = Math.min(
    input.Limit ?? SHARD_COUNT_DEFAULT,
    SHARD_COUNT_DEFAULT,
  );
  return {
    StreamDescription: {
      ...streamHead(stream, nowMs),
      ...streamSettings(stream),
      Shards: shards.slice(0, count).map(shardDescription),
      HasMoreShards: shards.length > count,
    },
  };
});
