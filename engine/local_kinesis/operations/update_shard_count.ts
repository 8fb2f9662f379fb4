/**
 * UpdateShardCount.
 *
 * @module
 */
import { SHARD_COUNT_UPDATES_A_DAY } from "../limits.ts";
import { type Operation, operation, type Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { LocalStream } from "../store/local_stream.ts";
import { reshard } from "../store/reshard.ts";
import { STREAM_MEMBERS } from "../stream_input.ts";
import { integer, required, structure, text } from "../wire/shape.ts";
import { beginChange, findReshardable, requireShards } from "./shard_input.ts";

const DAY_MS = 24 * 3_600_000;

const INPUT = structure({
  ...STREAM_MEMBERS,
  TargetShardCount: required(integer({ min: 1 })),
  ScalingType: required(text({ values: ["UNIFORM_SCALING"] })),
});

/** Throws for what the service doesn't do in one step. */
function checkTarget(currentCount: number, targetCount: number): void {
  const isOver = targetCount > currentCount * 2;
  if (!isOver && targetCount * 2 >= currentCount) return;
  throw new ServiceError(
    "InvalidArgumentException",
    `UpdateShardCount cannot scale ${isOver ? "up over double" : "down below half"} your current open shard count. Current open shard count: ${currentCount} Target shard count: ${targetCount}`,
  );
}

/** Counts the call, unless there were too many in a day. */
function countUpdate(service: Service, stream: LocalStream): void {
  const nowMs = service.clock.nowMs();
  const updates = stream.countUpdatesMs;
  while ((updates[0] ?? nowMs) < nowMs - DAY_MS) updates.shift();
  if (service.hasLimits && updates.length >= SHARD_COUNT_UPDATES_A_DAY) {
    throw new ServiceError(
      "LimitExceededException",
      `UpdateShardCount has been called ${updates.length} times in 24 hours for stream ${stream.name} under account ${service.accountId}. Limit: ${SHARD_COUNT_UPDATES_A_DAY}.`,
    );
  }
  updates.push(nowMs);
}

/** Splits and merges shards until there are as many, of the same size. */
export const updateShardCount: Operation = operation(
  INPUT,
  (service, input) => {
    const stream = findReshardable(service, input);
    const { TargetShardCount: targetCount } = input;
    const currentCount = stream.openShards.length;
    checkTarget(currentCount, targetCount);
    requireShards(service, Math.max(0, targetCount - currentCount));
    countUpdate(service, stream);
    beginChange(service, stream, (nowMs) => {
      reshard(stream, targetCount, nowMs);
    });
    return {
      StreamName: stream.name,
      CurrentShardCount: currentCount,
      TargetShardCount: targetCount,
      StreamARN: stream.arn,
    };
  },
);
