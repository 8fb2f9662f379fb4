/**
 * DeleteStream.
 *
 * @module
 */
import { type Operation, operation } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import { findStream, STREAM_MEMBERS } from "../stream_input.ts";
import { boolean, optional, structure } from "../wire/shape.ts";

const INPUT = structure({
  ...STREAM_MEMBERS,
  EnforceConsumerDeletion: optional(boolean()),
});

/** Deletes a stream and its records. */
export const deleteStream: Operation = operation(INPUT, (service, input) => {
  const stream = findStream(service, input);
  const consumers = stream.consumers.list(service.clock.nowMs());
  if (consumers.length > 0 && input.EnforceConsumerDeletion !== true) {
    throw new ServiceError(
      "ResourceInUseException",
      `Stream ${stream.name} under account ${service.accountId} has enhanced fan-out consumers registered on it and cannot be deleted: set EnforceConsumerDeletion.`,
    );
  }
  service.store.delete(stream);
  return undefined;
});
