/**
 * Puts the engine's status together.
 *
 * @module
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../clock.ts";
import type { JobPlan } from "../job/plan.ts";
import type { EngineStatus, WorkerStatus } from "../status/status.ts";
import { VERSION } from "../version.ts";
import type { DelayHistogram } from "./delay_histogram.ts";
import type { Input } from "./input.ts";
import type { Merger } from "./merger.ts";
import { RateMeter } from "./rate_meter.ts";

/** How often rates are sampled, ms. */
const SAMPLE_INTERVAL_MS = 500;
const NS_PER_MS = 1e6;

/** Options for {@linkcode StatusReporter}. */
export interface StatusReporterOptions {
  readonly clock: Clock;
  readonly plan: JobPlan;
  readonly source: string;
  readonly startedAtMs: number;
  readonly merger: Merger;
  readonly input: Input;
}

/** Samples rates and delays, and reports everything on demand. */
export class StatusReporter {
  readonly #options: StatusReporterOptions;
  readonly #rate = new RateMeter();
  readonly #busy: readonly RateMeter[];
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 });
  readonly #timer: NodeJS.Timeout;
  readonly fireDelay: DelayHistogram;
  state: EngineStatus["state"] = "starting";
  error: string | null = null;

  constructor(options: StatusReporterOptions, fireDelay: DelayHistogram) {
    this.#options = options;
    this.fireDelay = fireDelay;
    this.#busy = options.input.figures.map(() => new RateMeter());
    this.#loopDelay.enable();
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Stops sampling; the last figures stand. */
  close(): void {
    clearInterval(this.#timer);
    this.#loopDelay.disable();
  }

  #sample(): void {
    const { clock, merger, input } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#rate.sample(nowMs, merger.counts.read);
    for (const [i, figures] of input.figures.entries()) {
      this.#busy[i]?.sample(nowMs, figures.busyMs / 1_000);
    }
  }

  #workers(): WorkerStatus[] {
    const { input } = this.#options;
    const shards = input.shards();
    return input.figures.map(({ busyMs, flushes, records }, worker) => ({
      worker,
      shards: shards.filter((shard) => shard.worker === worker).length,
      flushes,
      records,
      cpuSeconds: busyMs / 1_000,
      cpuShare: this.#busy[worker]?.perSecond ?? 0,
    }));
  }

  /** Everything at this moment. */
  status(): EngineStatus {
    const { clock, plan, source, startedAtMs, merger, input } = this.#options;
    const shards = input.shards();
    const { user, system } = process.cpuUsage();
    const loop = (percentile: number) =>
      this.#loopDelay.percentile(percentile) / NS_PER_MS;
    return {
      version: VERSION,
      state: this.state,
      error: this.error,
      startedAtMs,
      nowMs: clock.nowMs(),
      job: { name: plan.name, hash: plan.hash },
      source,
      counts: merger.counts.status(),
      bytes: merger.counts.bytes,
      eventsPerSecond: this.#rate.perSecond,
      watermarkMs: Number.isFinite(merger.watermarkMs)
        ? merger.watermarkMs
        : null,
      watermarkHeldBy: input.heldBy(),
      behindLatestMs: Math.max(0, ...shards.map((one) => one.behindLatestMs)),
      shards,
      workers: this.#workers(),
      ...merger.status(),
      rssBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
      eventLoopDelayMs: {
        p50: loop(50),
        p99: loop(99),
        p999: loop(99.9),
        max: this.#loopDelay.max / NS_PER_MS,
      },
      fireDelayMs: this.fireDelay.status(),
    };
  }
}
