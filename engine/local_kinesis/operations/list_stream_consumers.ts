/**
 * ListStreamConsumers.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { findStream, STREAM_ARN } from "../stream_input.ts";
import {
  integer,
  optional,
  required,
  structure,
  text,
  timestamp,
} from "../wire/shape.ts";
import { consumerDescription } from "./consumer_description.ts";
import { openNextToken, sealNextToken } from "./next_token.ts";

/** Consumers of one answer, unless asked for another number. */
const CONSUMER_COUNT_DEFAULT = 100;

const INPUT = structure({
  StreamARN: required(STREAM_ARN),
  NextToken: optional(text({ min: 1, max: 1_048_576 })),
  MaxResults: optional(integer({ min: 1, max: 10_000 })),
  StreamCreationTimestamp: optional(timestamp()),
});

/** Lists a stream's consumers in the order of their names. */
export const listStreamConsumers: Operation = operation(
  INPUT,
  (service, input) => {
    const nowMs = service.clock.nowMs();
    const stream = findStream(service, { StreamARN: input.StreamARN });
    const after =
      input.NextToken === undefined
        ? ""
        : (openNextToken(service, "consumers", input.NextToken)[0] ?? "");
    const consumers = stream.consumers
      .list(nowMs)
      .filter(({ name }) => name > after);
    const shown = consumers.slice(
      0,
      input.MaxResults ?? CONSUMER_COUNT_DEFAULT,
    );
    const last = shown.at(-1);
    return {
      Consumers: shown.map((consumer) => consumerDescription(consumer, nowMs)),
      NextToken:
        last === undefined || shown.length === consumers.length
          ? undefined
          : sealNextToken(service, "consumers", [last.name]),
    };
  },
);
