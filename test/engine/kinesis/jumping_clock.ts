/**
 * A clock that never waits: when nothing else can run, it jumps to the next
 * sleeper's time.
 */
import type { Clock } from "../../../engine/clock.ts";
import { SleepingTimers } from "../../helpers/sleeping_timers.ts";

const START_MS = 1_451_606_400_000;

/** Turns of the event loop in which nothing happens before it jumps. */
const QUIET_TURNS = 3;

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export class JumpingClock extends SleepingTimers implements Clock {
  #nowMs = 0;
  #sleepers: Sleeper[] = [];
  #changes = 0;
  #isRunning = false;

  nowMs(): number {
    return START_MS + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const sleeper = {
        atMs: this.#nowMs + durationMs,
        wake: () => {
          signal?.removeEventListener("abort", sleeper.wake);
          this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
          this.#changes++;
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      this.#changes++;
      signal?.addEventListener("abort", sleeper.wake);
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Jumps as long as anybody sleeps. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#sleepers.length > 0) {
      let quiet = 0;
      while (quiet < QUIET_TURNS) {
        const before = this.#changes;
        await new Promise((resolve) => setImmediate(resolve));
        quiet = before === this.#changes ? quiet + 1 : 0;
      }
      const [first] = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs);
      if (first === undefined || first.atMs === Number.POSITIVE_INFINITY) break;
      this.#nowMs = Math.max(this.#nowMs, first.atMs);
      first.wake();
    }
    this.#isRunning = false;
  }
}
