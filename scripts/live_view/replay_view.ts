/**
 * Shows a running replay: a bar that is drawn anew on a terminal, lines of
 * statistics elsewhere.
 *
 * @module
 */
import { createLogUpdate } from "log-update";
import {
  type ReplayStatistics,
  statisticsLine,
} from "../../engine/replay/replay_statistics.ts";
import type { CommandContext } from "../context.ts";

/** Time between pictures, ms. */
const PICTURE_INTERVAL_MS = 250;

const BAR_LENGTH = 32;
const MINUTE_S = 60;
const HOUR_S = 3_600;

/** A view under way. */
export interface ReplayView {
  /** A line of statistics that is due. */
  statistics(line: string): void;
  /** Clears it; idempotent. */
  close(): void;
}

/** A duration as people say it. */
function durationText(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1_000);
  if (seconds < 2 * MINUTE_S) return `${seconds} s`;
  if (seconds < 2 * HOUR_S) return `${Math.ceil(seconds / MINUTE_S)} min`;
  return `${(seconds / HOUR_S).toFixed(1)} h`;
}

/**
 * The bar, how much is done, and when it will end; empty when nobody knows how
 * much there is.
 *
 * @param statistics Figures of the moment.
 * @param firstFraction What was done already when the replay began.
 */
export function progressLine(
  statistics: Pick<ReplayStatistics, "fraction" | "elapsedMs">,
  firstFraction = 0,
): string {
  const { fraction, elapsedMs } = statistics;
  if (Number.isNaN(fraction)) return "";
  const full = Math.floor(fraction * BAR_LENGTH);
  const bar = `${"█".repeat(full)}${"░".repeat(BAR_LENGTH - full)}`;
  const percent = `${String(Math.floor(fraction * 100)).padStart(3)} %`;
  const done = fraction - firstFraction;
  if (!(done > 0) || fraction === 1 || elapsedMs < 1_000) {
    return `${bar} ${percent}`;
  }
  const leftMs = (elapsedMs * (1 - fraction)) / done;
  return `${bar} ${percent}, ends in ${durationText(leftMs)}`;
}

function showPicture(
  stats: () => ReplayStatistics,
  { stdout, screen }: CommandContext,
): ReplayView {
  const update = createLogUpdate(stdout);
  let firstFraction = Number.NaN;
  const draw = () => {
    const statistics = stats();
    if (Number.isNaN(firstFraction)) firstFraction = statistics.fraction;
    const bar = progressLine(statistics, firstFraction);
    const line = statisticsLine(statistics);
    update(bar === "" ? line : `${bar}\n${line}`);
  };
  screen.hold((line) => {
    update.persist(line.trimEnd());
    draw();
  });
  draw();
  const timer = setInterval(draw, PICTURE_INTERVAL_MS);
  return {
    statistics: () => {},
    close() {
      clearInterval(timer);
      update.clear();
      update.done();
      screen.release();
    },
  };
}

/**
 * Shows a replay until the view is closed.
 *
 * @param stats Gives the figures of the moment.
 * @param context Where it is shown.
 */
export function showReplay(
  stats: () => ReplayStatistics,
  context: CommandContext,
): ReplayView {
  if (context.isTerminal) return showPicture(stats, context);
  return {
    statistics: (line) => context.stdout.write(`${line}\n`),
    close: () => {},
  };
}
