/**
 * The engine's status as one plain line, for pipes and log files.
 *
 * @module
 */
import type { EngineStatus } from "../../engine/status/status.ts";
import {
  clockText,
  countText,
  decimalText,
  eventTimeText,
  spanText,
} from "./figures.ts";

/** The figures of the line, for a log of JSON lines. */
export function progressFields(status: EngineStatus): object {
  return {
    eventsPerSecond: Math.round(status.eventsPerSecond),
    behindLatestMs: Math.round(status.behindLatestMs),
    watermarkMs: status.watermarkMs,
    read: status.counts.read,
    windowsFired: status.windowsFired,
    documentsFired: status.documentsFired,
    deadLetters: status.deadLetters,
    averageByZone: Object.assign(
      {},
      ...status.latest.map(({ averageByZone }) => averageByZone),
    ),
  };
}

/**
 * Makes the line, such as `12:00:05 23,104 events/s · lag 0.4 s · watermark
 * 2016-01-03 11:50 · 412 windows · 180,233 documents · JFK 41.2 min`.
 */
export function renderLine(status: EngineStatus): string {
  const { deadLetters, latest, watermarkMs } = status;
  const averages = latest.flatMap(({ averageByZone }) =>
    Object.entries(averageByZone)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([zone, minutes]) => `${zone} ${decimalText(minutes)} min`),
  );
  const parts = [
    `${clockText(status.nowMs)} ${countText(status.eventsPerSecond)} events/s`,
    `lag ${spanText(status.behindLatestMs)}`,
    `watermark ${eventTimeText(watermarkMs)}`,
    `${countText(status.windowsFired)} windows`,
    `${countText(status.documentsFired)} documents`,
    ...averages,
    ...(deadLetters > 0 ? [`${countText(deadLetters)} dead letters`] : []),
  ];
  return parts.join(" · ");
}
