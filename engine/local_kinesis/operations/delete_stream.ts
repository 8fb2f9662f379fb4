/**
 * DeleteStream.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { findStream, STREAM_MEMBERS } from "../stream_input.ts";
import { boolean, optional, structure } from "../wire/shape.ts";

const INPUT = structure({
  ...STREAM_MEMBERS,
  EnforceConsumerDeletion: optional(boolean()),
});

/** Deletes a stream and its records. */
export const deleteStream: Operation = operation(INPUT, (service, input) => {
  service.store.delete(findStream(service, input));
  return undefined;
});
