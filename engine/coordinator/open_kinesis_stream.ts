/**
 * Looks a stream up and makes its input.
 *
 * @module
 */
import type { Logger } from "pino";
import type {
  InputPosition,
  SourceIdentity,
} from "../checkpoint/checkpoint.ts";
import type { ControlPlane } from "../kinesis/control_plane.ts";
import type { KinesisReading } from "../messages.ts";
import type { KinesisSource } from "../source.ts";
import { KinesisInput, type KinesisInputParts } from "./kinesis_input.ts";
import { streamReading } from "./stream_reading.ts";
import { trimmedError, trimmedShards } from "./trimmed_shards.ts";

/** A stream that was looked up. */
export interface OpenedStream {
  readonly identity: SourceIdentity;
  /** How the workers reach it. */
  readonly reading: KinesisReading;
  /**
   * Makes sure that the stream still has everything behind a position.
   *
   * @throws {FlagdropError} `FD_STREAM` when it may not, and the source does
   * not say to go on.
   */
  checkPosition(position: InputPosition, nowMs: number): void;
  /** Makes the input once workers and merger are there. */
  makeInput(parts: KinesisInputParts): KinesisInput;
}

/** Options for {@linkcode openKinesisStream}. */
export interface OpenStreamOptions {
  readonly source: KinesisSource;
  readonly log: Logger;
  readonly controlPlane: ControlPlane;
}

/**
 * Looks the stream up, so that a wrong name or address fails before anything
 * is started.
 *
 * @throws {FlagdropError} When the stream can't be reached or read.
 */
export async function openKinesisStream({
  source,
  log,
  controlPlane,
}: OpenStreamOptions): Promise<OpenedStream> {
  const { connection } = source;
  const [stream, shards] = await Promise.all([
    controlPlane.describeStream(connection, source.stream),
    controlPlane.listShards(connection, source.stream),
  ]);
  const { streamArn } = stream;
  const reading = await streamReading({ source, streamArn, controlPlane, log });
  log.info(
    { stream: stream.streamName, shards: shards.length },
    "reading stream",
  );
  return {
    identity: {
      type: "kinesis",
      streamArn,
      creationTimeMs: stream.creationTimeMs,
    },
    reading,
    checkPosition(position, nowMs) {
      if (position.type !== "kinesis" || source.onTrimmed === "continue") {
        return;
      }
      const { retentionHours } = stream;
      const retention = { retentionHours, nowMs };
      const trimmed = trimmedShards(position.shards, retention);
      if (trimmed.length > 0) throw trimmedError(source.stream, trimmed);
    },
    makeInput: (parts) =>
      new KinesisInput({ ...parts, source, stream, shards, log }),
  };
}
