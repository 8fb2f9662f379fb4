/**
 * GetShardIterator.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import {
  findActiveStream,
  rateExceeded,
  SHARD_ID,
  STREAM_MEMBERS,
  shardNotFound,
} from "../stream_input.ts";
import {
  optional,
  required,
  structure,
  text,
  timestamp,
} from "../wire/shape.ts";
import { sealIterator } from "./shard_iterator.ts";
import {
  checkPosition,
  POSITION_TYPES,
  type StartPosition,
  startOrdinal,
} from "./start_position.ts";

const MEMBERS = {
  ...STREAM_MEMBERS,
  ShardId: required(SHARD_ID),
  ShardIteratorType: required(
    text<StartPosition["type"]>({ values: POSITION_TYPES }),
  ),
  StartingSequenceNumber: optional(text({ pattern: "0|([1-9]\\d{0,128})" })),
  Timestamp: optional(timestamp()),
};

/** Gives a place in a shard to read from. */
export const getShardIterator: Operation = operation(
  structure(MEMBERS),
  (service, input) => {
    const stream = findActiveStream(service, input);
    const shard = stream.shard(input.ShardId, service.clock.nowMs());
    if (shard === undefined) {
      throw shardNotFound(service, input.ShardId, stream.name);
    }
    const position: StartPosition = {
      stream,
      shard,
      type: input.ShardIteratorType,
      sequenceNumber: input.StartingSequenceNumber,
      timestampMs: input.Timestamp,
      operation: "GetShardIterator",
    };
    checkPosition(position);
    if (
      service.hasLimits &&
      !shard.throughput.tryIterator(service.clock.monotonicMs())
    ) {
      service.counts.throttledReads++;
      throw new ServiceError(
        "ProvisionedThroughputExceededException",
        rateExceeded(service, stream, shard),
      );
    }
    const ordinal = startOrdinal(service, position);
    return { ShardIterator: sealIterator(service, { stream, shard, ordinal }) };
  },
);
