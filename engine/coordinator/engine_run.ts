/**
 * One run of the engine: wires coordinator, workers and sinks together, and
 * sees to it that everything is closed however it ends.
 *
 * @module
 */
import type {
  CheckpointQuery,
  SourceIdentity,
} from "../checkpoint/checkpoint.ts";
import { Checkpointer } from "../checkpoint/checkpointer.ts";
import type { Clock } from "../clock.ts";
import type {
  Engine,
  EngineOptions,
  OpenWindowsChoice,
  Savepoint,
  SetWorkersResult,
} from "../engine_options.ts";
import { errorLine, FlagdropError } from "../errors.ts";
import type { JobPlan } from "../job/plan.ts";
import { queryHashes } from "../job/query_hashes.ts";
import {
  FLUSH_CREDITS,
  FLUSH_INTERVAL_MS,
  IDLE_TIMEOUT_MS,
  OPEN_KEYS_MAX,
  STOP_TIMEOUT_MS,
  WATERMARK_AHEAD_MAX_MS,
  WORKER_RESTARTS_MAX,
  WORKERS_MAX,
} from "../limits.ts";
import {
  assertNever,
  type WorkerMessage,
  type WorkerStart,
} from "../messages.ts";
import type { DeadLetterSink, FiredWindow } from "../sink/sink.ts";
import { sourceName } from "../source.ts";
import type { EngineStatus } from "../status/status.ts";
import { DelayHistogram } from "./delay_histogram.ts";
import { type EngineHost, machineHost } from "./engine_host.ts";
import { StatusReporter } from "./engine_status.ts";
import type { Input } from "./input.ts";
import { Merger } from "./merger.ts";
import type { OpenedSource } from "./open_source.ts";
import type { Workers } from "./worker_pool.ts";
import { WorkerSupervisor } from "./worker_supervisor.ts";

/** Everything that a run needs, open. */
export interface Opened extends OpenedSource {
  readonly deadLetters: DeadLetterSink;
  readonly workers: Workers;
}

/** The most workers that a run may have. */
export function workersMaxOf({ workers, workersMax }: EngineOptions): number {
  return Math.max(workers, workersMax ?? WORKERS_MAX);
}

/** A run under way. */
export class EngineRun implements Engine {
  readonly #options: EngineOptions;
  readonly #host: EngineHost;
  readonly #clock: Clock;
  readonly #plan: JobPlan;
  readonly #queries: readonly CheckpointQuery[];
  readonly #merger: Merger;
  readonly #input: Input;
  readonly #workers: Workers;
  readonly #supervisor: WorkerSupervisor;
  readonly #status: StatusReporter;
  readonly #checkpointer: Checkpointer | undefined;
  readonly finished: Promise<EngineStatus>;
  #fail: (error: unknown) => void = () => {};
  #hasFlushed = false;

