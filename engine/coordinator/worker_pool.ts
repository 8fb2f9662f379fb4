/**
 * The worker threads: one long-lived piscina task each, reached through a port
 * of its own.
 *
 * @module
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Piscina } from "piscina";
import { errorLine, FlagdropError } from "../errors.ts";
import {
  type CoordinatorMessage,
  PROTOCOL_VERSION,
  type WorkerMessage,
  type WorkerStart,
} from "../messages.ts";
import { workerUrl } from "../worker_url.ts";

/** What the coordinator needs of worker threads; a simulator has its own. */
export interface Workers {
  readonly count: number;
  /** Sends a message; buffers in `transfer` are gone afterwards. */
  post(
    worker: number,
    message: CoordinatorMessage,
    transfer?: readonly ArrayBuffer[],
  ): void;
  /** Ends all threads, at once. */
  close(): Promise<void>;
}

/** Options for {@linkcode startWorkers}. */
export interface StartWorkersOptions {
  readonly count: number;
  /** What every worker is started with. */
  readonly start: Omit<
    WorkerStart,
    "protocolVersion" | "workerIndex" | "epoch"
  >;
  readonly onMessage: (worker: number, message: WorkerMessage) => void;
  /** A thread ended without being asked to. */
  readonly onLost: (worker: number, error: FlagdropError) => void;
}

/** The one task that a worker thread is given. */
export interface WorkerTask {
  readonly start: WorkerStart;
  readonly port: MessagePort;
}

/** Starts the worker threads. */
export function startWorkers(options: StartWorkersOptions): Workers {
  const { count, onMessage, onLost } = options;
  const pool = new Piscina({
    filename: workerUrl("tally_worker"),
    minThreads: count,
    maxThreads: count,
    concurrentTasksPerWorker: 1,
    // The default freezes a thread's timers and sockets between messages.
    atomics: "disabled",
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  let closing = false;
  const ports = Array.from({ length: count }, (_, workerIndex) => {
    const { port1, port2 } = new MessageChannel();
    const start: WorkerStart = {
      ...options.start,
      protocolVersion: PROTOCOL_VERSION,
      workerIndex,
      epoch: 1,
    };
    const task: WorkerTask = { start, port: port2 };
    port1.on("message", (message: WorkerMessage) =>
      onMessage(workerIndex, message),
    );
    pool.run(task, { transferList: [port2] }).catch((error: unknown) => {
      if (closing) return;
      onLost(
        workerIndex,
        new FlagdropError(
          "FD_WORKER",
          `Cannot go on as worker ${workerIndex} ended: ${errorLine(error)}`,
          { domain: "internal", cause: error },
        ),
      );
    });
    return port1;
  });
  return {
    count,
    post(worker, message, transfer = []) {
      ports[worker]?.postMessage(message, transfer);
    },
    async close() {
      closing = true;
      for (const port of ports) port.close();
      await pool.destroy();
    },
  };
}
