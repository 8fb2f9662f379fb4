/**
 * Keeps the workers going: starts them, ends those that hang, replaces those
 * that are lost, and lets their number grow and shrink.
 *
 * Each replacement is a new incarnation with an epoch of its own; whatever an
 * earlier one still says is dropped whole.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Logger } from "pino";
import type { CallOff, Clock } from "../clock.ts";
import { errorLine, FlagdropError } from "../errors.ts";
import {
  HEARTBEAT_CHECK_MS,
  RESTART_WINDOW_MS,
  WORKER_STOP_MS_MAX,
} from "../limits.ts";
import {
  type CoordinatorMessage,
  type FailureMessage,
  PROTOCOL_VERSION,
  type WorkerMessage,
  type WorkerStart,
} from "../messages.ts";
import { Heartbeat } from "./heartbeat.ts";
import { RestartPolicy } from "./restart_policy.ts";
import type { WorkerGroup } from "./worker_group.ts";
import type { Workers, WorkerThread } from "./worker_pool.ts";

/** What every worker is started with. */
export type CommonStart = Omit<
  WorkerStart,
  "protocolVersion" | "workerIndex" | "epoch"
>;

/** Options for {@linkcode WorkerSupervisor}. */
export interface WorkerSupervisorOptions {
  readonly workers: Workers;
  readonly start: CommonStart;
  readonly clock: Clock;
  readonly log: Logger;
  /** Losses that are made good within ten minutes. */
  readonly restartsMax: number;
  /** A message of a worker's present incarnation. */
  readonly onMessage: (worker: number, message: WorkerMessage) => void;
  /** A worker has come, or come back, and may be given work. */
  readonly onReady: (worker: number) => void;
  /**
   * A worker is gone, with whatever it had not flushed.
   *
   * @param inHand What it noted as in hand, 0 for nothing.
   */
  readonly onLost: (worker: number, inHand: number) => void;
  /** What lost workers had in hand, for an error. */
  readonly suspect: () => string;
  readonly fail: (error: unknown) => void;
}

/** What one worker is at. */
export type WorkerState = "running" | "stopping" | "restarting" | "off";

interface Slot {
  state: WorkerState;
  epoch: number;
  restarts: number;
  thread: WorkerThread | undefined;
  heartbeat: Heartbeat;
  /** Looks at the heartbeat since it was told to stop. */
  stoppingLooks: number;
  /** Its last message has come. */
  said: boolean;
}

/** One worker as the status shows it. */
export interface SupervisedWorker {
  readonly worker: number;
  readonly state: WorkerState;
  /** Incarnation; 0 before the first. */
  readonly epoch: number;
  readonly restarts: number;
}

/** Supervises the worker threads of one run. */
export class WorkerSupervisor implements WorkerGroup {
  readonly #options: WorkerSupervisorOptions;
  readonly #slots: Slot[] = [];
  readonly #policy: RestartPolicy;
  #endLooks: CallOff = () => {};
  #closed = false;
  /** All are told to stop, and stay so. */
  #isEnding = false;
  /** Workers with a lower number are wanted. */
  #wanted = 0;

  constructor(options: WorkerSupervisorOptions) {
    this.#options = options;
    this.#policy = new RestartPolicy(options.restartsMax);
  }

