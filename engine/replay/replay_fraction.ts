/**
 * How much of a replay is done.
 *
 * @module
 */
import type { SourceProgress } from "./event_chunk.ts";
import type { LookAhead } from "./look_ahead.ts";
import type { ReplayOptions } from "./replay_options.ts";

/** What it is worked out from. */
export interface ReplayFractionOptions {
  readonly options: Pick<ReplayOptions, "limit" | "durationMs" | "loop">;
  readonly lookAhead: Pick<LookAhead, "isEnded" | "readEvents">;
  readonly progress: SourceProgress;
  /** Events that the stream has taken. */
  readonly events: number;
  readonly elapsedMs: number;
}

/** How much of the source was read, 0 to 1; NaN when nobody knows. */
function readFraction({ lookAhead, progress }: ReplayFractionOptions): number {
  if (lookAhead.isEnded) return 1;
  const { readBytes, totalBytes } = progress;
  return totalBytes === undefined || totalBytes === 0
    ? Number.NaN
    : Math.min(1, readBytes / totalBytes);
}

/**
 * How much is done of what ends the replay first: its limit, its time or its
 * data. Much may be read that is not yet due, so of the data it is what was
 * sent of what was read, of what there is.
 *
 * @returns 0 to 1, or NaN when nobody knows.
 */
export function replayFraction(from: ReplayFractionOptions): number {
  const { options, lookAhead, events, elapsedMs } = from;
  const { limit, durationMs, loop = false } = options;
  const fractions: number[] = [];
  if (limit !== undefined) fractions.push(limit === 0 ? 1 : events / limit);
  if (durationMs !== undefined) fractions.push(elapsedMs / durationMs);
  if (!loop) {
    const { readEvents } = lookAhead;
    const sent = readEvents === 0 ? 0 : events / readEvents;
    fractions.push(readFraction(from) * sent);
  }
  const known = fractions.filter((fraction) => !Number.isNaN(fraction));
  return known.length === 0 ? Number.NaN : Math.min(1, Math.max(...known));
}
