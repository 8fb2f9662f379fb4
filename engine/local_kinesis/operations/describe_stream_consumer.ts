/**
 * DescribeStreamConsumer.
 *
 * @module
 */
import { CONSUMER_MEMBERS, findConsumer } from "../consumer_input.ts";
import { type Operation, operation } from "../service.ts";
import { structure } from "../wire/shape.ts";
import { consumerDescription } from "./consumer_description.ts";

/** Describes a consumer. */
export const describeStreamConsumer: Operation = operation(
  structure(CONSUMER_MEMBERS),
  (service, input) => {
    const { stream, consumer } = findConsumer(service, input);
    return {
      ConsumerDescription: {
        ...consumerDescription(consumer, service.clock.nowMs()),
        StreamARN: stream.arn,
      },
    };
  },
);