  /** Starts the first workers and begins to watch. */
  start(count: number): void {
    this.setCount(count);
    this.#endLooks = this.#options.clock.every(HEARTBEAT_CHECK_MS, () => {
      for (const worker of this.#slots.keys()) this.#look(worker);
    });
  }

  /**
   * Changes the number of workers. Those too many make a final flush first.
   *
   * @param count At least 1.
   */
  setCount(count: number): void {
    assert(count >= 1);
    if (this.#closed || this.#isEnding) return;
    this.#wanted = count;
    for (let worker = 0; worker < count; worker++) {
      if (this.#slot(worker).state === "off") this.#begin(worker);
    }
    for (let worker = count; worker < this.#slots.length; worker++) {
      this.#stop(worker);
    }
  }

  /** Whether all workers are told to stop: there will be no more. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** How many workers are wanted. */
  get wanted(): number {
    return this.#wanted;
  }

  get ready(): readonly number[] {
    return this.#withState("running");
  }

  get leaving(): readonly number[] {
    return this.#withState("stopping");
  }

  #withState(state: WorkerState): number[] {
    return [...this.#slots.keys()].filter(
      (worker) => this.#slots[worker]?.state === state,
    );
  }

  post(
    worker: number,
    message: CoordinatorMessage,
    transfer?: readonly ArrayBuffer[],
  ): void {
    this.#slots[worker]?.thread?.post(message, transfer);
  }

  stopAll(): void {
    this.#isEnding = true;
    this.#wanted = 0;
    for (const worker of this.#slots.keys()) this.#stop(worker);
  }

  left(worker: number): void {
    const slot = this.#slot(worker);
    assert(slot.state === "stopping");
    slot.state = "off";
    slot.thread = undefined;
    // It may be wanted again meanwhile.
    if (worker < this.#wanted) this.#begin(worker);
  }

  replace(worker: number, reason: FlagdropError): void {
    this.#lost(worker, reason);
  }

  /** Stops watching and replacing; the threads are the pool's to end. */
  close(): void {
    this.#closed = true;
    this.#wanted = 0;
    this.#endLooks();
  }

  /** The workers that there have been, for the status. */
  status(): SupervisedWorker[] {
    return this.#slots.map(({ state, epoch, restarts }, worker) => ({
      worker,
      state,
      epoch,
      restarts,
    }));
  }

  #slot(worker: number): Slot {
    this.#slots[worker] ??= {
      state: "off",
      epoch: 0,
      restarts: 0,
      thread: undefined,
      heartbeat: new Heartbeat(),
      stoppingLooks: 0,
      said: false,
    };
    return this.#slots[worker];
  }

  #begin(worker: number): void {
    const { workers, start, onReady } = this.#options;
    const slot = this.#slot(worker);
    const epoch = ++slot.epoch;
    slot.state = "running";
    slot.heartbeat = new Heartbeat();
    slot.stoppingLooks = 0;
    slot.said = false;
    const isPresent = () => slot.epoch === epoch && slot.thread !== undefined;
    slot.thread = workers.start(
      {
        ...start,
        protocolVersion: PROTOCOL_VERSION,
        workerIndex: worker,
        epoch,
      },
      {
        onMessage: (message) => {
          if (isPresent() && message.epoch === epoch) {
            this.#onMessage(worker, message);
          }
        },
        onEnded: (error) => {
          if (isPresent() && !slot.said) {
            this.#lost(worker, error ?? unexplained(worker));
          }
        },
      },
    );
    onReady(worker);
  }

  #stop(worker: number): void {
    const slot = this.#slot(worker);
    if (slot.state === "restarting") slot.state = "off";
    if (slot.state !== "running") return;
    slot.state = "stopping";
    slot.thread?.post({ type: "stop" });
  }

  #onMessage(worker: number, message: WorkerMessage): void {
    if (message.type === "failure") {
      this.#failed(worker, message);
      return;
    }
    if (message.type === "stopped") this.#slot(worker).said = true;
    this.#options.onMessage(worker, message);
  }

  /** Our own faults and passing ones cost the worker, others the run. */
  #failed(worker: number, failure: FailureMessage): void {
    const { log, fail } = this.#options;
    const { code, message, domain, retry, stack } = failure;
    log.debug({ worker, stack }, "worker failed");
    const error = new FlagdropError(code, message, { domain, retry });
    if (domain === "internal" || retry !== "never") this.#lost(worker, error);
    else fail(error);
  }

  #lost(worker: number, error: FlagdropError): void {
    const { clock, log, onLost, fail } = this.#options;
    const slot = this.#slot(worker);
    const inHand = slot.thread?.inHand ?? 0;
    slot.thread?.abort();
    slot.thread = undefined;
    if (slot.state === "stopping") {
      slot.state = "off";
      log.warn({ worker, err: error }, "a worker was lost as it stopped");
      onLost(worker, inHand);
      if (worker < this.#wanted) this.#begin(worker);
      return;
    }
    if (slot.state !== "running") return;
    slot.state = "restarting";
    onLost(worker, inHand);
    const delayMs = this.#policy.lost(clock.monotonicMs());
    if (delayMs === undefined) {
      fail(this.#tooMany(error));
      return;
    }
    slot.restarts++;
    log.warn(
      { worker, epoch: slot.epoch, err: error },
      `worker ${worker} is lost: replacing it in ${delayMs} ms`,
    );
    const { epoch } = slot;
    clock.after(delayMs, () => {
      if (this.#closed || slot.epoch !== epoch) return;
      if (slot.state === "restarting") this.#begin(worker);
    });
  }

  #tooMany(last: FlagdropError): FlagdropError {
    const minutes = RESTART_WINDOW_MS / 60_000;
    return new FlagdropError(
      "FD_WORKER",
      `Cannot go on as workers were lost ${this.#policy.recent} times within ${minutes} minutes, at last with "${errorLine(last)}" while reading ${this.#options.suspect()}: look at what is there, or allow more with --worker-restarts-max`,
      { domain: "internal", cause: last },
    );
  }

  #look(worker: number): void {
    const slot = this.#slot(worker);
    const { thread, heartbeat } = slot;
    if (thread === undefined || slot.said) return;
    const stillMs = heartbeat.look(thread.beats);
    if (stillMs > 0) {
      this.#lost(worker, hung(worker, stillMs, heartbeat.begun));
    } else if (
      slot.state === "stopping" &&
      ++slot.stoppingLooks * HEARTBEAT_CHECK_MS > WORKER_STOP_MS_MAX
    ) {
      this.#lost(worker, unstoppable(worker));
    }
  }
}

function internal(message: string): FlagdropError {
  return new FlagdropError("FD_WORKER", message, {
    domain: "internal",
    retry: "now",
  });
}

function unexplained(worker: number): FlagdropError {
  return internal(`Cannot go on as worker ${worker} ended without a word`);
}

function hung(worker: number, stillMs: number, begun: boolean): FlagdropError {
  const seconds = stillMs / 1_000;
  return internal(
    begun
      ? `Cannot go on as worker ${worker} has hung for ${seconds} s`
      : `Cannot go on as worker ${worker} did not start within ${seconds} s`,
  );
}

function unstoppable(worker: number): FlagdropError {
  return internal(
    `Cannot wait for worker ${worker} as it does not stop within ${WORKER_STOP_MS_MAX / 1_000} s`,
  );
}
