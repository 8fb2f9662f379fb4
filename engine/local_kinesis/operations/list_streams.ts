/**
 * ListStreams.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { STREAM_NAME } from "../stream_input.ts";
import { integer, optional, structure, text } from "../wire/shape.ts";
import { openNextToken, sealNextToken } from "./next_token.ts";
import { streamHead } from "./stream_description.ts";

/** Streams of one answer, unless asked for another number. */
const STREAM_COUNT_DEFAULT = 100;

const INPUT = structure({
  Limit: optional(integer({ min: 1, max: 10_000 })),
  ExclusiveStartStreamName: optional(STREAM_NAME),
  NextToken: optional(text({ min: 1, max: 1_048_576 })),
});

/** Lists streams in the order of their names. */
export const listStreams: Operation = operation(INPUT, (service, input) => {
  const nowMs = service.clock.nowMs();
  const after =
    input.NextToken === undefined
      ? (input.ExclusiveStartStreamName ?? "")
      : (openNextToken(service, "streams", input.NextToken)[0] ?? "");
  const streams = service.store.list().filter(({ name }) => name > after);
  const shown = streams.slice(0, input.Limit ?? STREAM_COUNT_DEFAULT);
  const last = shown.at(-1);
  const hasMore = shown.length < streams.length;
  return {
    StreamNames: shown.map(({ name }) => name),
    HasMoreStreams: hasMore,
    NextToken:
      hasMore && last !== undefined
        ? sealNextToken(service, "streams", [last.name])
        : undefined,
    StreamSummaries: shown.map((stream) => streamHead(stream, nowMs)),
  };
});
