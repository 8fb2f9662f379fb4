/**
 * Starts the engine.
 *
 * @module
 */
import { adaptCheckpoint } from "./checkpoint/adapt_checkpoint.ts";
import type { SourceIdentity } from "./checkpoint/checkpoint.ts";
import { checkBelongs } from "./checkpoint/source_identity.ts";
import { machineHost } from "./coordinator/engine_host.ts";
import { EngineRun } from "./coordinator/engine_run.ts";
import { type OpenedSource, openSource } from "./coordinator/open_source.ts";
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
  try {
    const plan = planJob(options.spec);
    checkArrivals(options, plan);
    const opened = await openSource({
      source: options.source,
      log: options.log,
      host: options.host ?? machineHost,
    });
    return await startOpened(options, plan, opened);
  } catch (error) {
    await options.checkpoints?.store.close();
    throw error;
  }
}

/**
 * Starts a run whose source is known to be there.
 *
 * @throws {FlagdropError} When the checkpoint or a sink can't be used.
 */
export async function startOpened(
  given: EngineOptions,
  plan: JobPlan,
  opened: OpenedSource,
): Promise<Engine> {
  const options = adapted(given, plan);
  checkRestored(options, plan, opened.identity);
  const { restored } = options.checkpoints ?? {};
  if (restored !== undefined && !restored.finished) {
    const { clock } = options.host ?? machineHost;
    opened.checkPosition?.(restored.input, clock.nowMs());
  }
  try {
    for (const sink of options.sinks) await sink.open();
    const deadLetters = await options.openDeadLetters();
    return new EngineRun(options, plan, { ...opened, deadLetters });
  } catch (error) {
    for (const sink of options.sinks) await sink.close().catch(() => {});
    throw error;
  }
}
