/**
 * How workers are to reach a stream that was looked up.
 *
 * @module
 */
import type { Logger } from "pino";
import { hasProxy } from "../aws/has_proxy.ts";
import type { ControlPlane } from "../kinesis/control_plane.ts";
import type { KinesisReading } from "../messages.ts";
import type { KinesisSource } from "../source.ts";

/** What {@linkcode streamReading} asks with. */
export interface StreamReadingOptions {
  readonly source: KinesisSource;
  readonly streamArn: string;
  readonly controlPlane: ControlPlane;
  readonly log: Logger;
}

/**
 * What the workers are started with. With `--consumer` the consumer is
 * registered first if it is missing.
 *
 * @throws {FlagdropError} When the consumer can't be had.
 */
export async function streamReading(
  options: StreamReadingOptions,
): Promise<KinesisReading> {
  const { source, streamArn, controlPlane, log } = options;
  const { connection, consumer, readsPerSecond, kplOutOfRange } = source;
  const { endpoint, region, caPem } = connection;
  if (consumer !== undefined && hasProxy(endpoint)) {
    log.warn(
      { endpoint },
      "subscriptions go straight to the endpoint, not through the proxy: where that can't be reached, shards are polled through it",
    );
  }
  const consumerArn =
    consumer === undefined
      ? ""
      : await controlPlane.registerConsumer(connection, {
          streamArn,
          consumer,
          log,
        });
  return {
    type: "kinesis",
    endpoint,
    region,
    caPem,
    streamArn,
    consumerArn,
    readsPerSecond,
    kplOutOfRange,
  };
}
