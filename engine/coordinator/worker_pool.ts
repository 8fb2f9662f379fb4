/**
 * The worker threads: one long-lived piscina task an incarnation of a worker,
 * reached through a port of its own, and ended by its AbortSignal.
 *
 * @module
 */
import { once } from "node:events";
import {
  MessageChannel,
  type MessagePort,
  type ResourceLimits,
} from "node:worker_threads";
import { Piscina } from "piscina";
import { errorLine, FlagdropError } from "../errors.ts";
import type {
  CoordinatorMessage,
  WorkerMessage,
  WorkerStart,
} from "../messages.ts";
import { workerUrl } from "../worker_url.ts";

/** What is heard of one incarnation, in order; nothing after `abort`. */
export interface WorkerListener {
  onMessage(message: WorkerMessage): void;
  /**
   * The thread has ended without being aborted: `undefined` when its last
   * message was `stopped` or `failure`, else why.
   */
  onEnded(error: FlagdropError | undefined): void;
}

/** One incarnation of a worker. */
export interface WorkerThread {
  /** Sends a message; buffers in `transfer` are gone afterwards. */
  post(message: CoordinatorMessage, transfer?: readonly ArrayBuffer[]): void;
  /** How often its event loop has come round: a hung thread's stands still. */
  readonly beats: number;
  /** Number of the shard that it is busy with at this moment, 0 for none. */
  readonly inHand: number;
  /** Ends it at once, whatever it is doing. */
  abort(): void;
}

/** Starts and ends worker threads; a simulator has its own. */
export interface Workers {
  /** Threads that there are at this moment. */
  readonly threadCount: number;
  /** Starts an incarnation of a worker. */
  start(start: WorkerStart, listener: WorkerListener): WorkerThread;
  /** Ends all threads, at once. */
  close(): Promise<void>;
}

/** The one task that a worker thread is given. */
export interface WorkerTask {
  readonly start: WorkerStart;
  readonly port: MessagePort;
  /** Two Int32: what its event loop counts up, and what it has in hand. */
  readonly heartbeat: SharedArrayBuffer;
}

/** What a thread runs. */
export interface WorkerEntry {
  /** Address of a module like `tally_worker`. */
  readonly url: string;
  /** Given to the thread as its `workerData`; shared memory stays shared. */
  readonly data?: unknown;
  /** @default {those of Node} */
  readonly resourceLimits?: ResourceLimits;
}

/** Options for {@linkcode openWorkers}. */
export interface OpenWorkersOptions {
  /** Threads started at once, ready for as many incarnations. */
  readonly count: number;
  /** Most threads ever. */
  readonly countMax: number;
  /** What they will read: its code is loaded as they start. */
  readonly reading?: WorkerStart["reading"]["type"] | undefined;
  /** Benchmarks and tests bring their own. @default {`tally_worker`} */
  readonly entry?: WorkerEntry;
}

/** Opens the pool of worker threads. */
export function openWorkers(options: OpenWorkersOptions): Workers {
  return new PiscinaWorkers(options);
}

class PiscinaWorkers implements Workers {
  readonly #pool: Piscina;
  /**
   * Starts of threads, one after the other: with two tasks waiting, piscina
   * would start threads up to its maximum.
   */
  #starts: Promise<void> = Promise.resolve();
  /** Threads of the beginning that have no task yet. */
  #idle: number;
  #closing = false;

  constructor({ count, countMax, reading, entry }: OpenWorkersOptions) {
    this.#idle = count;
    this.#pool = new Piscina({
      filename: entry?.url ?? workerUrl("tally_worker"),
      workerData: entry === undefined ? { reading } : entry.data,
      ...(entry?.resourceLimits && { resourceLimits: entry.resourceLimits }),
      minThreads: count,
      maxThreads: Math.max(count, countMax),
      concurrentTasksPerWorker: 1,
      // The default freezes a thread's timers and sockets between messages.
      atomics: "disabled",
      idleTimeout: 0,
    });
    // Of threads without a task; those with one tell it to their task.
    this.#pool.on("error", () => {});
  }

  get threadCount(): number {
    return this.#pool.threads.length;
  }

  start(start: WorkerStart, listener: WorkerListener): WorkerThread {
    const ending = new AbortController();
    const { port1, port2 } = new MessageChannel();
    const heartbeat = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    const beats = new Int32Array(heartbeat);
    const task: WorkerTask = { start, port: port2, heartbeat };
    port1.on("message", (message: WorkerMessage) => {
      if (!ending.signal.aborted) listener.onMessage(message);
    });
    const closed = once(port1, "close");
    const ended = (error: FlagdropError | undefined) => {
      port1.close();
      if (this.#closing || ending.signal.aborted) return;
      listener.onEnded(error);
    };
    this.#run(task, ending.signal)
      // The port closes behind the last message; the task's end may overtake it.
      .then(() => closed)
      .then(() => ended(undefined))
      .catch((error: unknown) => ended(endOf(start.workerIndex, error)));
    return {
      post: (message, transfer = []) => port1.postMessage(message, transfer),
      get beats() {
        return Atomics.load(beats, 0);
      },
      get inHand() {
        return Atomics.load(beats, 1);
      },
      abort: () => ending.abort(),
    };
  }

  async #run(task: WorkerTask, signal: AbortSignal): Promise<void> {
    const run = () =>
      this.#pool.run(task, { transferList: [task.port], signal });
    if (this.#idle > 0) {
      this.#idle--;
      const running = run();
      // From here on a thread is started for a task, and ends with it.
      if (this.#idle === 0) this.#pool.options.minThreads = 0;
      await running;
      return;
    }
    const before = this.#starts;
    let begun = () => {};
    this.#starts = new Promise((resolve) => {
      begun = resolve;
    });
    await before;
    this.#pool.once("workerCreate", begun);
    try {
      await run();
    } finally {
      this.#pool.off("workerCreate", begun);
      begun();
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#pool.destroy();
  }
}

function endOf(worker: number, error: unknown): FlagdropError {
  return new FlagdropError(
    "FD_WORKER",
    `Cannot go on as worker ${worker} ended: ${errorLine(error)}`,
    { domain: "internal", retry: "now", cause: error },
  );
}
