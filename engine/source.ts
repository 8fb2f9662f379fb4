/**
 * What a run reads: options of both kinds of input.
 *
 * @module
 */
import type { AwsConnection } from "./aws/connection.ts";

/** Where reading starts on shards without a position. */
export type KinesisFrom =
  | { readonly type: "earliest" }
  | { readonly type: "latest" }
  | { readonly type: "at"; readonly timestampMs: number };

/** A Kinesis stream as input. */
export interface KinesisSource {
  readonly type: "kinesis";
  readonly connection: AwsConnection;
  /** Name or ARN. */
  readonly stream: string;
  readonly from: KinesisFrom;
  /** End once every shard is at its tip. */
  readonly untilEnd: boolean;
  /** Reads a second and shard; the service allows 5 for all its readers. */
  readonly readsPerSecond: number;
  /** Read by enhanced fan-out as this consumer, its name or its ARN. */
  readonly consumer?: string | undefined;
  readonly kplOutOfRange: "skip" | "keep";
  /**
   * What to do when a checkpoint's position is older than the stream's
   * retention, so that records may be gone. @default {"stop"}
   */
  readonly onTrimmed?: "stop" | "continue" | undefined;
}

/** Files of JSON lines as input; they are read in this order. */
export interface FileSource {
  readonly type: "files";
  readonly paths: readonly string[];
}

/** Any input. */
export type Source = KinesisSource | FileSource;

/** How the source is named in status and log. */
export function sourceName(source: Source): string {
  if (source.type === "kinesis") return `kinesis:${source.stream}`;
  const [first = "", ...others] = source.paths;
  return others.length === 0
    ? `file:${first}`
    : `file:${first} and ${others.length} more`;
}
