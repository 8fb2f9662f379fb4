/**
 * Waiting for backpressure to pass.
 *
 * @module
 */
import { orAborted } from "./or_aborted.ts";
import type { ShardReaderOptions } from "./shard_reader_options.ts";

/** Waits until the gate is open, or the signal aborted. */
export async function throughGate(
  gate: ShardReaderOptions["gate"],
  signal: AbortSignal,
  onGated: () => void = () => {},
): Promise<void> {
  // The gate may close again while other readers woken with this one go on.
  for (;;) {
    const opened = signal.aborted ? undefined : gate?.();
    if (opened === undefined) return;
    onGated();
    await orAborted(opened, signal);
  }
}
