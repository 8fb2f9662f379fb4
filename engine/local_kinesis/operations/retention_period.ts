/**
 * IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod.
 *
 * @module
 */
import { RETENTION_HOURS_MAX, RETENTION_HOURS_MIN } from "../limits.ts";
import { type Operation, operation } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { LocalStream } from "../store/local_stream.ts";
import {
  findStream,
  requireChangeable,
  STREAM_MEMBERS,
} from "../stream_input.ts";
import { integer, required, structure } from "../wire/shape.ts";

const INPUT = structure({
  ...STREAM_MEMBERS,
  RetentionPeriodHours: required(integer()),
});

function invalid(message: string): ServiceError {
  return new ServiceError("InvalidArgumentException", message);
}

function checkRange(hours: number): void {
  if (hours < RETENTION_HOURS_MIN) {
    throw invalid(
      `Minimum allowed retention period is ${RETENTION_HOURS_MIN} hours. Requested retention period (${hours} hours) is too short.`,
    );
  }
  if (hours > RETENTION_HOURS_MAX) {
    throw invalid(
      `Maximum allowed retention period is ${RETENTION_HOURS_MAX} hours. Requested retention period (${hours} hours) is too long.`,
    );
  }
}

function retentionOperation(
  check: (stream: LocalStream, hours: number) => void,
): Operation {
  return operation(INPUT, (service, input) => {
    const hours = input.RetentionPeriodHours;
    const stream = findStream(service, input);
    checkRange(hours);
    check(stream, hours);
    requireChangeable(service, stream);
    stream.retentionHours = hours;
    return undefined;
  });
}

/** Keeps records longer; the same length is accepted. */
export const increaseStreamRetentionPeriod: Operation = retentionOperation(
  (stream, hours) => {
    if (hours >= stream.retentionHours) return;
    throw invalid(
      `Requested retention period (${hours} hours) for stream ${stream.name} can not be shorter than existing retention period (${stream.retentionHours} hours). Use DecreaseRetentionPeriod API.`,
    );
  },
);

/** Keeps records shorter; the same length is accepted. */
export const decreaseStreamRetentionPeriod: Operation = retentionOperation(
  (stream, hours) => {
    if (hours <= stream.retentionHours) return;
    throw invalid(
      `Requested retention period (${hours} hours) for stream ${stream.name} can not be longer than existing retention period (${stream.retentionHours} hours). Use IncreaseRetentionPeriod API.`,
    );
  },
);
