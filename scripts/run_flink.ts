/**
 * What `flagdrop flink` does once its options are read.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { systemClock } from "../engine/clock.ts";
import { errorLine, FlagdropError } from "../engine/errors.ts";
import { awaitChange } from "../engine/flink/cluster/await_change.ts";
import { connectorWarnings } from "../engine/flink/cluster/connectors.ts";
import {
  followJob,
  isEnded,
  jobLine,
} from "../engine/flink/cluster/follow_job.ts";
import {
  type FlinkJob,
  JobManager,
} from "../engine/flink/cluster/job_manager.ts";
import { submitJob } from "../engine/flink/cluster/submit_job.ts";
import type {
  FlinkSink,
  FlinkSqlOptions,
} from "../engine/flink/flink_sql_options.ts";
import { JAR_BYTES_MAX } from "../engine/flink/limits.ts";
import { managedPackage } from "../engine/flink/managed_package.ts";
import { type FlinkSql, flinkSql } from "../engine/flink/translate.ts";
import type { JobSpec } from "../engine/job/spec.ts";
import type { FlinkAction } from "./commands/flink.ts";
import type { CommandContext } from "./context.ts";
import { s3ConnectionFrom } from "./options/connection.ts";
import {
  type FlinkOptions,
  flinkSinkFrom,
  flinkSourceFrom,
  jobManagerUrl,
} from "./options/flink_options.ts";
import { tasksFrom } from "./options/flink_tasks.ts";
import { jobFrom } from "./options/job_option.ts";
import { readBounded } from "./options/read_bounded.ts";
import { seamFrom, seamLine } from "./options/savepoint_seam.ts";

/** What is to be done with which job. */
export interface FlinkRequest {
  readonly action: FlinkAction;
  readonly job: string | undefined;
  readonly options: FlinkOptions;
  readonly context: CommandContext;
}

interface Work extends FlinkRequest {
  readonly manager: JobManager;
  readonly say: (line: string) => void;
}

/** Where the job reads, and what it leaves out, with `--from-savepoint`. */
async function startFrom(
  options: FlinkOptions,
  spec: JobSpec,
  { log }: CommandContext,
): Promise<Pick<FlinkSqlOptions, "source" | "firedUpToMs">> {
  const source = await flinkSourceFrom(options);
  const { fromSavepoint: place } = options;
  if (place === undefined) return { source };
  const applied = await seamFrom({
    place,
    spec,
    source,
    s3: () => s3ConnectionFrom({ ...options, endpoint: undefined }),
  });
  for (const line of applied.seam.warnings) log.warn({}, line);
  log.info({}, seamLine(applied));
  const { source: moved, firedUpToMs } = applied;
  return { source: moved, firedUpToMs };
}

/** What a password is in a text that is shown. */
const MASK = "******";

/** The sink as `--print` shows it: what is printed lands in logs and shells. */
function shownSink(sink: FlinkSink, { log }: CommandContext): FlinkSink {
  if (sink.type === "files" || sink.password === undefined) return sink;
  log.warn({}, `the password is left out: write it for ${MASK}`);
  return { ...sink, password: MASK };
}

async function translated({
  action,
  options,
  context,
}: Work): Promise<FlinkSql> {
  const { mode } = options;
  const spec = await jobFrom(options);
  const sink = flinkSinkFrom(options, spec.name);
  const start = await startFrom(options, spec, context);
  const isSubmitted = action === "submit" && !options.print;
  const isShown = action === "submit" && options.print;
  const parallelism = isSubmitted
    ? await tasksFrom(options, context)
    : options.parallelism;
  return flinkSql(spec, {
    ...start,
    sink: isShown ? shownSink(sink, context) : sink,
    ...(mode !== undefined && { mode }),
    parallelism,
    checkpointIntervalMs: options.checkpointInterval,
    idleTimeoutMs: options.idleTimeout,
    alignmentDriftMs: options.watermarkDrift,
  });
}

async function warnOfConnectors({ manager, context }: Work): Promise<void> {
  let classpath: string[];
  try {
    classpath = await manager.classpath();
  } catch (error) {
    // Older Flink doesn't tell it.
    context.log.debug({ err: error }, "the classpath is not known");
    return;
  }
  for (const line of connectorWarnings(classpath)) context.log.warn({}, line);
}

async function submit(work: Work): Promise<void> {
  const { options, context, manager, say } = work;
  const sql = await translated(work);
  if (options.print) {
    context.stdout.write(sql.script);
    return;
  }
  for (const line of sql.warnings) context.log.warn({}, line);
  if (options.stream !== undefined) await warnOfConnectors(work);
  const { jobId, flinkVersion } = await submitJob(sql, {
    gatewayUrl: options.gateway,
    clock: systemClock,
    savepoint: options.flinkSavepoint,
    signal: context.signal,
  });
  say(`submitted job ${jobId} to Flink ${flinkVersion}`);
  if (options.detach) return;
  const job = await followJob({
    manager,
    jobId,
    clock: systemClock,
    signal: context.signal,
    say,
  });
  if (!isEnded(job.state)) say(`job ${jobId} goes on without being followed`);
}

