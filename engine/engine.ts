/**
 * Starts the engine.
 *
 * @module
 */
import { adaptCheckpoint } from "./checkpoint/adapt_checkpoint.ts";
import type { SourceIdentity } from "./checkpoint/checkpoint.ts";
import { checkBelongs } from "./checkpoint/source_identity.ts";
import { machineHost } from "./coordinator/engine_host.ts";
import { EngineRun, workersMaxOf } from "./coordinator/engine_run.ts";
import { type OpenedSource, openSource } from "./coordinator/open_source.ts";
import type { Workers } from "./coordinator/worker_pool.ts";
import type { Engine, EngineOptions } from "./engine_options.ts";
import { FlagdropError } from "./errors.ts";
import { type JobPlan, planJob } from "./job/plan.ts";
import { queryHashes } from "./job/query_hashes.ts";

export type {
  Engine,
  EngineOptions,
  RunCheckpoints,
} from "./engine_options.ts";

/** Makes sure that a checkpoint is of this run. */
function checkRestored(
  { checkpoints, sinks }: EngineOptions,
  plan: JobPlan,
  source: SourceIdentity,
): void {
  const { store, restored } = checkpoints ?? {};
  if (store === undefined || restored === undefined) return;
  checkBelongs(restored, store.name, { jobHash: plan.hash, source });
  const had = restored.merger.sinks.map(({ name }) => name).join(", ");
  const has = sinks.map(({ name }) => name).join(", ");
  if (had === has) return;
  throw new FlagdropError(
    "FD_STORE",
    `Cannot go on from the checkpoint in "${store.name}" as it wrote to ${had} and this run to ${has}: give the same --sink`,
    { domain: "user" },
  );
}

/** The options with a checkpoint of this job, if that is asked for. */
function adapted(options: EngineOptions, plan: JobPlan): EngineOptions {
  const { checkpoints, spec, log } = options;
  const restored = checkpoints?.restored;
  const isAsked = checkpoints?.onJobChange === "adapt";
  if (restored === undefined || restored.jobHash === plan.hash || !isAsked) {
    return options;
  }
  const queries = queryHashes(spec);
  const { checkpoint, ...names } = adaptCheckpoint(restored, { plan, queries });
  log.warn(names, "going on with a changed job");
  return { ...options, checkpoints: { ...checkpoints, restored: checkpoint } };
}

/** Lines of a file have no arrival time. */
function checkArrivals({ source }: EngineOptions, plan: JobPlan): void {
  if (source.type !== "files" || plan.watermark.strategy !== "ingestion") {
    return;
  }
  throw new FlagdropError(
    "FD_JOB",
    'Cannot use "ingestion" watermarks with files as their lines have no arrival time: use punctuated or bounded',
    { domain: "user" },
  );
}

/**
 * Starts a run.
 *
 * @throws {FlagdropError} When job, source or a sink can't be used.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { source, log, host = machineHost } = options;
  let workers: Workers | undefined;
  try {
    const plan = planJob(options.spec);
    checkArrivals(options, plan);
    // They load their code while the source is looked up and sinks are opened.
    workers = host.openWorkers({
      count: options.workers,
      countMax: workersMaxOf(options),
      reading: source.type === "files" ? "file" : "kinesis",
    });
    const opened = await openSource({ source, log, host });
    return await startOpened(options, plan, { ...opened, workers });
  } catch (error) {
    await workers?.close();
    await options.checkpoints?.store.close();
    throw error;
  }
}

/** A source that is known to be there, and workers to read it. */
export interface OpenedInput extends OpenedSource {
  readonly workers: Workers;
}

/**
 * Starts a run whose source is known to be there.
 *
 * @throws {FlagdropError} When the checkpoint or a sink can't be used.
 */
export async function startOpened(
  given: EngineOptions,
  plan: JobPlan,
  opened: OpenedInput,
): Promise<Engine> {
  const options = adapted(given, plan);
  checkRestored(options, plan, opened.identity);
  const { restored } = options.checkpoints ?? {};
  if (restored !== undefined && !restored.finished) {
    const { clock } = options.host ?? machineHost;
    opened.checkPosition?.(restored.input, clock.nowMs());
  }
  const guard = options.checkpoints?.store.guard ?? (async () => {});
  try {
    // Opening a file cuts it: another run may own the store and write it by
    // now, if this process stood still since it took the lease.
    for (const sink of options.sinks) {
      await guard();
      await sink.open();
    }
    await guard();
    const deadLetters = await options.openDeadLetters();
    return new EngineRun(options, plan, { ...opened, deadLetters });
  } catch (error) {
    for (const sink of options.sinks) await sink.close().catch(() => {});
    throw error;
  }
}
