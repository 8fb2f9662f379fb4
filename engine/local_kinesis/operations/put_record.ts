/**
 * PutRecord.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import {
  findActiveStream,
  rateExceeded,
  STREAM_MEMBERS,
} from "../stream_input.ts";
import { optional, structure, text } from "../wire/shape.ts";
import {
  isLetThrough,
  RECORD_MEMBERS,
  recordInput,
  routeRecord,
  storeRecord,
} from "./record_input.ts";

const INPUT = structure({
  ...STREAM_MEMBERS,
  ...RECORD_MEMBERS,
  SequenceNumberForOrdering: optional(text({ pattern: "0|([1-9]\\d{0,128})" })),
});

/** Puts one record; a shard that takes no more refuses the call. */
export const putRecord: Operation = operation(INPUT, (service, input) => {
  const stream = findActiveStream(service, input);
  const routed = routeRecord(stream, recordInput(input), "");
  if (!isLetThrough(service, routed)) {
    throw new ServiceError(
      "ProvisionedThroughputExceededException",
      rateExceeded(service, stream, routed.shard),
    );
  }
  const { shardId, sequenceNumber } = storeRecord(service, routed);
  return { ShardId: shardId, SequenceNumber: sequenceNumber };
});
