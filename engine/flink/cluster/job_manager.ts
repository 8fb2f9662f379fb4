/**
 * Flink's JobManager over REST: jobs, savepoints, parallelism.
 *
 * @module
 */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { FlagdropError } from "../../errors.ts";
import { FOLLOW_MS, POLL_MS, SAVEPOINT_MS_MAX } from "../limits.ts";
import { asFlagdrop } from "./gateway_session.ts";
import { RefusedError, RestClient } from "./rest_client.ts";
import { rootCause } from "./root_cause.ts";

const VERTEX = z.object({
  id: z.string(),
  name: z.string(),
  parallelism: z.number(),
  metrics: z
    .object({
      "read-records": z.number().catch(0),
      "write-records": z.number().catch(0),
    })
    .partial()
    .default({}),
});
const JOB = z.object({
  jid: z.string(),
  name: z.string(),
  state: z.string(),
  duration: z.number(),
  vertices: z.array(VERTEX),
});
const OVERVIEW = z.object({
  jobs: z.array(
    z.object({
      jid: z.string(),
      name: z.string(),
      state: z.string(),
      "start-time": z.number(),
      duration: z.number(),
    }),
  ),
});
const EXCEPTIONS = z.object({
  exceptionHistory: z
    .object({ entries: z.array(z.object({ stacktrace: z.string() })) })
    .optional(),
});
const TRIGGER = z.object({ "request-id": z.string() });
const SAVEPOINT = z.object({
  status: z.object({ id: z.string() }),
  operation: z
    .object({
      location: z.string().optional(),
      "failure-cause": z
        .object({ "stack-trace": z.string().optional() })
        .optional(),
    })
    .nullish(),
});
const ENVIRONMENT = z.object({ classpath: z.array(z.string()) });
const BOUNDS = z.object({ lowerBound: z.number(), upperBound: z.number() });
const REQUIREMENTS = z.record(z.string(), z.object({ parallelism: BOUNDS }));

/** A job as the JobManager tells it. */
export type FlinkJob = z.output<typeof JOB>;
/** A line of the list of jobs. */
export type FlinkJobEntry = z.output<typeof OVERVIEW>["jobs"][number];

/** What a savepoint is asked for. */
export interface SavepointRequest {
  readonly jobId: string;
  /** Where it goes; the cluster's own place when left out. */
  readonly target?: string | undefined;
  /** Whether the job ends with it. */
  readonly stops: boolean;
}

/** A JobManager. */
export class JobManager {
  readonly #rest: RestClient;
  readonly #clock: Clock;

  constructor(url: string, clock: Clock) {
    this.#rest = new RestClient("JobManager", url, "--jobmanager");
    this.#clock = clock;
  }

  /** All jobs it knows, the newest first. */
  async jobs(): Promise<FlinkJobEntry[]> {
    const { jobs } = await this.#send({ path: "/jobs/overview" }, OVERVIEW);
    return jobs.sort((a, b) => b["start-time"] - a["start-time"]);
  }

