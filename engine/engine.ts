/**
 * One run of the engine: coordinator, workers, sinks.
 *
 * @module
 */
import type { Logger } from "pino";
import type {
  Checkpoint,
  InputPosition,
  SourceIdentity,
} from "./checkpoint/checkpoint.ts";
import { Checkpointer } from "./checkpoint/checkpointer.ts";
import type { CheckpointStore } from "./checkpoint/directory_store.ts";
import { checkBelongs, fileIdentity } from "./checkpoint/source_identity.ts";
import { type Clock, systemClock } from "./clock.ts";
import { checkFiles } from "./coordinator/block_reader.ts";
import { DelayHistogram } from "./coordinator/delay_histogram.ts";
import { StatusReporter } from "./coordinator/engine_status.ts";
import { FileInput } from "./coordinator/file_input.ts";
import type { Input } from "./coordinator/input.ts";
import { Merger } from "./coordinator/merger.ts";
import { startWorkers, type Workers } from "./coordinator/worker_pool.ts";
import { errorLine, FlagdropError } from "./errors.ts";
import { type JobPlan, planJob } from "./job/plan.ts";
import type { JobSpec } from "./job/spec.ts";
import {
  FLUSH_CREDITS,
  FLUSH_INTERVAL_MS,
  STOP_TIMEOUT_MS,
  WATERMARK_AHEAD_MAX_MS,
} from "./limits.ts";
import {
  assertNever,
  type WorkerMessage,
  type WorkerStart,
} from "./messages.ts";
import type { DeadLetterSink, Sink } from "./sink/sink.ts";
import type { Source } from "./source.ts";
import type { EngineStatus } from "./status/status.ts";

/** Options for {@linkcode startEngine}. */
export interface EngineOptions {
  readonly spec: JobSpec;
  readonly source: Source;
  /** Number of worker threads. */
  readonly workers: number;
  /** Opened and closed by the engine. */
  readonly sinks: readonly Sink[];
  /** Called once nothing speaks against the run; closed by the engine. */
  readonly openDeadLetters: () => Promise<DeadLetterSink>;
  readonly log: Logger;
  /** Where to keep checkpoints; without it a run that is killed begins anew. */
  readonly checkpoints?: RunCheckpoints | undefined;
  /** @default {systemClock} */
  readonly clock?: Clock;
  /** @default {36,500 days} */
  readonly watermarkAheadMaxMs?: number;
}

/** Checkpoints of a run. */
export interface RunCheckpoints {
  readonly store: CheckpointStore;
  readonly intervalMs: number;
  /** What the run goes on from: the store's newest. */
  readonly restored: Checkpoint | undefined;
}

/** A run under way. */
export interface Engine {
  /** Everything at this moment. */
  status(): EngineStatus;
  /** Stops reading, finishes what is under way; resolves with `finished`. */
  stop(): Promise<void>;
  /**
   * Resolves with the last status once the input has ended or the run was
   * stopped; rejects with a `FlagdropError` when it can't go on.
   */
  readonly finished: Promise<EngineStatus>;
}

/** How the source is named in status and log. */
function sourceName(source: Source): string {
  if (source.type === "kinesis") return `kinesis:${source.stream}`;
  const [first = "", ...others] = source.paths;
  return others.length === 0
    ? `file:${first}`
    : `file:${first} and ${others.length} more`;
}

class Run implements Engine {
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  readonly #plan: JobPlan;
  readonly #merger: Merger;
  readonly #input: Input;
  readonly #workers: Workers;
  readonly #status: StatusReporter;
  readonly #checkpointer: Checkpointer | undefined;
  readonly finished: Promise<EngineStatus>;
  #fail: (error: unknown) => void = () => {};

