/**
 * Waits until a job has obeyed.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import { FlagdropError } from "../../errors.ts";
import { CHANGE_MS_MAX, CHANGE_POLL_MS } from "../limits.ts";
import { jobLine } from "./follow_job.ts";
import type { FlinkJob, JobManager } from "./job_manager.ts";

/** Options for {@linkcode awaitChange}. */
export interface AwaitOptions {
  readonly manager: Pick<JobManager, "job">;
  readonly jobId: string;
  readonly isReached: (job: FlinkJob) => boolean;
  readonly clock: Clock;
  /** Ends the waiting; what was asked of the job stands. */
  readonly signal: AbortSignal;
}

/**
 * Asks after a job until it is as it should be.
 *
 * @returns Whether it is; false when the signal came first.
 * @throws {FlagdropError} `FD_SERVICE` when it doesn't obey in time.
 */
export async function awaitChange(options: AwaitOptions): Promise<boolean> {
  const { manager, jobId, isReached, clock, signal } = options;
  const endMs = clock.monotonicMs() + CHANGE_MS_MAX;
  for (;;) {
    const job = await manager.job(jobId);
    if (isReached(job)) return true;
    if (signal.aborted) return false;
    if (clock.monotonicMs() > endMs) {
      throw new FlagdropError(
        "FD_SERVICE",
        `Cannot see that job ${jobId} has obeyed within ${CHANGE_MS_MAX / 1_000} s: ${jobLine(job)}`,
      );
    }
    await clock.sleep(CHANGE_POLL_MS, signal);
  }
}
