/** How far a shard has been read, as a flush tells it. */
import type { ShardProgress } from "../../engine/messages.ts";
import { counted } from "./taxi.ts";

export function shardProgress(
  shardId: string,
  change: Partial<ShardProgress> = {},
): ShardProgress {
  return {
    shardId,
    sequenceNumber: "1",
    arrivalMs: 0,
    watermarkMs: 0,
    behindLatestMs: 0,
    atTip: false,
    idle: false,
    throttled: 0,
    busyMs: 0,
    reading: "polling",
    fallbacks: 0,
    counts: counted(1),
    ended: false,
    released: false,
    answered: true,
    childShards: [],
    dedupe: null,
    ...change,
  };
}
