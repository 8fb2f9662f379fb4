/**
 * Where shards without a position start.
 *
 * @module
 */
import type { ShardStart } from "../kinesis/shard_lineage.ts";
import type { KinesisFrom } from "../source.ts";

/** `latest` becomes the present instant, which a checkpoint then keeps. */
export function startOf(from: KinesisFrom, nowMs: number): ShardStart {
  switch (from.type) {
    case "earliest":
      return { type: "trim_horizon" };
    case "latest":
      return { type: "at_timestamp", timestampMs: nowMs };
    case "at":
      return { type: "at_timestamp", timestampMs: from.timestampMs };
  }
}
