/**
 * Chooses how a shard is read.
 *
 * @module
 */
import { FanOutReader } from "./fan_out_reader.ts";
import { ShardReader } from "./shard_reader.ts";
import type {
  ReadableShard,
  RunningReader,
  ShardReaderOptions,
} from "./shard_reader_options.ts";
import type { SubscriptionTransport } from "./subscription.ts";

/** Options for {@linkcode openReader}. */
export interface OpenReaderOptions extends ShardReaderOptions {
  /** Undefined for polling. */
  readonly subscriptions: SubscriptionTransport | undefined;
}

/** A reader by fan-out where there are subscriptions, else by polling. */
export function openReader(
  shard: ReadableShard,
  { subscriptions, ...options }: OpenReaderOptions,
): RunningReader {
  return subscriptions === undefined
    ? new ShardReader(shard, options)
    : new FanOutReader(shard, { ...options, subscriptions });
}
