/** A clock that a test turns. */
import type { Clock } from "../../../engine/clock.ts";
import { SleepingTimers } from "../../helpers/sleeping_timers.ts";

/** When tests take place: 2016-01-01T00:00:00Z. */
export const START_MS = 1_451_606_400_000;

export class HandClock extends SleepingTimers implements Clock {
  #passedMs = 0;
  /** Added to the wall clock only. */
  jumpMs = 0;

  nowMs(): number {
    return START_MS + this.#passedMs + this.jumpMs;
  }

  monotonicMs(): number {
    return this.#passedMs;
  }

  async sleep(durationMs: number): Promise<void> {
    this.advance(durationMs);
  }

  advance(durationMs: number): void {
    this.#passedMs += durationMs;
  }
}
