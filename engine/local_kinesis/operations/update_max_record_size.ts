/**
 * UpdateMaxRecordSize.
 *
 * @module
 */
import { RECORD_BYTES_DEFAULT, RECORD_BYTES_MAX } from "../limits.ts";
import { type Operation, operation } from "../service.ts";
import {
  findStream,
  requireChangeable,
  STREAM_MEMBERS,
} from "../stream_input.ts";
import { integer, required, structure } from "../wire/shape.ts";

const KIB = 1_024;

const INPUT = structure({
  StreamARN: STREAM_MEMBERS.StreamARN,
  MaxRecordSizeInKiB: required(
    integer({ min: RECORD_BYTES_DEFAULT / KIB, max: RECORD_BYTES_MAX / KIB }),
  ),
});

/** Sets the largest record that a stream takes. */
export const updateMaxRecordSize: Operation = operation(
  INPUT,
  (service, input) => {
    const stream = findStream(service, { StreamARN: input.StreamARN });
    requireChangeable(service, stream);
    stream.recordBytesMax = input.MaxRecordSizeInKiB * KIB;
    return undefined;
  },
);
