/**
 * GetShardIterator.
 *
 * @module
 */
import { type Operation, operation, type Service } from "../service.ts";
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
  type Structure,
  structure,
  text,
  timestamp,
} from "../wire/shape.ts";
import { type ShardPlace, sealIterator } from "./shard_iterator.ts";

const TYPES = [
  "AFTER_SEQUENCE_NUMBER",
  "LATEST",
  "AT_TIMESTAMP",
  "AT_SEQUENCE_NUMBER",
  "TRIM_HORIZON",
] as const;

const MEMBERS = {
  ...STREAM_MEMBERS,
  ShardId: required(SHARD_ID),
  ShardIteratorType: required(text<(typeof TYPES)[number]>({ values: TYPES })),
  StartingSequenceNumber: optional(text({ pattern: "0|([1-9]\\d{0,128})" })),
  Timestamp: optional(timestamp()),
};

type Input = Structure<typeof MEMBERS>;

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidArgumentException", message);
}

/** Throws unless a sequence number, or none, goes with the type. */
function checkStart(input: Input): void {
  const { ShardIteratorType: type, StartingSequenceNumber: start } = input;
  const isBySequence = type.endsWith("_SEQUENCE_NUMBER");
  if (isBySequence === (start !== undefined)) return;
  throw invalid(
    `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${start === undefined ? "no" : "also a"} StartingSequenceNumber.`,
  );
}

function ordinalOfSequence(
  service: Service,
  place: Omit<ShardPlace, "ordinal">,
  input: Input,
): number {
  const { stream, shard } = place;
  const { StartingSequenceNumber: start = "", ShardIteratorType } = input;
  if (!shard.sequenceNumbers.isOwn(start)) {
    throw invalid(
      `StartingSequenceNumber ${start} used in GetShardIterator on shard ${shard.id} in stream ${stream.name} under account ${service.accountId} is invalid because it did not come from this stream.`,
    );
  }
  const isAfter = ShardIteratorType === "AFTER_SEQUENCE_NUMBER";
  return shard.ordinalOfSequence(start, isAfter);
}

function startOrdinal(
  service: Service,
  place: Omit<ShardPlace, "ordinal">,
  input: Input,
): number {
  const { log } = place.shard;
  switch (input.ShardIteratorType) {
    case "TRIM_HORIZON":
      return log.firstOrdinal;
    case "LATEST":
      return log.nextOrdinal;
    case "AT_TIMESTAMP": {
      if (input.Timestamp === undefined) {
        throw invalid(
          "Must specify timestamp parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
        );
      }
      if (input.Timestamp > service.clock.nowMs()) {
        throw invalid(
          `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${input.Timestamp}, currentTimestampInMillis: ${service.clock.nowMs()}`,
        );
      }
      return log.ordinalAtTime(input.Timestamp);
    }
    default:
      return ordinalOfSequence(service, place, input);
  }
}

/** Gives a place in a shard to read from. */
export const getShardIterator: Operation = operation(
  structure(MEMBERS),
  (service, input) => {
    const stream = findActiveStream(service, input);
    const shard = stream.shard(input.ShardId);
    if (shard === undefined) {
      throw shardNotFound(service, input.ShardId, stream.name);
    }
    checkStart(input);
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
    const place = { stream, shard };
    const ordinal = startOrdinal(service, place, input);
    return { ShardIterator: sealIterator(service, { ...place, ordinal }) };
  },
);
