/**
 * PutRecords.
 *
 * @module
 */
import { PUT_RECORDS_BYTES_MAX, PUT_RECORDS_COUNT_MAX } from "../limits.ts";
import type { Operation, Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { LocalStream } from "../store/local_stream.ts";
import {
  findActiveStream,
  rateExceeded,
  STREAM_MEMBERS,
} from "../stream_input.ts";
import type { AnswerValue } from "../wire/answer.ts";
import { decodeBody } from "../wire/request_wire.ts";
import {
  list,
  readInput,
  required,
  structure,
  type Wire,
} from "../wire/shape.ts";
import { readPlainPutRecords } from "./put_records_kernel.ts";
import {
  isLetThrough,
  type PutRecordsInput,
  RECORD_MEMBERS,
  type RecordInput,
  type RoutedRecord,
  recordInput,
  routeRecord,
  storeRecord,
} from "./record_input.ts";

const INPUT = structure({
  ...STREAM_MEMBERS,
  Records: required(
    list(structure(RECORD_MEMBERS), { min: 1, max: PUT_RECORDS_COUNT_MAX }),
  ),
});

/**
 * Reads a request the plain way, with all that can be wrong in it.
 *
 * @throws {ServiceError} `SerializationException` or `ValidationException`.
 */
export function readPutRecords(body: Buffer, wire: Wire): PutRecordsInput {
  const input = readInput(INPUT, decodeBody(body, wire), wire);
  const { StreamName, StreamARN } = input;
  return { StreamName, StreamARN, records: input.Records.map(recordInput) };
}

/** Checks and routes all records before any is stored. */
function routeAll(
  stream: LocalStream,
  records: readonly RecordInput[],
): readonly RoutedRecord[] {
  let byteCount = 0;
  const routed = records.map((record, index) => {
    const one = routeRecord(stream, record, `records.${index + 1}.member`);
    byteCount += one.byteCount;
    return one;
  });
  if (byteCount <= PUT_RECORDS_BYTES_MAX) return routed;
  throw new ServiceError(
    "InvalidArgumentException",
    `Records size exceeds ${PUT_RECORDS_BYTES_MAX / 1_024 ** 2} MB limit`,
  );
}

function put(
  service: Service,
  stream: LocalStream,
  routed: RoutedRecord,
): AnswerValue {
  if (!isLetThrough(service, routed)) {
    return {
      ErrorCode: "ProvisionedThroughputExceededException",
      ErrorMessage: rateExceeded(service, stream, routed.shard),
    };
  }
  const { sequenceNumber, shardId } = storeRecord(service, routed);
  return { SequenceNumber: sequenceNumber, ShardId: shardId };
}

/** Puts records; those whose shard takes no more are refused one by one. */
export const putRecords: Operation = {
  call(service, body, wire) {
    const input =
      (wire === "cbor" ? readPlainPutRecords(body) : undefined) ??
      readPutRecords(body, wire);
    const stream = findActiveStream(service, input);
    const routed = routeAll(stream, input.records);
    const throttledBefore = service.counts.throttledPuts;
    const results = routed.map((record) => put(service, stream, record));
    return {
      FailedRecordCount: service.counts.throttledPuts - throttledBefore,
      Records: results,
    };
  },
};
