/** A clock that stands still until a test turns it. */
import type { Clock } from "../../../engine/clock.ts";
import { SleepingTimers } from "../../helpers/sleeping_timers.ts";

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export class TurnedClock extends SleepingTimers implements Clock {
  #nowMs = 0;
  #sleepers: Sleeper[] = [];

  nowMs(): number {
    return 1_451_606_400_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const woken = new AbortController();
    await new Promise<void>((resolve) => {
      const sleeper = { atMs: this.#nowMs + durationMs, wake: resolve };
      this.#sleepers.push(sleeper);
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        resolve();
      };
      signal?.addEventListener("abort", onAbort, { signal: woken.signal });
    });
    woken.abort();
  }

  /** Sleepers that are still waiting. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Turns the clock, waking each sleeper at its time. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await settle();
    for (;;) {
      this.#sleepers.sort((a, b) => a.atMs - b.atMs);
      const [next] = this.#sleepers;
      if (next === undefined || next.atMs > untilMs) break;
      this.#sleepers.shift();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}
