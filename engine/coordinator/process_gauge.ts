/**
 * What the process costs: CPU time, memory, and how late its event loop runs.
 *
 * @module
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { QuantilesStatus } from "../status/status.ts";

/** How finely the event loop's delay is measured, ms. */
const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** Measures the process; a simulator's stands still. */
export interface ProcessGauge {
  /** User and system time since the process' start. */
  cpuSeconds(): number;
  rssBytes(): number;
  /** Delays of the event loop since the gauge was opened. */
  eventLoopDelayMs(): QuantilesStatus;
  /** Stops measuring; the last figures stand. */
  close(): void;
}

/** Begins to measure this process. */
export function openProcessGauge(): ProcessGauge {
  const loopDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loopDelay.enable();
  const quantile = (percentile: number) =>
    loopDelay.percentile(percentile) / NS_PER_MS;
  return {
    cpuSeconds() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    rssBytes: () => process.memoryUsage.rss(),
    eventLoopDelayMs: () => ({
      p50: quantile(50),
      p99: quantile(99),
      p999: quantile(99.9),
      max: loopDelay.max / NS_PER_MS,
    }),
    close: () => void loopDelay.disable(),
  };
}