const JAR_OPTION = {
  what: "jar",
  code: "FD_OPTION",
  bytesMax: JAR_BYTES_MAX,
} as const;

/** Writes the job as an application for the managed service. */
async function writePackage(work: Work) {
  const { job, options, context, say } = work;
  if (job === undefined) {
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot write a package without a name: give one, such as taxi.zip",
      { domain: "user" },
    );
  }
  const sql = await translated(work);
  if (sql.settings["execution.runtime-mode"] === "batch") {
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot write a package for batch mode as the service runs streams: give --stream",
      { domain: "user" },
    );
  }
  for (const line of sql.warnings) context.log.warn({}, line);
  const { jar } = options;
  const connectors =
    jar === undefined ? undefined : await readBounded(jar, JAR_OPTION);
  try {
    // Statements may hold a password.
    const mode = 0o600;
    await writeFile(job, managedPackage(sql, connectors), { mode });
  } catch (error) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot write package "${job}": ${errorLine(error)}`,
      { domain: "user", cause: error },
    );
  }
  say(`wrote ${job}`);
}

/** The id of a job, which becomes a part of paths. */
function jobIdOf({ action, job }: Work): string {
  if (job !== undefined && /^[0-9a-f]{32}$/.test(job)) return job;
  const what =
    job === undefined
      ? `Cannot run ${action} without a job: give its id`
      : `Cannot use "${job}" as a job: write its id, 32 digits of 0-9 and a-f`;
  throw new FlagdropError(
    "FD_OPTION",
    `${what}, flagdrop flink status lists them`,
    { domain: "user" },
  );
}

async function status(work: Work): Promise<void> {
  const { manager, say } = work;
  if (work.job !== undefined) {
    const job = jobIdOf(work);
    const found = await manager.job(job);
    say(jobLine(found));
    if (found.state === "FAILED")
      say(`reason: ${await manager.failureOf(job)}`);
    return;
  }
  const jobs = await manager.jobs();
  if (jobs.length === 0) say("no jobs");
  for (const { jid, name, state, duration } of jobs) {
    say(`${jid} ${state} · ${(duration / 1_000).toFixed(1)} s · ${name}`);
  }
}

/** Waits until a job has obeyed; a signal ends the waiting, not what was asked. */
async function until(
  { manager, context }: Work,
  jobId: string,
  isReached: (job: FlinkJob) => boolean,
): Promise<boolean> {
  const { signal } = context;
  return await awaitChange({
    ...{ manager, jobId, isReached, clock: systemClock, signal },
  });
}

async function rescale(work: Work, jobId: string): Promise<void> {
  const { options, manager, say } = work;
  const { parallelism } = options;
  if (parallelism === undefined) {
    throw new FlagdropError(
      "FD_OPTION",
      "Cannot rescale without --parallelism: give the number of tasks",
      { domain: "user" },
    );
  }
  await manager.rescale(jobId, parallelism);
  say(`asked for ${parallelism} tasks of each operator of job ${jobId}`);
  if (options.detach) return;
  // What can't be split keeps one task; one that has changed says enough.
  const hasObeyed = await until(work, jobId, (job) =>
    job.vertices.some((vertex) => vertex.parallelism === parallelism),
  );
  say(
    hasObeyed
      ? jobLine(await manager.job(jobId))
      : `job ${jobId} is rescaled without being waited for`,
  );
}

async function change(work: Work): Promise<void> {
  const { action, options, manager, say } = work;
  const job = jobIdOf(work);
  if (action === "rescale") return await rescale(work, job);
  if (action === "cancel") {
    await manager.cancel(job);
    const hasEnded = await until(work, job, ({ state }) => isEnded(state));
    say(
      hasEnded
        ? jobLine(await manager.job(job))
        : `job ${job} is cancelled without being waited for`,
    );
    return;
  }
  const { target, stop } = options;
  const place = await manager.savepoint({ jobId: job, target, stops: stop });
  const hasEnded =
    stop && (await until(work, job, ({ state }) => isEnded(state)));
  const rest = hasEnded ? ", and the job has ended" : ", and the job is ending";
  say(`savepoint ${place}${stop ? rest : ""}`);
}

/**
 * Does what was asked.
 *
 * @throws {FlagdropError} One line: what can't be done, and the remedy.
 */
export async function runFlink(request: FlinkRequest): Promise<void> {
  const { action, context, options } = request;
  const manager = new JobManager(jobManagerUrl(options), systemClock);
  const say = (line: string) => context.stdout.write(`${line}\n`);
  const work = { ...request, manager, say };
  try {
    if (action === "submit") await submit(work);
    else if (action === "package") await writePackage(work);
    else if (action === "status") await status(work);
    else await change(work);
  } finally {
    await manager.close();
  }
}
