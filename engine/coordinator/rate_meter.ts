/**
 * A rate over the last few seconds.
 *
 * @module
 */

/** Seconds that the rate looks back, in ms: calm to read, quick to follow. */
const SPAN_MS = 5_000;

/** Turns a growing total into a rate. */
export class RateMeter {
  #samples: { readonly atMs: number; readonly total: number }[] = [];

  /**
   * Adds a sample, at regular intervals.
   *
   * @param atMs Monotonic ms.
   * @param total The total so far.
   */
  sample(atMs: number, total: number): void {
    this.#samples.push({ atMs, total });
    while (
      this.#samples.length > 2 &&
      atMs - (this.#samples[1]?.atMs ?? 0) >= SPAN_MS
    ) {
      this.#samples.shift();
    }
  }

  /** Change per second over the samples kept; 0 with fewer than two. */
  get perSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return 0;
    const spanMs = last.atMs - first.atMs;
    return spanMs > 0 ? ((last.total - first.total) / spanMs) * 1_000 : 0;
  }
}
