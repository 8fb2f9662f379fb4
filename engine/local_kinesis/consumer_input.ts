/**
 * The members that name a consumer, and finding it by them.
 *
 * @module
 */
import type { Service } from "./service.ts";
import { ServiceError } from "./service_error.ts";
import type { LocalConsumer } from "./store/local_consumer.ts";
import type { LocalStream } from "./store/local_stream.ts";
import { findStream, STREAM_MEMBERS } from "./stream_input.ts";
import { type Member, optional, type Shape, text } from "./wire/shape.ts";

/** A consumer's name. */
export const CONSUMER_NAME: Shape<string> = text({
  min: 1,
  max: 128,
  pattern: "[a-zA-Z0-9_.-]+",
});

/** A consumer's ARN. */
export const CONSUMER_ARN: Shape<string> = text({
  min: 1,
  max: 2_048,
  pattern:
    "arn:aws.*:kinesis:.*:\\d{12}:.*stream/[a-zA-Z0-9_.-]+/consumer/[a-zA-Z0-9_.-]+:[0-9]+",
});

const ARN_REGEXP = /^(.*:stream\/[^/]+)\/consumer\/([^/]+):\d+$/;

/** The members that name a consumer. */
export const CONSUMER_MEMBERS: {
  readonly StreamARN: Member<string | undefined>;
  readonly ConsumerName: Member<string | undefined>;
  readonly ConsumerARN: Member<string | undefined>;
} = {
  StreamARN: STREAM_MEMBERS.StreamARN,
  ConsumerName: optional(CONSUMER_NAME),
  ConsumerARN: optional(CONSUMER_ARN),
};

/** What names a consumer. */
export interface ConsumerInput {
  readonly StreamARN?: string | undefined;
  readonly ConsumerName?: string | undefined;
  readonly ConsumerARN?: string | undefined;
}

/** A consumer and its stream. */
export interface FoundConsumer {
  readonly stream: LocalStream;
  readonly consumer: LocalConsumer;
}

function byArn(service: Service, arn: string): FoundConsumer {
  const [, streamArn = "", name = ""] = ARN_REGEXP.exec(arn) ?? [];
  const stream = findStream(service, { StreamARN: streamArn });
  const consumer = stream.consumers.get(name, service.clock.nowMs());
  if (consumer?.arn === arn) return { stream, consumer };
  throw new ServiceError(
    "ResourceNotFoundException",
    `Consumer ${arn} not found.`,
  );
}

function byName(service: Service, input: ConsumerInput): FoundConsumer {
  const { StreamARN, ConsumerName = "" } = input;
  const stream = findStream(service, { StreamARN });
  const consumer = stream.consumers.get(ConsumerName, service.clock.nowMs());
  if (consumer !== undefined) return { stream, consumer };
  throw new ServiceError(
    "ResourceNotFoundException",
    `Consumer ${ConsumerName} of stream ${stream.name} under account ${service.accountId} not found.`,
  );
}

/**
 * The consumer that is meant, whatever its status.
 *
 * @throws {ServiceError} `InvalidArgumentException` if it isn't named once,
 *   `ResourceNotFoundException`.
 */
export function findConsumer(
  service: Service,
  input: ConsumerInput,
): FoundConsumer {
  const { StreamARN, ConsumerName, ConsumerARN } = input;
  const isNamed = StreamARN !== undefined && ConsumerName !== undefined;
  if (ConsumerARN === undefined && isNamed) return byName(service, input);
  if (ConsumerARN === undefined) {
    throw new ServiceError(
      "InvalidArgumentException",
      "Either ConsumerARN or both ConsumerName and StreamARN should be provided.",
    );
  }
  const found = byArn(service, ConsumerARN);
  const isSame =
    (StreamARN ?? found.stream.arn) === found.stream.arn &&
    (ConsumerName ?? found.consumer.name) === found.consumer.name;
  if (isSame) return found;
  throw new ServiceError(
    "InvalidArgumentException",
    `ConsumerARN ${ConsumerARN} and the given StreamARN or ConsumerName do not name the same consumer.`,
  );
}
