/**
 * Waiting that a stop cuts short.
 *
 * @module
 */

import { CALLED_OFF } from "../../engine/clock.ts";

/**
 * Waits for a promise, but no longer than until the signal is aborted. Leaves
 * nothing behind on the signal.
 *
 * @returns What the promise resolves with; undefined if the signal came first.
 */
export async function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const settled = new AbortController();
  const aborted = new Promise<undefined>((resolve) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { signal: settled.signal });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    settled.abort(CALLED_OFF);
  }
}