  constructor(options: EngineOptions, plan: JobPlan, opened: Opened) {
    this.#options = options;
    this.#plan = plan;
    this.#clock = options.clock ?? systemClock;
    const startedAtMs = this.#clock.nowMs();
    const fireDelay = new DelayHistogram();
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    this.#merger = new Merger({
      plan,
      clock: this.#clock,
      sinks: options.sinks,
      deadLetters: opened.deadLetters,
      onRoom: () => this.#input.onRoom(),
      onError: (error) => this.#fail(error),
      onFireDelay: (delayMs) => fireDelay.add(delayMs),
    });
    const restored = options.checkpoints?.restored;
    this.#workers = this.#startWorkers(opened.reading);
    this.#input = opened.makeInput({
      position: restored?.input,
      workers: this.#workers,
      merger: this.#merger,
      clock: this.#clock,
      startedAtMs,
      fail: (error) => this.#fail(error),
    });
    this.#status = new StatusReporter(
      {
        clock: this.#clock,
        plan,
        source: sourceName(options.source),
        startedAtMs,
        merger: this.#merger,
        input: this.#input,
      },
      fireDelay,
    );
    this.#checkpointer = this.#makeCheckpointer(opened.identity);
    if (restored !== undefined) this.#merger.restore(restored.merger);
    this.finished = this.#run(failed);
  }

  #makeCheckpointer(source: SourceIdentity): Checkpointer | undefined {
    const { checkpoints, log } = this.#options;
    if (checkpoints === undefined) return undefined;
    const { store, intervalMs, restored } = checkpoints;
    return new Checkpointer({
      store,
      intervalMs,
      lastNumber: restored?.number ?? 0,
      clock: this.#clock,
      log,
      fail: (error) => this.#fail(error),
      take: (finished) =>
        this.#merger.snapshot((merger) => ({
          takenAtMs: this.#clock.nowMs(),
          jobName: this.#plan.name,
          jobHash: this.#plan.hash,
          source,
          input: this.#input.position(),
          merger,
          finished,
        })),
    });
  }

  #startWorkers(reading: WorkerStart["reading"]): Workers {
    return startWorkers({
      count: this.#options.workers,
      start: {
        plan: this.#plan,
        reading,
        watermarkAheadMaxMs:
          this.#options.watermarkAheadMaxMs ?? WATERMARK_AHEAD_MAX_MS,
        credits: FLUSH_CREDITS,
        flushIntervalMs: FLUSH_INTERVAL_MS,
      },
      onMessage: (worker, message) => this.#onMessage(worker, message),
      onLost: (_, error) => this.#fail(error),
    });
  }

  #onMessage(worker: number, message: WorkerMessage): void {
    try {
      switch (message.type) {
        case "flush":
        case "block_flush":
        case "stopped":
        case "auth_refused":
          this.#input.handle(worker, message);
          break;
        case "trouble":
          this.#options.log.warn(
            { shard: message.shardId, attempt: message.attempt },
            message.message,
          );
          break;
        case "failure":
          this.#options.log.debug({ stack: message.stack }, "worker failed");
          this.#fail(
            new FlagdropError(message.code, message.message, {
              domain: message.domain,
              retry: message.retry,
            }),
          );
          break;
        default:
          assertNever(message);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #run(failed: Promise<never>): Promise<EngineStatus> {
    this.#status.state = "running";
    try {
      const end = await Promise.race([this.#read(), failed]);
      this.#status.state = "stopping";
      if (end === "ended") this.#merger.fireAll();
      await Promise.race([this.#merger.drained(), failed]);
      await this.#checkpointer?.saveLast(end === "ended");
      await this.#merger.close();
      this.#status.state = "finished";
      return this.#status.status();
    } catch (error) {
      this.#status.state = "failed";
      this.#status.error = errorLine(error);
      await this.#checkpointer?.close();
      await this.#merger.close().catch(() => {});
      throw error;
    } finally {
      this.#status.close();
      await this.#workers.close();
    }
  }

  async #read(): Promise<"ended" | "stopped"> {
    if (this.#options.checkpoints?.restored?.finished === true) return "ended";
    this.#checkpointer?.start();
    return await this.#input.run();
  }

  status(): EngineStatus {
    return this.#status.status();
  }

  async stop(): Promise<void> {
    if (this.#status.state === "running") this.#status.state = "stopping";
    this.#input.stop();
    const timer = setTimeout(
      () =>
        this.#fail(
          new FlagdropError(
            "FD_LIMIT",
            `Cannot stop within ${STOP_TIMEOUT_MS / 1_000} s as a sink or worker does not finish: documents not acknowledged are lost`,
          ),
        ),
      STOP_TIMEOUT_MS,
    );
    try {
      await this.finished;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What an input is made of. */
interface InputParts {
  readonly position: InputPosition | undefined;
  readonly workers: Workers;
  readonly merger: Merger;
  readonly clock: Clock;
  readonly startedAtMs: number;
  readonly fail: (error: unknown) => void;
}

/** A source that is known to be there. */
interface OpenedSource {
  readonly identity: SourceIdentity;
  readonly reading: WorkerStart["reading"];
  makeInput(parts: InputParts): Input;
}

/** Everything that a run needs, open. */
interface Opened extends OpenedSource {
  readonly deadLetters: DeadLetterSink;
}

async function openSource({
  source,
  log,
}: EngineOptions): Promise<OpenedSource> {
  if (source.type === "files") {
    const { paths } = source;
    await checkFiles(paths);
    return {
      identity: {
        type: "files",
        files: await Promise.all(paths.map(fileIdentity)),
      },
      reading: { type: "file" },
      makeInput: ({ position, ...parts }) =>
        new FileInput({
          ...parts,
          paths,
          position: position?.type === "files" ? position : undefined,
        }),
    };
  }
  // Imported only now: the AWS SDK costs start-up time.
  const { openKinesisStream } = await import("./coordinator/kinesis_input.ts");
  const { makeInput, ...opened } = await openKinesisStream(source, log);
  return {
    ...opened,
    makeInput: ({ position, ...parts }) =>
      makeInput({
        ...parts,
        position: position?.type === "kinesis" ? position : undefined,
      }),
  };
}

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

/**
 * Starts a run.
 *
 * @throws {FlagdropError} When job, source or a sink can't be used.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const plan = planJob(options.spec);
  const opened = await openSource(options);
  checkRestored(options, plan, opened.identity);
  try {
    for (const sink of options.sinks) await sink.open();
    const deadLetters = await options.openDeadLetters();
    return new Run(options, plan, { ...opened, deadLetters });
  } catch (error) {
    for (const sink of options.sinks) await sink.close().catch(() => {});
    throw error;
  }
}
