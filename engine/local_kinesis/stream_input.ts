/**
 * The members that name a stream in most requests, and finding it by them.
 *
 * @module
 */
import type { Service } from "./service.ts";
import { ServiceError } from "./service_error.ts";
import type { LocalShard } from "./store/local_shard.ts";
import type { LocalStream } from "./store/local_stream.ts";
import { type Member, optional, type Shape, text } from "./wire/shape.ts";

/** A stream's name. */
export const STREAM_NAME: Shape<string> = text({
  min: 1,
  max: 128,
  pattern: "[a-zA-Z0-9_.-]+",
});

/** A shard's identifier. */
export const SHARD_ID: Shape<string> = text({
  min: 1,
  max: 128,
  pattern: "[a-zA-Z0-9_.-]+",
});

/** A stream's ARN. */
export const STREAM_ARN: Shape<string> = text({
  min: 1,
  max: 2_048,
  pattern: "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+",
});

/** The members that name a stream. */
export const STREAM_MEMBERS: {
  readonly StreamName: Member<string | undefined>;
  readonly StreamARN: Member<string | undefined>;
} = { StreamName: optional(STREAM_NAME), StreamARN: optional(STREAM_ARN) };

/** What names a stream. */
export interface StreamInput {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}

/**
 * The name of the stream that is meant.
 *
 * @throws {ServiceError} `InvalidArgumentException` if neither or both are
 *   given and they differ, `ResourceNotFoundException` for an ARN of another
 *   region or account.
 */
export function streamNameOf(service: Service, input: StreamInput): string {
  const { StreamName: name, StreamARN: arn } = input;
  if (arn === undefined) {
    if (name !== undefined) return name;
    throw new ServiceError(
      "InvalidArgumentException",
      "Either StreamName or StreamARN should be provided.",
    );
  }
  const arnName = arn.slice(arn.indexOf("/") + 1);
  if (name !== undefined && name !== arnName) {
    throw new ServiceError(
      "InvalidArgumentException",
      `StreamName ${name} and StreamARN ${arn} do not name the same stream.`,
    );
  }
  if (arn !== service.store.arnOf(arnName)) {
    throw new ServiceError(
      "ResourceNotFoundException",
      `Stream ${arn} not found: this server has the region ${service.region} and the account ${service.accountId}.`,
    );
  }
  return arnName;
}

/** The refusal of a stream that there isn't. */
function streamNotFound(service: Service, name: string): ServiceError {
  return new ServiceError(
    "ResourceNotFoundException",
    `Stream ${name} under account ${service.accountId} not found.`,
  );
}

/**
 * The stream that is meant, whatever its status.
 *
 * @throws {ServiceError} See {@linkcode streamNameOf}.
 */
export function findStream(service: Service, input: StreamInput): LocalStream {
  const name = streamNameOf(service, input);
  const stream = service.store.get(name);
  if (stream === undefined) throw streamNotFound(service, name);
  return stream;
}

/** Whether a stream takes and gives records. */
export function isServing(stream: LocalStream, nowMs: number): boolean {
  const status = stream.status(nowMs);
  return status === "ACTIVE" || status === "UPDATING";
}

/**
 * The stream that is meant, if it takes and gives records. While a stream is
 * being created the service says that there is none.
 *
 * @throws {ServiceError} See {@linkcode streamNameOf}.
 */
export function findActiveStream(
  service: Service,
  input: StreamInput,
): LocalStream {
  const stream = findStream(service, input);
  if (isServing(stream, service.clock.nowMs())) return stream;
  throw streamNotFound(service, stream.name);
}

/** The refusal of a change to a stream that is being changed. */
function notActive(service: Service, stream: LocalStream): ServiceError {
  const status = stream.status(service.clock.nowMs());
  return new ServiceError(
    "ResourceInUseException",
    `Stream ${stream.name} under account ${service.accountId} not ACTIVE, instead in state ${status}`,
  );
}

/** Throws unless a stream's shards can be listed now. */
export function requireServing(service: Service, stream: LocalStream): void {
  if (isServing(stream, service.clock.nowMs())) return;
  throw notActive(service, stream);
}

/** Throws unless a stream's settings may be changed now. */
export function requireChangeable(service: Service, stream: LocalStream): void {
  if (stream.status(service.clock.nowMs()) === "ACTIVE") return;
  throw notActive(service, stream);
}

/** The refusal of a shard that there isn't. */
export function shardNotFound(
  service: Service,
  shardId: string,
  streamName: string,
): ServiceError {
  return new ServiceError(
    "ResourceNotFoundException",
    `Shard ${shardId} in stream ${streamName} under account ${service.accountId} does not exist`,
  );
}

/** The words of the service for a shard that is asked for too much. */
export function rateExceeded(
  service: Service,
  stream: LocalStream,
  shard: LocalShard,
): string {
  return `Rate exceeded for shard ${shard.id} in stream ${stream.name} under account ${service.accountId}.`;
}
