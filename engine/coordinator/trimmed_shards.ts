/**
 * Finds shards of a checkpoint from which the stream may have dropped records
 * that were never read: their position is older than the stream's retention.
 *
 * A quiet shard whose last record is old, but which was last seen at its tip
 * since then, has lost nothing.
 *
 * @module
 */
import type { Logger } from "pino";
import { FlagdropError } from "../errors.ts";
import type { KinesisShard, StreamDescription } from "../kinesis/shard.ts";
import type { GapStatus } from "../status/status.ts";
import type { ShardEntry, ShardTable } from "./shard_table.ts";

const HOUR_MS = 3_600_000;

/** A stream's retention at one moment. */
export interface Retention {
  readonly retentionHours: number;
  readonly nowMs: number;
}

/** When the oldest record that a stream still has may have arrived, epoch ms. */
function horizonOf({ retentionHours, nowMs }: Retention): number {
  return nowMs - retentionHours * HOUR_MS;
}

/** Shards that are still to be read and may have lost records. */
export function trimmedShards(
  entries: Iterable<ShardEntry>,
  retention: Retention,
): GapStatus[] {
  const toMs = horizonOf(retention);
  const found: GapStatus[] = [];
  for (const { shardId, state, readToMs } of entries) {
    // What waits for its parents has their gap; what has ended was read.
    const isRead = state === "ended" || state === "retired";
    if (isRead || state === "waiting" || !(readToMs < toMs)) continue;
    found.push({ shardId, fromMs: readToMs, toMs });
  }
  return found;
}

/** One line that says what may be missing, and what to do. */
export function trimmedError(
  stream: string,
  trimmed: readonly GapStatus[],
): FlagdropError {
  const fromMs = Math.min(...trimmed.map((one) => one.fromMs));
  const toMs = Math.max(...trimmed.map((one) => one.toMs));
  const shards = trimmed.map(({ shardId }) => shardId).join(", ");
  return new FlagdropError(
    "FD_STREAM",
    `Cannot go on from the checkpoint as stream "${stream}" may have dropped records that arrived from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()} before they were read (${shards}): give --on-trimmed continue to go on without them`,
    { domain: "user" },
  );
}

/** Options for {@linkcode skipTrimmed}. */
export interface SkipTrimmedOptions {
  readonly stream: StreamDescription;
  /** Those that the stream lists. */
  readonly shards: readonly KinesisShard[];
  readonly nowMs: number;
  readonly log: Logger;
}

/**
 * Goes on without what the stream no longer has, and says so.
 *
 * @returns What may be missing.
 */
export function skipTrimmed(
  table: ShardTable,
  { stream, shards, nowMs, log }: SkipTrimmedOptions,
): GapStatus[] {
  const { retentionHours } = stream;
  const retention = { retentionHours, nowMs };
  const gaps = trimmedShards(table.entries, retention);
  for (const { shardId, fromMs, toMs } of gaps) {
    log.error(
      {
        shard: shardId,
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
      },
      "going on without records that the stream may have dropped",
    );
  }
  table.skipTrimmed(
    gaps.map(({ shardId }) => shardId),
    {
      listed: new Set(shards.map(({ shardId }) => shardId)),
      horizonMs: horizonOf(retention),
    },
  );
  return gaps;
}
