/**
 * Follows a job to its end, with a line now and then.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { FlagdropError } from "../../errors.ts";
import { FOLLOW_LINE_MS, FOLLOW_MS } from "../limits.ts";
import type { FlinkJob, JobManager } from "./job_manager.ts";

/** States in which a job stays. */
const ENDED: readonly string[] = [
  "FINISHED",
  "CANCELED",
  "FAILED",
  "SUSPENDED",
];

/** Whether a job stays in a state. */
export function isEnded(state: string): boolean {
  return ENDED.includes(state);
}

/** A job in one line. */
export function jobLine(job: FlinkJob): string {
  const number = (value: number) => value.toLocaleString("en-US");
  // A vertex that is chained to its source reads nothing from others.
  let read = 0;
  for (const { name, metrics } of job.vertices) {
    if (name.startsWith("Source:")) read += metrics["write-records"] ?? 0;
  }
  const tasks = job.vertices.reduce((sum, one) => sum + one.parallelism, 0);
  return [
    `job ${job.jid} ${job.state}`,
    `${(job.duration / 1_000).toFixed(1)} s`,
    `${number(tasks)} tasks`,
    `${number(read)} rows out of its reading tasks`,
  ].join(" · ");
}

/** Options for {@linkcode followJob}. */
export interface FollowOptions {
  readonly manager: JobManager;
  readonly jobId: string;
  readonly clock: Clock;
  /** Ends the following; the job goes on. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Follows a job until it has ended or the signal says so.
 *
 * @returns The job as it was last.
 * @throws {FlagdropError} `FD_SERVICE` when the job fails, with its reason.
 */
export async function followJob(options: FollowOptions): Promise<FlinkJob> {
  const { manager, jobId, clock, signal, say } = options;
  let state = "";
  let saidMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const job = await manager.job(jobId);
    const nowMs = clock.monotonicMs();
    if (job.state !== state || nowMs - saidMs >= FOLLOW_LINE_MS) {
      say(jobLine(job));
      state = job.state;
      saidMs = nowMs;
    }
    if (job.state === "FAILED") {
      throw new FlagdropError(
        "FD_SERVICE",
        `Cannot go on with job ${jobId} as it failed: ${await manager.failureOf(jobId)}`,
      );
    }
    if (isEnded(job.state) || signal.aborted) return job;
    await clock.sleep(FOLLOW_MS, signal);
  }
}
