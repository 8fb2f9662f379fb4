/**
 * Delays as quantiles, by hdr-histogram-js.
 *
 * @module
 */
import { build } from "hdr-histogram-js";
import type { DelayBucket, QuantilesStatus } from "../status/status.ts";

/** Longest delay that is told apart, ms: an hour. */
const DELAY_MS_MAX = 3_600_000;
/** Delays are counted in tenths of a millisecond. */
const UNITS_PER_MS = 10;

/** Where the buckets that are shown end, ms. */
const EDGES_MS: readonly number[] = [
  2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000,
];

/** Counts delays. */
export class DelayHistogram {
  readonly #histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: DELAY_MS_MAX * UNITS_PER_MS,
    numberOfSignificantValueDigits: 3,
  });
  /** Until the next delay: walking the histogram costs more than all else. */
  #status: QuantilesStatus | undefined;

  readonly #counts = [...EDGES_MS, null].map(() => 0);

  /** Adds one delay, in ms. */
  add(delayMs: number): void {
    const clamped = Math.min(Math.max(delayMs, 0), DELAY_MS_MAX);
    const found = EDGES_MS.findIndex((edgeMs) => clamped <= edgeMs);
    const bucket = found < 0 ? EDGES_MS.length : found;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#histogram.recordValue(Math.round(clamped * UNITS_PER_MS));
    this.#status = undefined;
  }

  /** How many were how long. */
  buckets(): DelayBucket[] {
    return this.#counts.map((count, i) => ({
      upToMs: EDGES_MS[i] ?? null,
      count,
    }));
  }

  /** Quantiles so far, in ms; all 0 without any. */
  status(): QuantilesStatus {
    const at = (percentile: number) =>
      this.#histogram.getValueAtPercentile(percentile) / UNITS_PER_MS;
    this.#status ??= {
      p50: at(50),
      p99: at(99),
      p999: at(99.9),
      max: this.#histogram.maxValue / UNITS_PER_MS,
    };
    return this.#status;
  }
}
