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

/** How long an event loop was held up. */
export interface LoopDelays {
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Watches the event loop of the thread that calls it. */
export class LoopWatch {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** Since it was asked before, or since its making. */
  take(): LoopDelays {
    const p999 = this.#histogram.percentile(P999);
    const { max } = this.#histogram;
    this.#histogram.reset();
    return {
      p999Ms: p999 / NS_PER_MS - RESOLUTION_MS,
      maxMs: max / NS_PER_MS - RESOLUTION_MS,
    };
  }
}

if (parentPort !== null) {
  const port = parentPort;
  const loop = new LoopWatch();
  port.on("message", () => port.postMessage(loop.take()));
}
