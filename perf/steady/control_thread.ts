/**
 * A thread that does nothing but tell how late its event loop runs: what the
 * machine does to everyone, and so not the coordinator's fault.
 *
 * @module
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parentPort } from "node:worker_threads";

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;
const P999 = 99.9;

/** Watches the event loop of the thread that calls it. */
export function watchLoop(): { p999Ms(): number; maxMs(): number } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    p999Ms: () => histogram.percentile(P999) / NS_PER_MS - RESOLUTION_MS,
    maxMs: () => histogram.max / NS_PER_MS - RESOLUTION_MS,
  };
}

/** What the thread answers. */
export interface LoopDelays {
  readonly p999Ms: number;
  readonly maxMs: number;
}

if (parentPort !== null) {
  const port = parentPort;
  const loop = watchLoop();
  port.on("message", () => {
    const delays: LoopDelays = { p999Ms: loop.p999Ms(), maxMs: loop.maxMs() };
    port.postMessage(delays);
  });
}
