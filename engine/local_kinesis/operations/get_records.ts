/**
 * GetRecords.
 *
 * @module
 */
import { GET_RECORDS_BYTES_MAX, GET_RECORDS_COUNT_MAX } from "../limits.ts";
import { type Operation, operation, type Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import {
  rateExceeded,
  STREAM_MEMBERS,
  type StreamInput,
  streamNameOf,
} from "../stream_input.ts";
import {
  childShards,
  isAtEnd,
  millisBehind,
} from "../subscription/shard_progress.ts";
import { RecordsAnswer } from "../wire/answer.ts";
import { integer, optional, required, structure, text } from "../wire/shape.ts";
import {
  openIterator,
  type ShardPlace,
  sealIterator,
} from "./shard_iterator.ts";

const INPUT = structure({
  ShardIterator: required(text({ min: 1, max: 512 })),
  Limit: optional(integer({ min: 1, max: GET_RECORDS_COUNT_MAX })),
  StreamARN: STREAM_MEMBERS.StreamARN,
});

/** Throws if the ARN is another stream's than the iterator. */
function checkArn(service: Service, place: ShardPlace, input: StreamInput) {
  if (input.StreamARN === undefined) return;
  if (streamNameOf(service, input) === place.stream.name) return;
  throw new ServiceError(
    "InvalidArgumentException",
    `The ShardIterator is not one of the stream ${input.StreamARN}.`,
  );
}

function checkThroughput(service: Service, { stream, shard }: ShardPlace) {
  if (!service.hasLimits) return;
  if (shard.throughput.tryRead(service.clock.monotonicMs())) return;
  service.counts.throttledReads++;
  throw new ServiceError(
    "ProvisionedThroughputExceededException",
    rateExceeded(service, stream, shard),
  );
}

/** Gives the records from an iterator on, and the next iterator. */
export const getRecords: Operation = operation(INPUT, (service, input) => {
  const place = openIterator(service, input.ShardIterator);
  checkArn(service, place, { StreamARN: input.StreamARN });
  checkThroughput(service, place);
  const { stream, shard } = place;
  const { log } = shard;
  const nowMs = service.clock.nowMs();
  const start = Math.max(
    place.ordinal,
    shard.readableOrdinal(stream.horizonMs(nowMs)),
  );
  const run = log.read(start, {
    recordCountMax: input.Limit ?? GET_RECORDS_COUNT_MAX,
    payloadBytesMax: GET_RECORDS_BYTES_MAX,
  });
  if (service.hasLimits) {
    const monotonicMs = service.clock.monotonicMs();
    shard.throughput.countRead(run.payloadBytes, monotonicMs);
  }
  service.counts.recordsRead += run.recordCount;
  service.counts.bytesRead += run.payloadBytes;
  const ordinal = run.endOrdinal;
  const isLast = isAtEnd(shard, ordinal);
  return new RecordsAnswer(run.slices, {
    NextShardIterator: isLast
      ? undefined
      : sealIterator(service, { stream, shard, ordinal }),
    MillisBehindLatest: millisBehind(shard, ordinal, nowMs),
    ChildShards: isLast ? childShards(stream, shard) : undefined,
  });
});