  constructor(options: EngineOptions, plan: JobPlan, opened: Opened) {
    this.#options = options;
    this.#plan = plan;
    this.#queries = queryHashes(options.spec).map((query, i) => ({
      ...query,
      windowMs: plan.queries[i]?.windowMs ?? 0,
    }));
    this.#host = options.host ?? machineHost;
    this.#clock = this.#host.clock;
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
      guard: options.checkpoints?.store.guard,
      documentsPendingMax: options.documentsPendingMax,
      onRoom: () => this.#input.onRoom(),
      onError: (error) => this.#fail(error),
      openKeysMax: this.#openKeysMax,
      holding: () => this.#input.holding(),
      onFireDelay: (delayMs) => fireDelay.add(delayMs),
    });
    const restored = options.checkpoints?.restored;
    this.#workers = opened.workers;
    this.#supervisor = this.#supervise(opened.reading);
    this.#input = opened.makeInput({
      position: restored?.input,
      workers: this.#supervisor,
      merger: this.#merger,
      host: this.#host,
      startedAtMs,
      openKeysMax: this.#openKeysMax,
      windowMs: Math.max(...plan.queries.map(({ windowMs }) => windowMs)),
      fail: (error) => this.#fail(error),
    });
    this.#checkpointer = this.#makeCheckpointer(opened.identity);
    this.#status = new StatusReporter(
      {
        clock: this.#clock,
        gauge: this.#host.openGauge(),
        plan,
        source: sourceName(options.source),
        startedAtMs,
        merger: this.#merger,
        input: this.#input,
        supervisor: this.#supervisor,
        checkpoint: () => this.#checkpointer?.status() ?? null,
        emitEarlyMs: options.emitEarlyMs,
      },
      fireDelay,
    );
    if (restored !== undefined) this.#merger.restore(restored.merger);
    this.finished = this.#run(failed);
  }

  #makeCheckpointer(source: SourceIdentity): Checkpointer | undefined {
    const { checkpoints, log } = this.#options;
    if (checkpoints === undefined) return undefined;
    const { store, intervalMs, ageMsMax, restored } = checkpoints;
    store.onLost((error) => this.#fail(error));
    return new Checkpointer({
      store,
      intervalMs,
      ageMsMax,
      restored,
      clock: this.#clock,
      log,
      fail: (error) => this.#fail(error),
      take: (finished) =>
        this.#merger.snapshot((merger) => ({
          takenAtMs: this.#clock.nowMs(),
          jobName: this.#plan.name,
          jobHash: this.#plan.hash,
          queries: this.#queries,
          filterReasons: this.#plan.filterReasons,
          source,
          input: this.#input.position(),
          merger,
          finished,
        })),
    });
  }

  get #openKeysMax(): number {
    return this.#options.openKeysMax ?? OPEN_KEYS_MAX;
  }

  #supervise(reading: WorkerStart["reading"]): WorkerSupervisor {
    const { log, workerRestartsMax, watermarkAheadMaxMs, idleTimeoutMs, late } =
      this.#options;
    return new WorkerSupervisor({
      workers: this.#workers,
      start: {
        plan: this.#plan,
        reading,
        watermarkAheadMaxMs: watermarkAheadMaxMs ?? WATERMARK_AHEAD_MAX_MS,
        idleTimeoutMs: idleTimeoutMs ?? IDLE_TIMEOUT_MS,
        late: late ?? "drop",
        credits: FLUSH_CREDITS,
        flushIntervalMs: FLUSH_INTERVAL_MS,
      },
      clock: this.#clock,
      log,
      restartsMax: workerRestartsMax ?? WORKER_RESTARTS_MAX,
      onMessage: (worker, message) => this.#onMessage(worker, message),
      onReady: (worker) =>
        this.#guarded(() => this.#input.onWorkerReady(worker)),
      onLost: (worker, inHand) =>
        this.#guarded(() => this.#input.onWorkerLost(worker, inHand)),
      suspect: () => this.#input.suspect(),
      fail: (error) => this.#fail(error),
    });
  }

  /** A fault of ours ends the run, and not the process. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  #onMessage(worker: number, message: WorkerMessage): void {
    try {
      switch (message.type) {
        case "flush":
        case "block_flush":
        case "stopped":
        case "auth_refused":
          this.#input.handle(worker, message);
          if (message.type !== "auth_refused") this.#noteFlush(worker);
          break;
        case "trouble":
          this.#options.log.warn(
            { shard: message.shardId, attempt: message.attempt },
            message.message,
          );
          break;
        case "failure":
          // The supervisor's, which hands on what ends the run.
          break;
        default:
          assertNever(message);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Says once that the run is under way: from here on it makes progress. */
  #noteFlush(worker: number): void {
    if (this.#hasFlushed) return;
    this.#hasFlushed = true;
    this.#options.log.info({ worker }, "the first flush is in");
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
      if (this.#merger.sinkFailed) await this.#checkpointer?.saveAfter(error);
      // Nothing more is written, and what waits to write is let go.
      this.#options.checkpoints?.store.seal();
      await this.#checkpointer?.close();
      await this.#merger.close().catch(() => {});
      throw error;
    } finally {
      this.#status.close();
      this.#supervisor.close();
      await this.#workers.close();
      await this.#options.checkpoints?.store.close();
    }
  }

  async #read(): Promise<"ended" | "stopped"> {
    if (this.#options.checkpoints?.restored?.finished === true) return "ended";
    this.#checkpointer?.start();
    const end = this.#input.run();
    this.#supervisor.start(this.#options.workers);
    const { emitEarlyMs } = this.#options;
    if (emitEarlyMs === undefined) return await end;
    const emit = () => this.#guarded(() => this.#merger.emitEarly());
    return await end.finally(this.#clock.every(emitEarlyMs, emit));
  }

  status(): EngineStatus {
    return this.#status.status();
  }

  async setWorkers(count: number): Promise<SetWorkersResult> {
    const { state } = this.#status;
    if (state !== "running" || this.#supervisor.isEnding) {
      const now = state === "running" ? "stopping" : state;
      throw refused("the number of workers", `the run is ${now}`);
    }
    const most = workersMaxOf(this.#options);
    if (!Number.isInteger(count) || count < 1 || count > most) {
      throw refused(
        `the number of workers to ${count}`,
        `it must be from 1 to ${most}: allow more with --workers-max`,
      );
    }
    const before = this.#supervisor.wanted;
    this.#options.log.info({ before, count }, "changing the number of workers");
    this.#supervisor.setCount(count);
    return { before, count };
  }

  async moveShard(shardId: string, worker: number): Promise<void> {
    this.#input.moveShard(shardId, worker);
  }

  openWindows(choice: OpenWindowsChoice): readonly FiredWindow[] {
    return this.#merger.openWindows(choice);
  }

  async savepoint(): Promise<Savepoint> {
    const isRunning = this.#status.state === "running";
    if (this.#checkpointer !== undefined && isRunning) {
      return await this.#checkpointer.savepoint();
    }
    throw new FlagdropError(
      "FD_STORE",
      isRunning
        ? "Cannot take a savepoint as this run keeps no checkpoints: start it with --checkpoint"
        : `Cannot take a savepoint as this run is ${this.#status.state}`,
      { domain: "user" },
    );
  }

  async stop(): Promise<void> {
    if (this.#status.state === "running") this.#status.state = "stopping";
    this.#input.stop();
    const callOff = this.#clock.after(STOP_TIMEOUT_MS, () =>
      this.#fail(
        new FlagdropError(
          "FD_LIMIT",
          `Cannot stop within ${STOP_TIMEOUT_MS / 1_000} s as a sink or worker does not finish: documents not acknowledged are lost`,
        ),
      ),
    );
    try {
      await this.finished;
    } finally {
      callOff();
    }
  }
}

function refused(what: string, why: string): FlagdropError {
  return new FlagdropError("FD_OPTION", `Cannot change ${what} as ${why}`, {
    domain: "user",
  });
}
