/**
 * When a shard counts as idle: its answers have been empty, at its tip, for the
 * idle time-out.
 *
 * Only answers count, from the first empty one to the latest: time in which
 * none comes (throttled, without credits, paused, moving) proves nothing, and
 * after a throttle the time begins anew.
 *
 * @module
 */
import type { Clock } from "../../engine/clock.ts";

/** Watches the answers of one shard. */
export class IdleWatch {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** Monotonic time of the first of the empty answers in a row. */
  #quietSinceMs = Number.NaN;
  #throttledCount = 0;
  #isIdle = false;

  /**
   * @param timeoutMs 0 for never.
   * @param clock Only its monotonic time is read.
   */
  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Whether the shard is idle by its latest answer. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /**
   * Takes note of an answer.
   *
   * @param isQuiet Whether it was empty and not behind.
   * @param throttledCount Reads of the shard that were throttled so far.
   */
  note(isQuiet: boolean, throttledCount: number): void {
    const wasThrottled = throttledCount > this.#throttledCount;
    this.#throttledCount = throttledCount;
    if (!isQuiet) {
      this.#quietSinceMs = Number.NaN;
      this.#isIdle = false;
      return;
    }
    const nowMs = this.#clock.monotonicMs();
    if (Number.isNaN(this.#quietSinceMs) || wasThrottled) {
      this.#quietSinceMs = nowMs;
    }
    this.#isIdle =
      this.#timeoutMs > 0 && nowMs - this.#quietSinceMs >= this.#timeoutMs;
  }
}
