/**
 * What `flagdrop run` does once its options are read.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type Engine, startEngine } from "../engine/engine.ts";
import { errorLine, FlagdropError } from "../engine/errors.ts";
import { type JobPlan, planJob } from "../engine/job/plan.ts";
import { DeadLetterFile } from "../engine/sink/dead_letters.ts";
import {
  createSink,
  parseSinks,
  type SinkAddress,
} from "../engine/sink/open_sink.ts";
import type { OpensearchSettings } from "../engine/sink/opensearch/opensearch_settings.ts";
import type { Sink } from "../engine/sink/sink.ts";
import type { Source } from "../engine/source.ts";
import { accountedFor, type EngineStatus } from "../engine/status/status.ts";
import type { CommandContext } from "./context.ts";
import { checkpointsFrom } from "./options/checkpoint_option.ts";
import { jobFrom } from "./options/job_option.ts";
import { opensearchSettings } from "./options/opensearch_options.ts";
import type { RunOptions } from "./options/run_options.ts";
import { sourceFrom } from "./options/source_option.ts";
import { withTimeOptions } from "./options/time_options.ts";
import { reloadWorkers } from "./reload_workers.ts";

const SINK_DEFAULT = "duckdb:flagdrop.duckdb";

/** A run and what its page is made of. */
interface Started {
  readonly engine: Engine;
  readonly plan: JobPlan;
  readonly sinks: readonly Sink[];
}

/** How to reach the cluster that a sink's address names, if it does. */
async function clusterOf(
  address: SinkAddress,
  options: RunOptions,
  { source, jobName }: { source: Source; jobName: string },
): Promise<OpensearchSettings | undefined> {
  if (address.kind !== "opensearch") return undefined;
  const kinesis = source.type === "kinesis" ? source.connection : undefined;
  return await opensearchSettings(address.urls, options, { kinesis, jobName });
}

async function start(
  options: RunOptions,
  context: CommandContext,
): Promise<Started> {
  const { log, stdout } = context;
  const spec = withTimeOptions(await jobFrom(options), options);
  const source = await sourceFrom(options);
  const addresses = parseSinks(options.sink ?? [SINK_DEFAULT]);
  const plan = planJob(spec);
  const checkpoints = await checkpointsFrom(options, source, context);
  const restored = checkpoints?.restored?.merger;
  const retentionMs = options.retention;
  const sinks: Sink[] = [];
  for (const [i, address] of addresses.entries()) {
    const resumeAtBytes = restored?.sinks[i]?.lengthBytes;
    const jobName = plan.name;
    const opensearch = await clusterOf(address, options, { source, jobName });
    sinks.push(
      createSink(address, {
        plan,
        log,
        retentionMs,
        stdout,
        resumeAtBytes,
        firedMs: restored?.watermarkMs,
        opensearch,
      }),
    );
  }
  const engine = await startEngine({
    spec,
    source,
    sinks,
    openDeadLetters: () =>
      DeadLetterFile.open(options.deadLetters, {
        resumeAtBytes: restored?.deadLetters.lengthBytes,
        onFull: () =>
          log.warn(
            { file: options.deadLetters },
            "the dead-letter file is full: further dead letters are only counted",
          ),
      }),
    checkpoints,
    workers: options.workers,
    workersMax:
      options.workersMax ??
      Math.max(options.workers, 2 * availableParallelism()),
    workerRestartsMax: options.workerRestartsMax,
    watermarkAheadMaxMs: options.watermarkAheadMax,
    idleTimeoutMs: options.idleTimeout,
    late: options.late,
    emitEarlyMs: options.emitEarly,
    log,
  });
  return { engine, plan, sinks };
}

/** One line that says what a run has done. */
function summaryLine(status: EngineStatus): string {
  const { counts, documentsFired, windowsFired, startedAtMs, nowMs } = status;
  const number = (value: number) => value.toLocaleString("en-US");
  let filtered = 0;
  for (const count of Object.values(counts.filtered)) filtered += count;
  const seconds = (nowMs - startedAtMs) / 1_000;
  return [
    `${number(counts.read)} records read in ${seconds.toFixed(1)} s`,
    `${number(counts.tallied)} tallied`,
    `${number(filtered)} filtered out`,
    `${number(counts.watermarksTaken)} watermarks`,
    `${number(counts.late + counts.afterIdle)} late`,
    `${number(counts.dead)} dead`,
    `${number(documentsFired)} documents from ${number(windowsFired)} windows`,
  ].join(" · ");
}

async function writeSummary(path: string, status: EngineStatus): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(status, undefined, 2)}\n`);
  } catch (error) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot write "${path}" for --summary: ${errorLine(error)}`,
      { domain: "user", cause: error },
    );
  }
}

/** What may change while the engine runs. */
export interface RunReloads {
  /** What the `--config` file says now of the number of workers. */
  readonly readWorkers?: (() => Promise<number | undefined>) | undefined;
}

/**
 * Runs the engine until its input ends or the command is told to stop.
 *
 * @throws {FlagdropError} When it can't be started or can't go on.
 */
export async function runEngine(
  options: RunOptions,
  context: CommandContext,
  { readWorkers: read }: RunReloads = {},
): Promise<void> {
  const { log, logFormat, signal, screen } = context;
  const started = await start(options, context);
  const { engine } = started;
  const endReloads =
    read && reloadWorkers({ engine, read, log, hangUps: process });
  const stop = () => {
    // What stopping fails with, `finished` fails with.
    engine.stop().catch(() => {});
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const status = await watched(started, options, context).finally(endReloads);
  if (accountedFor(status.counts) !== status.counts.read) {
    log.error({ counts: status.counts }, "the counts do not add up");
  }
  if (options.summary !== undefined) {
    await writeSummary(options.summary, status);
  }
  const summary = summaryLine(status);
  if (logFormat === "json") log.info(summary);
  else screen.write(`${summary}\n`);
}

/** Loaded when workers are on their way: a run that goes on reads sooner. */
async function loadViews() {
  const [{ servePage }, { showLive }, { startService }] = await Promise.all([
    import("./serve_page.ts"),
    import("./live_view/live_view.ts"),
    import("./service/run_service.ts"),
  ]);
  return { servePage, showLive, startService };
}

/** Serves and shows the engine's status until it has finished. */
async function watched(
  { engine, plan, sinks }: Started,
  options: RunOptions,
  context: CommandContext,
): Promise<EngineStatus> {
  const { statusHost: host, statusPort: port, sink } = options;
  const status = () => engine.status();
  // Attached at once: the run may fail before the server listens.
  const finished = engine.finished;
  finished.catch(() => {});
  const { servePage, showLive, startService } = await loadViews();
  const server = await servePage({
    engine,
    plan,
    sinks,
    deadLettersPath: options.deadLetters,
    config: { ...options },
    context,
    host,
    port,
    token: options.token,
    isInsecure: options.insecure,
    isReadOnly: options.readOnly,
    tiles: options.tiles,
    tilesAttribution: options.tilesAttribution,
  }).catch(async (error: unknown) => {
    await engine.stop().catch(() => {});
    throw error;
  });
  context.log.info({}, `live page: ${server.url}`);
  const service = startService({ engine, options, context });
  const view = showLive({
    status,
    context,
    url: server.url,
    isPlain: sink?.includes("ndjson:-") ?? false,
  });
  try {
    return await finished;
  } finally {
    view.close();
    await server.close();
    await service.close();
  }
}
