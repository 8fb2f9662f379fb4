/**
 * The ShardFilter of ListShards.
 *
 * @module
 */
import { ServiceError } from "../service_error.ts";
import type { LocalShard } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";
import { SHARD_ID } from "../stream_input.ts";
import {
  optional,
  required,
  type Shape,
  structure,
  text,
  timestamp,
} from "../wire/shape.ts";

const TYPES = [
  "AFTER_SHARD_ID",
  "AT_TRIM_HORIZON",
  "FROM_TRIM_HORIZON",
  "AT_LATEST",
  "AT_TIMESTAMP",
  "FROM_TIMESTAMP",
] as const;

/** Which shards are listed. */
export interface ShardFilter {
  readonly Type: (typeof TYPES)[number];
  readonly ShardId?: string | undefined;
  /** Epoch milliseconds. */
  readonly Timestamp?: number | undefined;
}

/** A filter in a request. */
export const SHARD_FILTER: Shape<ShardFilter> = structure({
  Type: required(text<ShardFilter["Type"]>({ values: TYPES })),
  ShardId: optional(SHARD_ID),
  Timestamp: optional(timestamp()),
});

/** Throws unless the filter has what its type needs. */
function checkFilter({ Type, ShardId, Timestamp }: ShardFilter): void {
  if (Type === "AFTER_SHARD_ID" && ShardId === undefined) {
    throw new ServiceError(
      "InvalidArgumentException",
      "ShardId must be provided in a ShardFilter of type AFTER_SHARD_ID.",
    );
  }
  if (Type.endsWith("_TIMESTAMP") && Timestamp === undefined) {
    throw new ServiceError(
      "InvalidArgumentException",
      `Timestamp must be provided in a ShardFilter of type ${Type}.`,
    );
  }
}

/**
 * The shards that a filter lets through. A shard is open at a time from its
 * creation to its end, both included.
 *
 * @throws {ServiceError} `InvalidArgumentException` if the filter lacks
 *   something.
 */
export function filterShards(
  stream: LocalStream,
  filter: ShardFilter,
  nowMs: number,
): readonly LocalShard[] {
  checkFilter(filter);
  const listed = stream.listedShards(nowMs);
  const horizonMs = Math.max(stream.horizonMs(nowMs), stream.createdAtMs);
  const atMs = Math.max(filter.Timestamp ?? 0, horizonMs);
  switch (filter.Type) {
    case "AFTER_SHARD_ID":
      return listed.filter(({ id }) => id > (filter.ShardId ?? ""));
    case "FROM_TRIM_HORIZON":
      return listed;
    case "AT_LATEST":
      return listed.filter(({ isOpen }) => isOpen);
    case "AT_TRIM_HORIZON":
    case "AT_TIMESTAMP":
      return listed.filter(
        ({ createdAtMs, closedAtMs }) =>
          createdAtMs <= atMs && closedAtMs >= atMs,
      );
    case "FROM_TIMESTAMP":
      return listed.filter(({ closedAtMs }) => closedAtMs >= atMs);
  }
}
