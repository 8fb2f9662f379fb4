/** A clock in virtual time, of one thread or process. */
import type { CallOff, Clock } from "../../engine/clock.ts";
import type { Life, Scheduler } from "./scheduler.ts";

/** Wall clock at the start of every simulation: 2016-01-01T00:00:00Z. */
export const START_MS = 1_451_606_400_000;

export class SimClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #life: Life;

  constructor(scheduler: Scheduler, life: Life) {
    this.#scheduler = scheduler;
    this.#life = life;
  }

  nowMs(): number {
    return START_MS + Math.floor(this.#scheduler.nowMs);
  }

  monotonicMs(): number {
    return this.#scheduler.nowMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        callOff();
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const callOff = this.after(durationMs, wake);
      signal?.addEventListener("abort", wake);
    });
  }

  every(intervalMs: number, run: () => void): CallOff {
    let callOff: CallOff;
    const again = () => {
      callOff = this.after(intervalMs, again);
      run();
    };
    callOff = this.after(intervalMs, again);
    return () => callOff();
  }

  after(durationMs: number, run: () => void): CallOff {
    return this.#scheduler.plan(this.#life, durationMs, run);
  }

  soon(run: () => void): CallOff {
    return this.#scheduler.plan(this.#life, 0, run);
  }
}
