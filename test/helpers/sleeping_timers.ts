/** A test clock's timers, made of its `sleep`. */
import type { CallOff } from "../../engine/clock.ts";

export abstract class SleepingTimers {
  abstract sleep(durationMs: number, signal?: AbortSignal): Promise<void>;

  every(intervalMs: number, run: () => void): CallOff {
    const over = new AbortController();
    const repeat = async () => {
      while (!over.signal.aborted) {
        await this.sleep(intervalMs, over.signal);
        if (!over.signal.aborted) run();
      }
    };
    void repeat();
    return () => over.abort();
  }

  after(durationMs: number, run: () => void): CallOff {
    const over = new AbortController();
    void this.sleep(durationMs, over.signal).then(() => {
      if (!over.signal.aborted) run();
    });
    return () => over.abort();
  }

  soon(run: () => void): CallOff {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  }
}
