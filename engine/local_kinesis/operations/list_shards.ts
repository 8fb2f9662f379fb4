/**
 * ListShards.
 *
 * @module
 */
import { type Operation, operation, type Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { LocalShard } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";
import {
  findStream,
  requireServing,
  SHARD_ID,
  STREAM_MEMBERS,
} from "../stream_input.ts";
import {
  integer,
  optional,
  type Structure,
  structure,
  text,
  timestamp,
} from "../wire/shape.ts";
import { openNextToken, sealNextToken } from "./next_token.ts";
import {
  filterShards,
  SHARD_FILTER,
  type ShardFilter,
} from "./shard_filter.ts";
import { shardDescription } from "./stream_description.ts";

/** Shards of one answer, unless asked for another number. */
const SHARD_COUNT_DEFAULT = 1_000;

const MEMBERS = {
  ...STREAM_MEMBERS,
  NextToken: optional(text({ min: 1, max: 1_048_576 })),
  ExclusiveStartShardId: optional(SHARD_ID),
  MaxResults: optional(integer({ min: 1, max: 10_000 })),
  StreamCreationTimestamp: optional(timestamp()),
  ShardFilter: optional(SHARD_FILTER),
};

/** A list, and how far it was given already. */
interface Listing {
  readonly stream: LocalStream;
  readonly filter: ShardFilter | undefined;
  readonly afterShardId: string;
}

function listingOfToken(
  service: Service,
  input: Structure<typeof MEMBERS>,
): Listing {
  for (const other of [
    "StreamName",
    "StreamARN",
    "ExclusiveStartShardId",
    "StreamCreationTimestamp",
  ] as const) {
    if (input[other] === undefined) continue;
    throw new ServiceError(
      "InvalidArgumentException",
      `NextToken and ${other} cannot be provided together.`,
    );
  }
  const token = input.NextToken ?? "";
  const [name = "", number, afterShardId = "", filter = ""] = openNextToken(
    service,
    "shards",
    token,
  );
  const stream = findStream(service, { StreamName: name });
  if (stream.number !== Number(number)) {
    throw new ServiceError(
      "ResourceNotFoundException",
      `Stream ${name} under account ${service.accountId} is another than the NextToken was made for.`,
    );
  }
  return {
    stream,
    filter:
      filter === "" ? input.ShardFilter : (JSON.parse(filter) as ShardFilter),
    afterShardId,
  };
}

function listingOfStream(
  service: Service,
  input: Structure<typeof MEMBERS>,
): Listing {
  const stream = findStream(service, input);
  const createdAtMs = input.StreamCreationTimestamp;
  // Clients may know the time in whole seconds only.
  if (
    createdAtMs !== undefined &&
    Math.floor(createdAtMs / 1_000) !== Math.floor(stream.createdAtMs / 1_000)
  ) {
    throw new ServiceError(
      "ResourceNotFoundException",
      `Stream ${stream.name} under account ${service.accountId} was not created at the given time.`,
    );
  }
  return {
    stream,
    filter: input.ShardFilter,
    afterShardId: input.ExclusiveStartShardId ?? "",
  };
}

function shardsOf(listing: Listing, nowMs: number): readonly LocalShard[] {
  const { stream, filter, afterShardId } = listing;
  const shards =
    filter === undefined
      ? stream.listedShards(nowMs)
      : filterShards(stream, filter, nowMs);
  return shards.filter(({ id }) => id > afterShardId);
}

/** Lists a stream's shards in the order of their numbers. */
export const listShards: Operation = operation(
  structure(MEMBERS),
  (service, input) => {
    const listing =
      input.NextToken === undefined
        ? listingOfStream(service, input)
        : listingOfToken(service, input);
    const { stream, filter } = listing;
    requireServing(service, stream);
    const shards = shardsOf(listing, service.clock.nowMs());
    const shown = shards.slice(0, input.MaxResults ?? SHARD_COUNT_DEFAULT);
    const last = shown.at(-1);
    const token =
      last === undefined || shown.length === shards.length
        ? undefined
        : sealNextToken(service, "shards", [
            stream.name,
            String(stream.number),
            last.id,
            filter === undefined ? "" : JSON.stringify(filter),
          ]);
    return { Shards: shown.map(shardDescription), NextToken: token };
  },
);
