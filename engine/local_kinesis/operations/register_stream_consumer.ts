/**
 * RegisterStreamConsumer.
 *
 * @module
 */
import { CONSUMER_NAME } from "../consumer_input.ts";
import { CONSUMER_COUNT_MAX, CREATING_CONSUMER_COUNT_MAX } from "../limits.ts";
import { type Operation, operation } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { LocalConsumer } from "../store/local_consumer.ts";
import type { LocalStream } from "../store/local_stream.ts";
import { findActiveStream, STREAM_ARN } from "../stream_input.ts";
import { required, structure } from "../wire/shape.ts";
import { consumerDescription } from "./consumer_description.ts";

const INPUT = structure({
  StreamARN: required(STREAM_ARN),
  ConsumerName: required(CONSUMER_NAME),
});

function checkCount(
  stream: LocalStream,
  consumers: readonly LocalConsumer[],
  nowMs: number,
): void {
  const creating = consumers.filter((one) => one.status(nowMs) === "CREATING");
  if (
    consumers.length < CONSUMER_COUNT_MAX &&
    creating.length < CREATING_CONSUMER_COUNT_MAX
  ) {
    return;
  }
  throw new ServiceError(
    "LimitExceededException",
    `Stream ${stream.name} has ${consumers.length} registered consumers, ${creating.length} of them being created. Limits: ${CONSUMER_COUNT_MAX} and ${CREATING_CONSUMER_COUNT_MAX}.`,
  );
}

/** Registers a consumer. Tags are accepted and forgotten. */
export const registerStreamConsumer: Operation = operation(
  INPUT,
  (service, input) => {
    const nowMs = service.clock.nowMs();
    const stream = findActiveStream(service, input);
    const { consumers } = stream;
    const { ConsumerName: name } = input;
    if (consumers.get(name, nowMs) !== undefined) {
      throw new ServiceError(
        "ResourceInUseException",
        `Consumer ${name} of stream ${stream.name} under account ${service.accountId} already exists.`,
      );
    }
    checkCount(stream, consumers.list(nowMs), nowMs);
    const consumer = consumers.register(name, nowMs, service.stateChangeMs);
    return {
      Consumer: {
        ...consumerDescription(consumer, nowMs),
        // What the service always answers; here it may be ready already.
        ConsumerStatus: "CREATING",
      },
    };
  },
);
