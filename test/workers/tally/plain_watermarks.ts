/**
 * The plain twin of the watermark strategies: one record after the other,
 * straight from what `ARCHITECTURE.md` says.
 */
import type { JobSpec } from "../../../engine/job/spec.ts";
import type { PlainEvent } from "./plain_tally.ts";

/** A record of one shard: an event's values, a watermark, or neither. */
export interface PlainRecord {
  readonly arrivalMs: number;
  readonly values?: Readonly<Record<string, number>>;
  readonly watermarkMs?: number;
}

/** The events with their times and the watermark before each. */
export interface PlainWatermarks {
  readonly events: readonly PlainEvent[];
  /** After the last record. */
  readonly watermarkMs: number;
  readonly eventTimesRefused: number;
}

/** Follows a shard's watermark. */
export function plainWatermarks(
  spec: JobSpec,
  records: readonly PlainRecord[],
  aheadMaxMs: number,
): PlainWatermarks {
  const { strategy, boundMs = 0 } = spec.watermark;
  const { eventTime } = spec.events["trip"]!;
  const events: PlainEvent[] = [];
  let watermarkMs = Number.NEGATIVE_INFINITY;
  let eventTimesRefused = 0;
  const raise = (toMs: number) => {
    watermarkMs = Math.max(watermarkMs, toMs);
  };
  for (const { arrivalMs, values, watermarkMs: told } of records) {
    const latestMs = arrivalMs + aheadMaxMs;
    if (strategy === "ingestion") raise(arrivalMs - 1);
    if (values !== undefined) {
      if (strategy === "ingestion") {
        // Never late: judged by the watermark before its own arrival.
        const timeMs = watermarkMs + 1;
        events.push({ values, timeMs, watermarkMs: Number.NEGATIVE_INFINITY });
        continue;
      }
      const timeMs = values[eventTime]!;
      events.push({ values, timeMs, watermarkMs });
      if (strategy !== "bounded") continue;
      if (timeMs > latestMs) eventTimesRefused++;
      else raise(timeMs - boundMs - 1);
    } else if (told !== undefined && strategy === "punctuated") {
      if (told <= latestMs) raise(told);
    }
  }
  return { events, watermarkMs, eventTimesRefused };
}
