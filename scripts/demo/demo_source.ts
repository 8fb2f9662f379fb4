/**
 * The demo's outside world, in a thread of its own.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { errorLine, FlagdropError } from "../../engine/errors.ts";
import type {
  DemoSourceCommand,
  DemoSourceEndedMessage,
  DemoSourceMessage,
  DemoSourceReadyMessage,
  DemoSourceStart,
} from "../../engine/replay/demo_source_messages.ts";
import { workerUrl } from "../../engine/worker_url.ts";

/** A running source. */
export interface DemoSource {
  /** Resolves once the stream is there; rejects with `failed`. */
  readonly ready: Promise<DemoSourceReadyMessage>;
  /** Rejects when the thread can't go on; never resolves. */
  readonly failed: Promise<never>;
  /** Ends the replay; what was put stays readable. */
  stop(): Promise<DemoSourceEndedMessage>;
  /** Ends the thread. */
  close(): Promise<void>;
}

function lost(reason: string): FlagdropError {
  return new FlagdropError(
    "FD_WORKER",
    `Cannot go on as the replay's thread ended: ${reason}`,
    { domain: "internal" },
  );
}

/** Starts the thread. */
export function startDemoSource(start: DemoSourceStart): DemoSource {
  const worker = new Worker(new URL(workerUrl("demo_source_worker")), {
    workerData: start,
  });
  const failed = new Promise<never>((_, reject) => {
    worker.on("message", (message: DemoSourceMessage) => {
      if (message.type !== "failure") return;
      reject(new FlagdropError(message.code, message.message, message));
    });
    worker.on("error", (error) => reject(lost(errorLine(error))));
    worker.on("exit", (code) => reject(lost(`exit code ${code}`)));
  });
  const received = <T extends DemoSourceMessage>(type: T["type"]) =>
    new Promise<T>((resolve) => {
      worker.on("message", (message: DemoSourceMessage) => {
        if (message.type === type) resolve(message as T);
      });
    });
  const ready = Promise.race([
    failed,
    received<DemoSourceReadyMessage>("ready"),
  ]);
  const ended = Promise.race([
    failed,
    received<DemoSourceEndedMessage>("ended"),
  ]);
  // Whoever waits hears of a failure; nobody must.
  for (const promise of [failed, ready, ended]) promise.catch(() => {});
  return {
    ready,
    failed,
    stop() {
      const command: DemoSourceCommand = { type: "stop" };
      worker.postMessage(command);
      return ended;
    },
    async close() {
      await worker.terminate();
    },
  };
}
