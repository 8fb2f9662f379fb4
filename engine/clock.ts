/**
 * Time as a dependency: coordinator, workers, replay and the local Kinesis are
 * handed a clock, so that tests and the simulator can turn it by hand.
 *
 * @module
 */

/** Calls off what a {@linkcode Clock} was asked to do. */
export type CallOff = () => void;

/** A source of time and the only way to wait for it. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump; never use it for durations. */
  nowMs(): number;
  /** Monotonic milliseconds since an arbitrary start, with fractions. */
  monotonicMs(): number;
  /**
   * Waits. Resolves early, without an error, when `signal` is aborted.
   *
   * @param durationMs How long to wait, in milliseconds.
   * @param signal Ends the wait.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` again and again, first after one interval. */
  every(intervalMs: number, run: () => void): CallOff;
  /** Calls `run` once, after a while. */
  after(durationMs: number, run: () => void): CallOff;
  /** Calls `run` in the next turn of the event loop. */
  soon(run: () => void): CallOff;
}

/**
 * What signals of waits are aborted with wherever that happens often: without a
 * reason, `abort()` makes an error each time, with a stack of all its callers.
 */
export const CALLED_OFF = "called off";

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  // Node's own makes an error with a stack for each wait that is called off.
  sleep(durationMs, signal) {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, durationMs);
      signal?.addEventListener("abort", wake, { once: true });
    });
  },
  every(intervalMs, run) {
    const timer = setInterval(run, intervalMs);
    return () => clearInterval(timer);
  },
  after(durationMs, run) {
    const timer = setTimeout(run, durationMs);
    return () => clearTimeout(timer);
  },
  soon(run) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};
