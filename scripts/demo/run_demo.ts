/**
 * What `flagdrop demo` does once its options are read.
 *
 * @module
 */
import { systemClock } from "../../engine/clock.ts";
import type { JobSpec } from "../../engine/job/spec.ts";
import type { EngineStatus } from "../../engine/status/status.ts";
import type { CommandContext } from "../context.ts";
import { spanText } from "../live_view/figures.ts";
import type { DemoEngine } from "./demo_engine.ts";
import { type DemoSource, startDemoSource } from "./demo_source.ts";
import {
  DEMO_LINE_INTERVAL_MS,
  DEMO_REPLAY_LAG_MS,
  DEMO_REPLAY_STOP_MS,
  DEMO_SPEEDUP,
  DEMO_STORE,
  DEMO_STREAM_BYTES,
  DEMO_WATERMARK_INTERVAL_MS,
  DEMO_WINDOW_MS,
} from "./limits.ts";

/** Values of the command's options. */
export interface DemoOptions {
  readonly duration?: number;
  readonly job?: string;
  readonly speedup?: number;
  readonly workers: number;
  readonly shards: number;
  readonly store?: string;
  readonly seed: number;
  readonly statusPort?: number;
  readonly tiles?: string;
  readonly tilesAttribution?: string;
}

/** Options of which all is known. */
interface SetOptions extends DemoOptions {
  readonly speedup: number;
}

/** The job of `--job`; undefined for the taxi job. */
async function jobOf({ job }: DemoOptions): Promise<JobSpec | undefined> {
  if (job === undefined || job === "taxi") return undefined;
  const { jobFrom } = await import("../options/job_option.ts");
  return await jobFrom({ job });
}

/** As fast as the taxi job's windows pass, unless told otherwise. */
async function speedupFor(
  { speedup }: DemoOptions,
  job: JobSpec | undefined,
): Promise<number> {
  if (speedup !== undefined) return speedup;
  if (job === undefined) return DEMO_SPEEDUP;
  const { shortestWindowMs } = await import(
    "../../engine/replay/job_generator.ts"
  );
  return Math.max(1, (DEMO_SPEEDUP * shortestWindowMs(job)) / DEMO_WINDOW_MS);
}

/** What must be ended. */
interface Running extends DemoEngine {
  readonly source: DemoSource;
}

/** Waits until the demo is over or something can't go on. */
async function untilOver(
  { duration }: DemoOptions,
  { signal }: CommandContext,
  { engine, source }: Running,
): Promise<void> {
  const told = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const over = new AbortController();
  const waits = [told, source.failed, engine.finished];
  if (duration !== undefined) {
    waits.push(systemClock.sleep(duration, over.signal));
  }
  try {
    await Promise.race(waits);
  } finally {
    over.abort();
  }
}

/** Ends the replay, but doesn't wait for it at any price. */
async function stopReplay(
  source: DemoSource,
  { speedup }: SetOptions,
  { log }: CommandContext,
): Promise<void> {
  const patience = new AbortController();
  const ended = await Promise.race([
    source.stop().catch(() => undefined),
    systemClock.sleep(DEMO_REPLAY_STOP_MS, patience.signal),
  ]);
  patience.abort();
  if (ended === undefined || ended.lagMs < DEMO_REPLAY_LAG_MS) return;
  log.warn(
    `the replay was ${spanText(ended.lagMs)} behind at the end: this machine is too busy for speedup ${speedup}, give a lower --speedup`,
  );
}

/** Ends replay and engine, in this order. */
async function stop(
  options: SetOptions,
  context: CommandContext,
  { engine, source }: Running,
): Promise<EngineStatus> {
  await stopReplay(source, options, context);
  await engine.stop();
  return await engine.finished;
}

/** Shows the engine until the demo is over. */
async function watch(
  options: SetOptions,
  context: CommandContext,
  running: Running,
): Promise<EngineStatus> {
  const [{ servePage }, { showLive }] = await Promise.all([
    import("../serve_page.ts"),
    import("../live_view/live_view.ts"),
  ]);
  const status = () => running.engine.status();
  const { log, stdout } = context;
  const server = await servePage({
    ...running,
    config: { ...options },
    tiles: options.tiles,
    tilesAttribution: options.tilesAttribution,
    context,
    port: options.statusPort,
  });
  const { url } = server;
  log.info({}, `live page: ${url}`);
  const view = showLive({
    status,
    context,
    url,
    lines: stdout,
    lineIntervalMs: DEMO_LINE_INTERVAL_MS,
  });
  try {
    await untilOver(options, context, running);
    return await stop(options, context, running);
  } finally {
    view.close();
    await server.close();
  }
}

/**
 * Runs the demo until its duration is over or it is told to stop.
 *
 * @throws {FlagdropError} When a part can't be started or can't go on.
 */
export async function runDemo(
  options: DemoOptions,
  context: CommandContext,
): Promise<void> {
  const { store = DEMO_STORE, shards, workers } = options;
  const job = await jobOf(options);
  const speedup = await speedupFor(options, job);
  context.log.info({ speedup, shards, workers }, "starting the demo");
  // First, and in a thread: it starts while the engine's modules are loaded.
  const source = startDemoSource({
    stream: job?.name ?? "taxi",
    shardCount: shards,
    memoryBytes: DEMO_STREAM_BYTES,
    speedup,
    watermarkIntervalMs: DEMO_WATERMARK_INTERVAL_MS,
    seed: options.seed,
    job,
  });
  try {
    const { startDemoEngine } = await import("./demo_engine.ts");
    const started = await startDemoEngine(
      { job, store, isFresh: options.store === undefined, workers },
      source.ready,
      context,
    );
    const { engine } = started;
    engine.finished.catch(() => {});
    try {
      const running = { ...started, source };
      const status = await watch({ ...options, speedup }, context, running);
      const { writeSummary } = await import("./demo_summary.ts");
      await writeSummary(status, { path: store, plan: started.plan }, context);
    } finally {
      await engine.stop().catch(() => {});
    }
  } finally {
    await source.close();
  }
}
