/**
 * How much of the last seconds merging had to wait, and for what.
 *
 * @module
 */
import type { BackpressureStatus } from "../status/status.ts";

/** Samples kept: ten seconds of two a second. */
const SAMPLES_MAX = 20;

/** Keeps samples of what merging waits for. */
export class BackpressureGauge {
  #samples: (string | null)[] = [];

  /** Notes what merging waits for at this moment; null for nothing. */
  sample(from: string | null): void {
    this.#samples.push(from);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** What it waited for most, and the share of the time. */
  status(): BackpressureStatus {
    const counts = new Map<string, number>();
    for (const from of this.#samples) {
      if (from !== null) counts.set(from, (counts.get(from) ?? 0) + 1);
    }
    const [[from, count] = [null, 0]] = [...counts].sort(
      ([, a], [, b]) => b - a,
    );
    return { from, share: count / Math.max(1, this.#samples.length) };
  }
}
