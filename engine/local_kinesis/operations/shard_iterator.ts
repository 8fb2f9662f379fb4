/**
 * Shard iterators: a place in a shard, and when it was given out.
 *
 * @module
 */
import type { Service } from "../service.ts";
import { ServiceError } from "../service_error.ts";
import type { LocalShard } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";
import { isServing, shardNotFound } from "../stream_input.ts";

/** Where reading goes on. */
export interface ShardPlace {
  readonly stream: LocalStream;
  readonly shard: LocalShard;
  /** Ordinal of the next record. */
  readonly ordinal: number;
}

/** Gives out an iterator. */
export function sealIterator(service: Service, place: ShardPlace): string {
  const { stream, shard, ordinal } = place;
  return service.tokens.seal("iterator", [
    service.clock.nowMs(),
    stream.number,
    shard.id,
    ordinal,
    stream.name,
  ]);
}

/** `Thu Jan 22 01:22:02 UTC 2015` */
function javaDate(epochMs: number): string {
  const [week, day, month, year, time] = new Date(epochMs)
    .toUTCString()
    .replace(",", "")
    .split(" ");
  return `${week} ${month} ${day} ${time} UTC ${year}`;
}

/**
 * The place that an iterator stands for.
 *
 * @throws {ServiceError} `InvalidArgumentException`,
 *   `ExpiredIteratorException`, or `ResourceNotFoundException` when stream or
 *   shard have gone.
 */
export function openIterator(service: Service, token: string): ShardPlace {
  const fields = service.tokens.open("iterator", token);
  if (fields === undefined) {
    throw new ServiceError(
      "InvalidArgumentException",
      "Invalid ShardIterator.",
    );
  }
  const [madeAt, number, shardId = "", ordinal, name = ""] = fields;
  const madeAtMs = Number(madeAt);
  const nowMs = service.clock.nowMs();
  if (nowMs - madeAtMs > service.iteratorLifeMs) {
    throw new ServiceError(
      "ExpiredIteratorException",
      `Iterator expired. The iterator was created at time ${javaDate(madeAtMs)} while right now it is ${javaDate(nowMs)} which is further in the future than the tolerated delay of ${service.iteratorLifeMs} milliseconds.`,
    );
  }
  const stream = service.store.get(name);
  const shard = stream?.shard(shardId, nowMs);
  if (
    stream === undefined ||
    shard === undefined ||
    stream.number !== Number(number) ||
    !isServing(stream, nowMs)
  ) {
    throw shardNotFound(service, shardId, name);
  }
  return { stream, shard, ordinal: Number(ordinal) };
}
