/**
 * What a replay has done so far, and the line that says it.
 *
 * @module
 */
import type { PutCounts } from "../kinesis/put_counts.ts";
import type { SourceCounts } from "./event_chunk.ts";

/** A replay's figures at one moment. */
export interface ReplayStatistics {
  /** Real time since the first event was due, ms. */
  readonly elapsedMs: number;
  /** Events that the stream has taken. */
  readonly events: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Events a second over the last few seconds. */
  readonly eventsPerSecond: number;
  /**
   * All events before this event time have been taken, epoch ms; NaN before the
   * first.
   */
  readonly sentBeforeMs: number;
  /** What event times are called: `drop-off` for taxi trips. */
  readonly timeName: string;
  /**
   * How much of everything has been sent, 0 to 1; NaN when nobody knows how
   * much there is.
   */
  readonly fraction: number;
  /** How far the replay is behind its speed, in real time, ms. */
  readonly lagMs: number;
  /** The last watermark, epoch ms; NaN before the first. */
  readonly watermarkMs: number;
  /** Open shards. */
  readonly shards: number;
  /** Events that came behind the replay's own watermark. */
  readonly lateEvents: number;
  /** What the source left out. */
  readonly skipped: SourceCounts;
  /** What was sent, in detail. */
  readonly put: PutCounts;
}

/** A time as people read it; `-` for none. */
function timeText(epochMs: number): string {
  if (Math.abs(epochMs) > 8.64e15 || Number.isNaN(epochMs)) return "-";
  return new Date(epochMs).toISOString();
}

/**
 * One line of statistics, without a line feed.
 *
 * @param statistics Figures of the moment.
 * @param eventsPerSecond The rate to show, such as the whole replay's.
 */
export function statisticsLine(
  statistics: ReplayStatistics,
  eventsPerSecond: number = statistics.eventsPerSecond,
): string {
  const { sentBeforeMs, lagMs, skipped, lateEvents, put } = statistics;
  const notes = [
    [skipped.unparsable, "unparsable"],
    [put.oversized, "too large"],
    [lateEvents, "late"],
    [put.refused, "sent again"],
    [put.uncertainRequests, "requests without an answer"],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, what]) => `, ${count} ${what}`)
    .join("");
  const rate = Math.round(eventsPerSecond).toLocaleString("en");
  return `all events with ${statistics.timeName} before ${timeText(sentBeforeMs)} have been sent, ${rate} events/s, lag ${(lagMs / 1_000).toFixed(1)} s${notes}`;
}
