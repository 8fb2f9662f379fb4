/**
 * SubscribeToShard.
 *
 * @module
 */
import {
  CONSUMER_ARN,
  type FoundConsumer,
  findConsumer,
} from "../consumer_input.ts";
import type { Operation, Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { ConsumerShard } from "../store/local_consumer.ts";
import { SHARD_ID, shardNotFound } from "../stream_input.ts";
import { Subscription } from "../subscription/subscription.ts";
import { EventsAnswer } from "../wire/events_answer.ts";
import { decodeBody } from "../wire/request_wire.ts";
import {
  optional,
  readInput,
  required,
  type Structure,
  structure,
  text,
  timestamp,
} from "../wire/shape.ts";
import {
  checkPosition,
  POSITION_TYPES,
  type StartPosition,
  startOrdinal,
} from "./start_position.ts";

const MEMBERS = {
  ConsumerARN: required(CONSUMER_ARN),
  ShardId: required(SHARD_ID),
  StartingPosition: required(
    structure({
      Type: required(text<StartPosition["type"]>({ values: POSITION_TYPES })),
      SequenceNumber: optional(text({ pattern: "0|([1-9]\\d{0,128})" })),
      Timestamp: optional(timestamp()),
    }),
  ),
};
const INPUT = structure(MEMBERS);

type Input = Structure<typeof MEMBERS>;

function positionOf({ stream }: FoundConsumer, input: Input, service: Service) {
  const { Type, SequenceNumber, Timestamp } = input.StartingPosition;
  const shard = stream.shard(input.ShardId, service.clock.nowMs());
  if (shard === undefined) {
    throw shardNotFound(service, input.ShardId, stream.name);
  }
  const position: StartPosition = {
    stream,
    shard,
    type: Type,
    sequenceNumber: SequenceNumber,
    timestampMs: Timestamp,
    operation: "SubscribeToShard",
  };
  checkPosition(position);
  return position;
}

function requireActive(service: Service, { consumer }: FoundConsumer): void {
  const status = consumer.status(service.clock.nowMs());
  if (status === "ACTIVE") return;
  throw new ServiceError(
    "ResourceInUseException",
    `Consumer ${consumer.arn} not ACTIVE, instead in state ${status}`,
  );
}

function inUse({ consumer }: FoundConsumer, shardId: string): ServiceError {
  return new ServiceError(
    "ResourceInUseException",
    `Another active subscription exists for this consumer: ${consumer.arn}, shard ${shardId}`,
  );
}

/**
 * Makes the new subscription the one of its consumer and shard. One that began
 * within the last five seconds stays, even if its reader has gone.
 */
function takeOver(
  service: Service,
  consumerShard: ConsumerShard,
  { subscription, error }: { subscription: Subscription; error: ServiceError },
): void {
  const nowMs = service.clock.monotonicMs();
  const { current } = consumerShard;
  if (current !== null) {
    if (nowMs - current.startMs < service.subscriptionHoldMs) throw error;
    current.subscription.end(error);
  }
  consumerShard.current = { subscription, startMs: nowMs };
}

/** Gives a shard's records as they come, for a time. */
export const subscribeToShard: Operation = {
  call(service, body, wire) {
    const input = readInput(INPUT, decodeBody(body, wire), wire);
    const found = findConsumer(service, { ConsumerARN: input.ConsumerARN });
    requireActive(service, found);
    const position = positionOf(found, input, service);
    const { stream, shard } = position;
    const consumerShard = found.consumer.shard(shard.id);
    const subscription = new Subscription({
      service,
      stream,
      shard,
      consumerShard,
      ordinal: startOrdinal(service, position),
      wire,
    });
    const error = inUse(found, shard.id);
    takeOver(service, consumerShard, { subscription, error });
    return new EventsAnswer((output) => subscription.run(output));
  },
};
