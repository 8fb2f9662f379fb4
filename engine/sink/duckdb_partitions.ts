/**
 * Which of the store's tables holds a document: the pure part.
 *
 * Each query's documents lie in tables that cover whole days of event time and
 * never overlap, so that the oldest go by dropping tables. (Deleting rows lets
 * the file grow under endless upserts; dropping tables does not.) Small tables
 * are also cheaper to write: four million documents cost 3.4 us of CPU each in
 * tables of a day, 6.8 us in a single one, whose index is written again and
 * again. Yet every table costs memory for its key, so their number is bounded:
 * with many queries a table spans several days, and where time goes on for
 * longer or leaps about, the nearest table is stretched instead of adding one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { STORE_TABLES_MAX } from "./limits.ts";

const DAY_MS = 86_400_000;

/** One table of one query. */
export interface Partition {
  /** Never changes, whatever becomes of the range. */
  readonly table: string;
  readonly queryIndex: number;
  /** Timestamps in the table: start inclusive, end exclusive, epoch ms. */
  readonly startMs: number;
  readonly endMs: number;
}

/** How a store is divided. */
export interface PartitionRules {
  /** What a new table spans, whole days. */
  readonly spanMs: number;
  /** Tables of one query. */
  readonly countMax: number;
  /** Documents older than this, against the newest, may be dropped. */
  readonly retentionMs: number;
}

/**
 * The rules of a store.
 *
 * @param queryCount Queries of the job.
 * @param retentionMs How long documents are kept, in event time; undefined:
 * for ever.
 */
export function partitionRules(
  queryCount: number,
  retentionMs?: number,
): PartitionRules {
  assert(queryCount > 0);
  const countMax = Math.floor(STORE_TABLES_MAX / queryCount);
  assert(countMax > 2);
  if (retentionMs === undefined) {
    return { spanMs: DAY_MS, countMax, retentionMs: Number.POSITIVE_INFINITY };
  }
  assert(retentionMs >= 0);
  // Both ends of the retained time may lie within a table.
  const spanDays = Math.ceil(retentionMs / DAY_MS / (countMax - 2));
  return { spanMs: Math.max(1, spanDays) * DAY_MS, countMax, retentionMs };
}

/** Timestamps before this are not needed any more. */
export function cutoffMs(rules: PartitionRules, newestMs: number): number {
  return newestMs - rules.retentionMs;
}

function aligned(timestampMs: number, spanMs: number) {
  const startMs = Math.floor(timestampMs / spanMs) * spanMs;
  return { startMs, endMs: startMs + spanMs };
}

/**
 * Whether a document is too old to be written at all: its table would be
 * dropped at once.
 */
export function isExpired(
  timestampMs: number,
  rules: PartitionRules,
  newestMs: number,
): boolean {
  const { endMs } = aligned(timestampMs, rules.spanMs);
  return endMs <= cutoffMs(rules, newestMs);
}

/** A query's tables with room for a timestamp, and which one has it. */
export interface Placement {
  /** Ascending, as given but for at most one added or stretched. */
  readonly partitions: readonly Partition[];
  readonly partition: Partition;
}

/**
 * Finds the table for a timestamp, or makes room.
 *
 * @param partitions All tables of the query, ascending.
 * @param at The query and the timestamp.
 * @param rules The store's rules.
 */
export function placeTimestamp(
  partitions: readonly Partition[],
  at: { readonly queryIndex: number; readonly timestampMs: number },
  rules: PartitionRules,
): Placement {
  const { queryIndex, timestampMs } = at;
  const after = partitions.findIndex(({ endMs }) => timestampMs < endMs);
  const index = after < 0 ? partitions.length : after;
  const next = partitions[index];
  if (next !== undefined && next.startMs <= timestampMs) {
    return { partitions, partition: next };
  }
  const before = partitions[index - 1];
  const whole = aligned(timestampMs, rules.spanMs);
  const range = {
    startMs: Math.max(whole.startMs, before?.endMs ?? whole.startMs),
    endMs: Math.min(whole.endMs, next?.startMs ?? whole.endMs),
  };
  assert(range.startMs <= timestampMs && timestampMs < range.endMs);
  if (partitions.length < rules.countMax) {
    const table = `q${queryIndex}_${range.startMs}`;
    const partition = { table, queryIndex, ...range };
    return { partitions: partitions.toSpliced(index, 0, partition), partition };
  }
  // Stretches the table before the gap, or the first one back in time.
  const neighbour = before ?? next;
  assert(neighbour !== undefined);
  const partition =
    before === undefined
      ? { ...neighbour, startMs: range.startMs }
      : { ...neighbour, endMs: range.endMs };
  const stretched = before === undefined ? index : index - 1;
  return { partitions: partitions.with(stretched, partition), partition };
}
