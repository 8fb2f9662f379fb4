/**
 * Where a job on Flink takes over from a savepoint: from which arrival time on
 * it must read to rebuild every window that is open, and which windows are its
 * to emit. Whatever it reads again of windows that have fired here it drops.
 *
 * The bounds are sound, not exact. Reading from too early costs time; what it
 * adds belongs to windows that are not emitted.
 *
 * @module
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { ShardEntry } from "../coordinator/shard_table.ts";
import { windowStart } from "../tally/window.ts";

/**
 * Reading begins this much earlier than arrival times say, ms: they are
 * approximate, and some are by our clock, which may differ from the service's by
 * what a signature may (five minutes).
 */
export const ARRIVAL_SLACK_MS = 5 * 60_000;

/** What the job on Flink is to do, and what speaks against it. */
export interface FlinkSeam {
  /** Arrival time to read from, epoch ms; null for all that there is. */
  readonly startArrivalMs: number | null;
  /** The watermark up to which windows have fired here; null for none. */
  readonly firedUpToMs: number | null;
  /**
   * By query, in the checkpoint's order: the end of the first window that Flink
   * emits, epoch ms; null for all windows.
   */
  readonly firstWindowEndMs: readonly (number | null)[];
  /** Open windows, of all queries, that it rebuilds. */
  readonly windowsOpen: number;
  /** Why it can't be done, a sentence each; empty when it can. */
  readonly refusals: readonly string[];
  /** What isn't as it would have been here, a sentence each. */
  readonly warnings: readonly string[];
}

/** The job that is to run on Flink. */
export interface SeamJob {
  readonly jobHash: string;
  readonly allowedLatenessMs: number;
  /** Whether it leaves duplicates out. */
  readonly hasDedupe: boolean;
}

/** The end of the first window of a length that has not fired. */
function firstEnd(windowMs: number, firedUpToMs: number): number | null {
  return Number.isFinite(firedUpToMs)
    ? windowStart(firedUpToMs + 1, windowMs) + windowMs
    : null;
}

/** Queries that came with a changed job, and would not be whole at first. */
function partialProblems({ merger, queries }: Checkpoint): string[] {
  return queries.flatMap(({ name, windowMs }, i) => {
    const wholeFromMs = merger.wholeFromMs[i] ?? Number.NEGATIVE_INFINITY;
    const startMs =
      (firstEnd(windowMs, merger.watermarkMs) ?? Number.NEGATIVE_INFINITY) -
      windowMs;
    return wholeFromMs <= startMs
      ? []
      : [
          `query "${name}" came with a changed job and has no whole window yet: take a savepoint when its first one has fired`,
        ];
  });
}

/** Arrival of what has not been read: after what is known to be read. */
function unreadFrom({ readToMs }: ShardEntry): number {
  return Number.isNaN(readToMs) ? Number.NEGATIVE_INFINITY : readToMs;
}

/** Whether a parent holds records at or after a moment, or has children to come. */
function lineageProblem(
  shards: readonly ShardEntry[],
  neededFromMs: number,
): string | undefined {
  for (const { shardId, state, readToMs } of shards) {
    if (state === "waiting" || state === "ended") {
      return `shard ${shardId} is in the middle of a split or merge: take a savepoint when its children are being read`;
    }
    if (state === "retired" && readToMs >= neededFromMs) {
      return `open windows may have events of shard ${shardId}, which has been split or merged: take a savepoint when the windows of that time have fired`;
    }
  }
  return undefined;
}

/** Sinks that documents of fired windows still wait for. */
function pendingProblems({ merger }: Checkpoint): string[] {
  return merger.sinks
    .filter(({ pending }) => pending.sections.length > 0)
    .map(
      ({ name }) =>
        `documents of windows that have fired still wait for ${name}: stop the run with SIGTERM and use what it leaves`,
    );
}

function warningsOf(
  { merger, input }: Checkpoint,
  { allowedLatenessMs }: SeamJob,
): string[] {
  const warnings: string[] = [];
  if (allowedLatenessMs > 0) {
    warnings.push(
      "windows that have fired here are not corrected by late events any more",
    );
  }
  if (merger.counts.late > 0) {
    warnings.push(
      `${merger.counts.late} records were late in their own shard so far: Flink counts such records while any shard is behind their window`,
    );
  }
  if (input.type === "kinesis" && input.shards.some(({ idle }) => idle)) {
    warnings.push(
      "some shards were idle: Flink waits for them anew, for its own idle time-out",
    );
  }
  return warnings;
}

/**
 * Works out the seam between a savepoint and a job on Flink.
 *
 * @param checkpoint Of the run that Flink takes over from.
 * @param job What is to run on Flink; it must be the run's own.
 */
export function seamOf(checkpoint: Checkpoint, job: SeamJob): FlinkSeam {
  const { merger, input, queries } = checkpoint;
  const open = merger.windows.sections.filter(
    ({ queryIndex, windowStartMs }) =>
      windowStartMs + (queries[queryIndex]?.windowMs ?? 0) >
      merger.watermarkMs + 1,
  );
  const refusals = [
    ...pendingProblems(checkpoint),
    ...partialProblems(checkpoint),
  ];
  if (checkpoint.finished) refusals.push("the run has ended: nothing is left");
  if (checkpoint.jobHash !== job.jobHash) {
    refusals.push(
      `it is of another job than the one given ("${checkpoint.jobName}"): give the run's own --job and --zones`,
    );
  }
  if (job.hasDedupe) {
    refusals.push(
      "the job leaves duplicates out, and the ids that it remembers can't be taken along",
    );
  }
  let neededFromMs = Number.NEGATIVE_INFINITY;
  if (input.type === "kinesis") {
    const arrivals = open.map(
      ({ queryIndex, windowStartMs }) =>
        merger.windowArrivals?.find(
          (one) =>
            one.queryIndex === queryIndex &&
            one.windowStartMs === windowStartMs,
        )?.arrivedFromMs ?? Number.NEGATIVE_INFINITY,
    );
    const live = input.shards.filter(({ state }) => state !== "retired");
    neededFromMs = Math.min(...arrivals, ...live.map(unreadFrom));
    const problem = lineageProblem(input.shards, neededFromMs);
    if (problem !== undefined) refusals.push(problem);
  }
  return {
    startArrivalMs: Number.isFinite(neededFromMs)
      ? Math.floor(neededFromMs) - ARRIVAL_SLACK_MS
      : null,
    firedUpToMs: Number.isFinite(merger.watermarkMs)
      ? merger.watermarkMs
      : null,
    firstWindowEndMs: queries.map(({ windowMs }) =>
      firstEnd(windowMs, merger.watermarkMs),
    ),
    windowsOpen: open.length,
    refusals,
    warnings: warningsOf(checkpoint, job),
  };
}
