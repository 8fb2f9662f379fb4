/**
 * When events are due: event time runs `speedup` times as fast as a monotonic
 * clock.
 *
 * @module
 */
import { GAP_MS_MAX } from "./limits.ts";

/** The pace of one replay. */
export class EventPace {
  /** Infinity: everything is due at once. */
  readonly speedup: number;
  #startMs = Number.NaN;
  #originMs = Number.NaN;

  /** @param speedup Event time per real time, above 0; or Infinity. */
  constructor(speedup: number) {
    if (!(speedup > 0)) {
      throw new RangeError(
        `Cannot replay as 'speedup' must be positive: current value is ${speedup}`,
      );
    }
    this.speedup = speedup;
  }

  /**
   * Begins, or goes on behind a gap: from now on this event time is due.
   *
   * @param eventMs Epoch ms.
   * @param nowMs Monotonic ms.
   */
  start(eventMs: number, nowMs: number): void {
    this.#originMs = eventMs;
    this.#startMs = nowMs;
  }

  /** Whether it was started. */
  get isStarted(): boolean {
    return !Number.isNaN(this.#startMs);
  }

  /** Event time that is due now, epoch ms. */
  dueMs(nowMs: number): number {
    if (this.speedup === Number.POSITIVE_INFINITY) return this.speedup;
    return this.#originMs + (nowMs - this.#startMs) * this.speedup;
  }

  /** Real time until an event time is due, ms; negative when it was already. */
  waitMs(eventMs: number, nowMs: number): number {
    return (eventMs - this.dueMs(nowMs)) / this.speedup;
  }

  /** Whether waiting for an event time would take too long to make sense. */
  isGap(eventMs: number, nowMs: number): boolean {
    return this.waitMs(eventMs, nowMs) > GAP_MS_MAX;
  }

  /** How far an event time is behind its due time, in real time, ms. */
  lagMs(eventMs: number, nowMs: number): number {
    if (!this.isStarted || this.speedup === Number.POSITIVE_INFINITY) return 0;
    return Math.max(0, -this.waitMs(eventMs, nowMs));
  }
}
