/**
 * Delays as quantiles, by hdr-histogram-js.
 *
 * @module
 */
import { build } from "hdr-histogram-js";
import type { QuantilesStatus } from "../status/status.ts";

/** Longest delay that is told apart, ms: an hour. */
const DELAY_MS_MAX = 3_600_000;
/** Delays are counted in tenths of a millisecond. */
const UNITS_PER_MS = 10;

/** Counts delays. */
export class DelayHistogram {
  readonly #histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: DELAY_MS_MAX * UNITS_PER_MS,
    numberOfSignificantValueDigits: 3,
  });
  /** Until the next delay: walking the histogram costs more than all else. */
  #status: QuantilesStatus | undefined;

  /** Adds one delay, in ms. */
  add(delayMs: number): void {
    const clamped = Math.min(Math.max(delayMs, 0), DELAY_MS_MAX);
    this.#histogram.recordValue(Math.round(clamped * UNITS_PER_MS));
    this.#status = undefined;
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
