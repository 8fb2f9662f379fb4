/**
 * What a shard reader does about a failure.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import {
  GarbledAnswerError,
  KinesisRequestError,
} from "../../engine/kinesis/request_error.ts";
import type { ShardStart } from "../record_batch.ts";

/** The iterator that was used. */
export interface IteratorUse {
  readonly hasIterator: boolean;
  /** Got from the position, and never successfully used. */
  readonly isIteratorFresh: boolean;
}

/** What to do. */
export type FailureAnswer =
  | { readonly type: "slow_down" }
  /** Get another iterator and go on. */
  | { readonly type: "renew" }
  /** The same after a pause. */
  | { readonly type: "renew_later"; readonly error: Error }
  /** The same request after a pause. */
  | { readonly type: "retry"; readonly error: Error }
  | { readonly type: "refused"; readonly error: KinesisRequestError }
  | { readonly type: "unexpected" };

/** Decides. A fresh iterator that fails must not be renewed without a pause. */
export function failureAnswer(
  error: unknown,
  { hasIterator, isIteratorFresh }: IteratorUse,
): FailureAnswer {
  if (error instanceof GarbledAnswerError) return { type: "retry", error };
  if (!(error instanceof KinesisRequestError)) return { type: "unexpected" };
  switch (error.kind) {
    case "throttled":
      return { type: "slow_down" };
    case "transient":
      return { type: "retry", error };
    case "expired_iterator":
      return isIteratorFresh
        ? { type: "renew_later", error }
        : { type: "renew" };
    case "bad_argument":
      // A service that was restarted may not know an iterator any more.
      return hasIterator && !isIteratorFresh
        ? { type: "renew_later", error }
        : { type: "refused", error };
    default:
      return { type: "refused", error };
  }
}

/** The end of a shard's reading that the service refused. */
export function refusedShard(
  shardId: string,
  position: ShardStart,
  error: KinesisRequestError,
): FlagdropError {
  const from =
    position.type === "after"
      ? ` after sequence number ${position.sequenceNumber}`
      : "";
  return new FlagdropError(
    "FD_SERVICE",
    `Cannot read shard "${shardId}"${from} as the service refused (${errorLine(error)}): check that the stream is the one that was read before`,
    { cause: error },
  );
}
