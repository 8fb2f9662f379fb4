/**
 * CreateStream.
 *
 * @module
 */
import { ON_DEMAND_SHARD_COUNT, RECORD_BYTES_MAX } from "../limits.ts";
import { type Operation, operation } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { StreamMode } from "../store/local_stream.ts";
import { STREAM_NAME } from "../stream_input.ts";
import { integer, optional, required, structure, text } from "../wire/shape.ts";
import { requireShards } from "./shard_input.ts";

const KIB = 1_024;

const INPUT = structure({
  StreamName: required(STREAM_NAME),
  ShardCount: optional(integer({ min: 1 })),
  StreamModeDetails: optional(
    structure({
      StreamMode: required(
        text<StreamMode>({ values: ["PROVISIONED", "ON_DEMAND"] }),
      ),
    }),
  ),
  MaxRecordSizeInKiB: optional(
    integer({ min: KIB, max: RECORD_BYTES_MAX / KIB }),
  ),
});

/** Creates a stream. Tags are accepted and forgotten. */
export const createStream: Operation = operation(INPUT, (service, input) => {
  const { store, accountId } = service;
  const { StreamName: name } = input;
  const mode = input.StreamModeDetails?.StreamMode ?? "PROVISIONED";
  if (mode === "PROVISIONED" && input.ShardCount === undefined) {
    throw new ServiceError(
      "ValidationException",
      "ShardCount is required for a stream in PROVISIONED mode.",
    );
  }
  if (store.get(name) !== undefined) {
    throw new ServiceError(
      "ResourceInUseException",
      `Stream ${name} under account ${accountId} already exists.`,
    );
  }
  const shardCount =
    mode === "ON_DEMAND" ? ON_DEMAND_SHARD_COUNT : (input.ShardCount ?? 1);
  requireShards(service, shardCount);
  const recordKib = input.MaxRecordSizeInKiB;
  store.create({
    name,
    shardCount,
    mode,
    recordBytesMax: recordKib === undefined ? undefined : recordKib * KIB,
  });
  return undefined;
});
