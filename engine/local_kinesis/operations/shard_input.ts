/**
 * The shards that a resharding call names, and what stands in its way.
 *
 * @module
 */
import { SHARD_COUNT_MAX } from "../limits.ts";
import type { Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { LocalShard } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";
import {
  findStream,
  requireChangeable,
  type StreamInput,
} from "../stream_input.ts";

/**
 * The stream whose shards are to be changed.
 *
 * @throws {ServiceError} `ResourceNotFoundException`,
 *   `ResourceInUseException` unless it is active, `ValidationException` when
 *   the service sets the number of its shards.
 */
export function findReshardable(
  service: Service,
  input: StreamInput,
): LocalStream {
  const stream = findStream(service, input);
  requireChangeable(service, stream);
  if (stream.mode === "PROVISIONED") return stream;
  throw new ServiceError(
    "ValidationException",
    `Request is invalid. Stream ${stream.name} under account ${service.accountId} is in On-Demand mode.`,
  );
}

/**
 * An open shard.
 *
 * @throws {ServiceError} `ResourceNotFoundException`, or
 *   `ResourceInUseException` if it is closed.
 */
export function findOpenShard(
  service: Service,
  stream: LocalStream,
  shardId: string,
): LocalShard {
  const shard = stream.shard(shardId, service.clock.nowMs());
  if (shard === undefined) {
    throw new ServiceError(
      "ResourceNotFoundException",
      `Could not find shard ${shardId} in stream ${stream.name} under account ${service.accountId}.`,
    );
  }
  if (shard.isOpen) return shard;
  throw new ServiceError(
    "ResourceInUseException",
    `Shard ${shardId} in stream ${stream.name} under account ${service.accountId} has already been merged or split, and thus is not eligible for merging or splitting.`,
  );
}

/**
 * Checks that the account may have some more open shards.
 *
 * @throws {ServiceError} `LimitExceededException`.
 */
export function requireShards(service: Service, moreCount: number): void {
  const { store, region, accountId } = service;
  const present = store.openShardCount;
  if (present + moreCount <= SHARD_COUNT_MAX) return;
  throw new ServiceError(
    "LimitExceededException",
    `This request would exceed the shard limit for the account ${accountId} in ${region}. Current shard count for the account: ${present}. Limit: ${SHARD_COUNT_MAX}. Number of additional shards that would have resulted from this request: ${moreCount}.`,
  );
}

/** Begins a change of a stream's shards; done at once if changes take no time. */
export function beginChange(
  service: Service,
  stream: LocalStream,
  apply: (nowMs: number) => void,
): void {
  const nowMs = service.clock.nowMs();
  stream.begin(nowMs + service.stateChangeMs, apply);
  stream.settle(nowMs);
}
