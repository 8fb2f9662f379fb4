/**
 * Where reading a shard starts: GetShardIterator and SubscribeToShard.
 *
 * @module
 */
import type { Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { LocalShard } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";

/** The kinds of places. */
export const POSITION_TYPES = [
  "AFTER_SEQUENCE_NUMBER",
  "LATEST",
  "AT_TIMESTAMP",
  "AT_SEQUENCE_NUMBER",
  "TRIM_HORIZON",
] as const;

/** A place to start at, as a request names it. */
export interface StartPosition {
  readonly stream: LocalStream;
  readonly shard: LocalShard;
  readonly type: (typeof POSITION_TYPES)[number];
  readonly sequenceNumber: string | undefined;
  /** Epoch milliseconds. */
  readonly timestampMs: number | undefined;
  /** Which operation's refusal names it. */
  readonly operation: "GetShardIterator" | "SubscribeToShard";
}

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidArgumentException", message);
}

/**
 * Checks that a sequence number, or none, goes with the type.
 *
 * @throws {ServiceError} `InvalidArgumentException`.
 */
export function checkPosition(
  position: Pick<StartPosition, "type" | "sequenceNumber">,
): void {
  const { type, sequenceNumber } = position;
  const isBySequence = type.endsWith("_SEQUENCE_NUMBER");
  if (isBySequence === (sequenceNumber !== undefined)) return;
  throw invalid(
    `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${sequenceNumber === undefined ? "no" : "also a"} StartingSequenceNumber.`,
  );
}

function ordinalOfSequence(service: Service, position: StartPosition): number {
  const { stream, shard, sequenceNumber = "", type, operation } = position;
  if (!shard.sequenceNumbers.isOwn(sequenceNumber)) {
    throw invalid(
      `StartingSequenceNumber ${sequenceNumber} used in ${operation} on shard ${shard.id} in stream ${stream.name} under account ${service.accountId} is invalid because it did not come from this stream.`,
    );
  }
  return shard.ordinalOfSequence(
    sequenceNumber,
    type === "AFTER_SEQUENCE_NUMBER",
  );
}

function ordinalOfTime(service: Service, position: StartPosition): number {
  const { shard, timestampMs } = position;
  if (timestampMs === undefined) {
    throw invalid(
      "Must specify timestamp parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
    );
  }
  const nowMs = service.clock.nowMs();
  if (timestampMs > nowMs) {
    throw invalid(
      `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${timestampMs}, currentTimestampInMillis: ${nowMs}`,
    );
  }
  return shard.log.ordinalAtTime(timestampMs);
}

/**
 * The ordinal of the record at a place.
 *
 * @throws {ServiceError} `InvalidArgumentException`.
 */
export function startOrdinal(
  service: Service,
  position: StartPosition,
): number {
  const { log } = position.shard;
  switch (position.type) {
    case "TRIM_HORIZON":
      return log.firstOrdinal;
    case "LATEST":
      return log.nextOrdinal;
    case "AT_TIMESTAMP":
      return ordinalOfTime(service, position);
    default:
      return ordinalOfSequence(service, position);
  }
}
