/**
 * DeregisterStreamConsumer.
 *
 * @module
 */
import { CONSUMER_MEMBERS, findConsumer } from "../consumer_input.ts";
import { type Operation, operation } from "../service.ts";
import { structure } from "../wire/shape.ts";

/** Deletes a consumer; its subscriptions end. */
export const deregisterStreamConsumer: Operation = operation(
  structure(CONSUMER_MEMBERS),
  (service, input) => {
    const { stream, consumer } = findConsumer(service, input);
    stream.consumers.deregister(
      consumer,
      service.clock.nowMs(),
      service.stateChangeMs,
    );
    return undefined;
  },
);
