/**
 * Puts the engine's status together.
 *
 * @module
 */
import type { CallOff, Clock } from "../clock.ts";
import type { JobPlan } from "../job/plan.ts";
import type {
  CheckpointStatus,
  EngineStatus,
  ShardStatus,
  WorkerStatus,
} from "../status/status.ts";
import { VERSION } from "../version.ts";
import { BackpressureGauge } from "./backpressure_gauge.ts";
import type { DelayHistogram } from "./delay_histogram.ts";
import type { Input } from "./input.ts";
import type { Merger } from "./merger.ts";
import type { ProcessGauge } from "./process_gauge.ts";
import { RateMeter } from "./rate_meter.ts";
import type { WorkerSupervisor } from "./worker_supervisor.ts";

/** How often rates are sampled, ms. */
const SAMPLE_INTERVAL_MS = 500;

/** Options for {@linkcode StatusReporter}. */
export interface StatusReporterOptions {
  readonly clock: Clock;
  readonly gauge: ProcessGauge;
  readonly plan: JobPlan;
  readonly source: string;
  readonly startedAtMs: number;
  readonly merger: Merger;
  readonly input: Input;
  readonly supervisor: Pick<WorkerSupervisor, "status" | "wanted">;
  readonly checkpoint: () => CheckpointStatus | null;
  /** Between two early writings; undefined for none. */
  readonly emitEarlyMs: number | undefined;
}

/** Samples rates and delays, and reports everything on demand. */
export class StatusReporter {
  readonly #options: StatusReporterOptions;
  readonly #rate = new RateMeter();
  readonly #busy: RateMeter[] = [];
  readonly #backpressure = new BackpressureGauge();
  readonly #endSamples: CallOff;
  readonly fireDelay: DelayHistogram;
  state: EngineStatus["state"] = "starting";
  error: string | null = null;

  constructor(options: StatusReporterOptions, fireDelay: DelayHistogram) {
    this.#options = options;
    this.fireDelay = fireDelay;
    this.#sample();
    this.#endSamples = options.clock.every(SAMPLE_INTERVAL_MS, () =>
      this.#sample(),
    );
  }

  /** Stops sampling; the last figures stand. */
  close(): void {
    this.#endSamples();
    this.#options.gauge.close();
  }

  #sample(): void {
    const { clock, merger, input, supervisor } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#rate.sample(nowMs, merger.counts.read);
    this.#backpressure.sample(merger.blockedBy);
    for (const { worker } of supervisor.status()) {
      this.#busy[worker] ??= new RateMeter();
      const { busyMs } = input.figures(worker);
      this.#busy[worker].sample(nowMs, busyMs / 1_000);
    }
  }

  #workers(shards: readonly ShardStatus[]): WorkerStatus[] {
    const { input, supervisor } = this.#options;
    return supervisor.status().map(({ worker, state, epoch, restarts }) => {
      const { busyMs, flushes, records, ...held } = input.figures(worker);
      return {
        worker,
        state,
        epoch,
        restarts,
        shards: shards.filter((shard) => shard.worker === worker).length,
        flushes,
        records,
        ...held,
        cpuSeconds: busyMs / 1_000,
        cpuShare: this.#busy[worker]?.perSecond ?? 0,
      };
    });
  }

  /** Everything at this moment. */
  status(): EngineStatus {
    const { clock, gauge, plan, source, startedAtMs } = this.#options;
    const { merger, input, supervisor, emitEarlyMs } = this.#options;
    const shards = input.shards();
    const heldBy = input.heldBy();
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
      watermarkStrategy: plan.watermark.strategy,
      watermarkHeldBy: heldBy?.shardId ?? null,
      watermarkHeldSinceMs: heldBy?.sinceMs ?? null,
      eventTimesRefused: merger.counts.eventTimesRefused,
      early:
        emitEarlyMs === undefined
          ? null
          : { intervalMs: emitEarlyMs, ...merger.early.status() },
      dedupe:
        plan.dedupe === null
          ? null
          : { ids: input.dedupeIds, ...merger.counts.dedupe },
      behindLatestMs: Math.max(0, ...shards.map((one) => one.behindLatestMs)),
      shards,
      workers: this.#workers(shards),
      workersWanted: supervisor.wanted,
      ...input.keeping(),
      gaps: input.gaps(),
      ...merger.status(),
      backpressure: this.#backpressure.status(),
      checkpoint: this.#options.checkpoint(),
      rssBytes: gauge.rssBytes(),
      cpuSeconds: gauge.cpuSeconds(),
      eventLoopDelayMs: gauge.eventLoopDelayMs(),
      fireDelayMs: this.fireDelay.status(),
      fireDelays: this.fireDelay.buckets(),
    };
  }
}
