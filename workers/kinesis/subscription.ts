/**
 * What a fan-out reader needs of Kinesis. The HTTP/2 client is one of these, a
 * simulator another.
 *
 * @module
 */
import type { RecordsAnswer, ShardIteratorRequest } from "./transport.ts";

/** Events of one shard, pushed by the service and pulled one by one. */
export interface Subscription {
  /**
   * The next event. While none is asked for, the service is kept waiting.
   * Ends early when `signal` is aborted.
   *
   * @returns Undefined once the subscription is over, which says nothing of
   * the shard's end.
   * @throws As {@linkcode SubscriptionTransport}.
   */
  next(signal: AbortSignal): Promise<RecordsAnswer | undefined>;
  /**
   * Ends it.
   *
   * @param isSuspect Whether its connection should not be used again.
   */
  close(isSuspect: boolean): void;
}

/**
 * Subscribes. Rejects with
 *
 * - `FlagdropError` for what trying again can't help,
 * - `KinesisRequestError` of kind `throttled`, `in_use`, `bad_argument` or
 *   `transient`, or `GarbledAnswerError`, for what the reader deals with,
 * - anything when `signal` is aborted.
 */
export interface SubscriptionTransport {
  subscribe(
    request: ShardIteratorRequest,
    signal: AbortSignal,
  ): Promise<Subscription>;
}
