/**
 * Up to when a shard is known to be read, by the arrival of its records.
 *
 * @module
 */
import type { ShardProgress } from "../messages.ts";

/**
 * How much older than its flush's newest answer a shard's own may be, ms: a
 * minute without credits. Retention is hours.
 */
const TIP_AGE_MS_MAX = 60_000;

/** Up to when everything that arrived is read, after some progress. */
export function readTo(
  beforeMs: number,
  { arrivalMs, answered, behindLatestMs }: ShardProgress,
  receivedAtMs: number,
): number {
  // The shard's own last answer may be older than the flush's newest.
  const isAtTip = answered && behindLatestMs === 0;
  const tipMs = isAtTip ? receivedAtMs - TIP_AGE_MS_MAX : Number.NaN;
  const known = [beforeMs, arrivalMs, tipMs].filter(Number.isFinite);
  return known.length === 0 ? Number.NaN : Math.max(...known);
}
