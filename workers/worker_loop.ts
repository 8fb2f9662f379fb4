/**
 * What a worker thread does with the messages that it gets.
 *
 * @module
 */
import type { MessagePort } from "node:worker_threads";
import { errorLine, FlagdropError } from "../engine/errors.ts";
import type {
  CoordinatorMessage,
  FailureMessage,
  WorkerMessage,
  WorkerStart,
} from "../engine/messages.ts";

/** The part of a worker that differs between kinds of input. */
export interface WorkerRole {
  /** Handles a message; a promise that rejects ends the worker. */
  handle(message: CoordinatorMessage): void;
  /** Stops reading and sends what is left. */
  stop(): Promise<void>;
}

/** Sends a message to the coordinator; `transfer` is gone afterwards. */
export type Post = (
  message: WorkerMessage,
  transfer?: readonly ArrayBuffer[],
) => void;

/** An error as data: classes, codes and fields don't cross threads. */
function failureMessage(error: unknown, epoch: number): FailureMessage {
  const known = error instanceof FlagdropError ? error : undefined;
  return {
    type: "failure",
    epoch,
    code: known?.code ?? "FD_WORKER",
    message: errorLine(error),
    stack: error instanceof Error ? (error.stack ?? "") : "",
    domain: known?.domain ?? "internal",
    retry: known?.retry ?? "never",
  };
}

async function makeRole(
  start: WorkerStart,
  post: Post,
  fail: (error: unknown) => void,
): Promise<WorkerRole> {
  if (start.reading.type === "file") {
    const { FileRole } = await import("./file/file_role.ts");
    return new FileRole(start, post);
  }
  const { KinesisRole } = await import("./kinesis/kinesis_role.ts");
  return new KinesisRole({ start, reading: start.reading, post, fail });
}

/**
 * Serves the coordinator until it says `stop`, then says `stopped`. A failure
 * is sent as data, once, and ends the worker.
 */
export async function runWorker(
  start: WorkerStart,
  port: MessagePort,
): Promise<void> {
  const { epoch } = start;
  const post: Post = (message, transfer = []) =>
    port.postMessage(message, transfer);
  await new Promise<void>((resolve) => {
    let done = false;
    const finish = (message: WorkerMessage) => {
      if (done) return;
      done = true;
      post(message);
      resolve();
    };
    const fail = (error: unknown) => finish(failureMessage(error, epoch));
    makeRole(start, post, fail)
      .then((role) => {
        port.on("message", (message: CoordinatorMessage) => {
          try {
            if (message.type !== "stop") role.handle(message);
            else {
              role
                .stop()
                .then(() => finish({ type: "stopped", epoch }))
                .catch(fail);
            }
          } catch (error) {
            fail(error);
          }
        });
      })
      .catch(fail);
  });
  port.close();
}
