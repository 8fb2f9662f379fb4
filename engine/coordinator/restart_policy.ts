/**
 * When a lost worker is replaced, and when there have been too many losses.
 *
 * @module
 */
import {
  RESTART_DELAY_FIRST_MS,
  RESTART_DELAY_MS_MAX,
  RESTART_WINDOW_MS,
} from "../limits.ts";

/** Counts losses within a window of time. */
export class RestartPolicy {
  readonly #restartsMax: number;
  #lossesMs: number[] = [];

  /** @param restartsMax Losses that are borne within the window. */
  constructor(restartsMax: number) {
    this.#restartsMax = restartsMax;
  }

  /** Losses within the window that ends with the last one. */
  get recent(): number {
    return this.#lossesMs.length;
  }

  /**
   * Notes a loss. The first is made good at once, further ones after pauses
   * that double.
   *
   * @param nowMs Monotonic.
   * @returns Pause before the replacement, ms; undefined when there must be
   * none.
   */
  lost(nowMs: number): number | undefined {
    this.#lossesMs = this.#lossesMs.filter(
      (atMs) => nowMs - atMs < RESTART_WINDOW_MS,
    );
    this.#lossesMs.push(nowMs);
    const { recent } = this;
    if (recent > this.#restartsMax) return undefined;
    if (recent === 1) return 0;
    return Math.min(
      RESTART_DELAY_FIRST_MS * 2 ** (recent - 2),
      RESTART_DELAY_MS_MAX,
    );
  }
}