  /** One job. */
  async job(jobId: string): Promise<FlinkJob> {
    return await this.#ofJob(jobId, () =>
      this.#rest.send({ path: `/jobs/${jobId}` }, JOB),
    );
  }

  /** Why a job failed, on one line. */
  async failureOf(jobId: string): Promise<string> {
    const { exceptionHistory } = await this.#ofJob(jobId, () =>
      this.#rest.send({ path: `/jobs/${jobId}/exceptions` }, EXCEPTIONS),
    );
    const [entry] = exceptionHistory?.entries ?? [];
    return entry === undefined
      ? "no reason given"
      : rootCause(entry.stacktrace);
  }

  /** The jars that the cluster was started with. */
  async classpath(): Promise<string[]> {
    const { classpath } = await this.#send(
      { path: "/jobmanager/environment" },
      ENVIRONMENT,
    );
    return classpath;
  }

  /** Asks that a job end at once, without a savepoint. */
  async cancel(jobId: string): Promise<void> {
    await this.#ofJob(jobId, () =>
      this.#rest.send(
        { method: "PATCH", path: `/jobs/${jobId}?mode=cancel` },
        z.unknown(),
      ),
    );
  }

  /**
   * Takes a savepoint and waits for it.
   *
   * @returns Where it is.
   */
  async savepoint(request: SavepointRequest): Promise<string> {
    const { jobId } = request;
    const endMs = this.#clock.monotonicMs() + SAVEPOINT_MS_MAX;
    let reason = "";
    while (this.#clock.monotonicMs() < endMs) {
      const { location, failure } = await this.#savepointOnce(request, endMs);
      if (location !== undefined) return location;
      reason = failure;
      if (reason.includes("Could not find Flink job"))
        throw this.#unknown(jobId);
      // A job that has just begun, or is being rescaled, is asked again.
      if (!/not all required tasks|not being executed/i.test(reason)) break;
      await this.#clock.sleep(FOLLOW_MS);
    }
    throw new FlagdropError(
      "FD_SERVICE",
      `Cannot take a savepoint of job ${jobId}: ${reason}`,
    );
  }

  async #savepointOnce(
    { jobId, target, stops }: SavepointRequest,
    endMs: number,
  ): Promise<{ location: string | undefined; failure: string }> {
    const triggered = await this.#ofJob(jobId, () =>
      this.#rest.send(
        stops
          ? {
              method: "POST",
              path: `/jobs/${jobId}/stop`,
              body: { targetDirectory: target, drain: false },
            }
          : {
              method: "POST",
              path: `/jobs/${jobId}/savepoints`,
              body: { "target-directory": target, "cancel-job": false },
            },
        TRIGGER,
      ),
    );
    const path = `/jobs/${jobId}/savepoints/${triggered["request-id"]}`;
    while (this.#clock.monotonicMs() < endMs) {
      const { status, operation } = await this.#send({ path }, SAVEPOINT);
      if (status.id === "COMPLETED") {
        const trace = operation?.["failure-cause"]?.["stack-trace"] ?? "";
        return { location: operation?.location, failure: rootCause(trace) };
      }
      await this.#clock.sleep(POLL_MS);
    }
    return {
      location: undefined,
      failure: `it took more than ${SAVEPOINT_MS_MAX / 1_000} s`,
    };
  }

  /**
   * Asks for another parallelism of all of a job's operators, which the
   * adaptive scheduler grants without a savepoint.
   *
   * @throws {FlagdropError} `FD_SERVICE` when the scheduler is another.
   */
  async rescale(jobId: string, parallelism: number): Promise<void> {
    // Told first, as an unknown job is refused like a wrong scheduler.
    await this.job(jobId);
    const path = `/jobs/${jobId}/resource-requirements`;
    try {
      const now = await this.#rest.send({ path }, REQUIREMENTS);
      const wanted = Object.fromEntries(
        Object.keys(now).map((vertex) => [
          vertex,
          { parallelism: { lowerBound: 1, upperBound: parallelism } },
        ]),
      );
      await this.#rest.send({ method: "PUT", path, body: wanted }, z.unknown());
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      throw new FlagdropError(
        "FD_SERVICE",
        `Cannot rescale job ${jobId} in place: ${error.message}; set jobmanager.scheduler: adaptive, or stop it with "flink savepoint --stop" and submit it again with --flink-savepoint and --parallelism`,
        { cause: error },
      );
    }
  }

  async close(): Promise<void> {
    await this.#rest.close();
  }

  async #send<T>(request: { path: string }, schema: z.ZodType<T>): Promise<T> {
    try {
      return await this.#rest.send(request, schema);
    } catch (error) {
      throw asFlagdrop(error, `Cannot ask the JobManager for ${request.path}`);
    }
  }

  async #ofJob<T>(jobId: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) {
        throw this.#unknown(jobId);
      }
      throw asFlagdrop(error, `Cannot ask for job ${jobId}`);
    }
  }

  #unknown(jobId: string): FlagdropError {
    return new FlagdropError(
      "FD_SERVICE",
      `Cannot find job ${jobId} at ${this.#rest.url}: flagdrop flink status lists them`,
      { domain: "user" },
    );
  }
}
