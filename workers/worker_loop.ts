/**
 * What a worker thread does with the messages that it gets.
 *
 * @module
 */
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

/** What a role is made of. */
export interface OpenRoleOptions {
  readonly start: WorkerStart;
  readonly post: Post;
  /** Ends the worker with an error. */
  readonly fail: (error: unknown) => void;
  /**
   * Notes what is in hand, 0 for nothing: all that is left of a dead thread.
   * Also a sign of life in the middle of long work.
   */
  readonly take: (number: number) => void;
}

/** Makes the role that `start` asks for. */
export type OpenRole = (options: OpenRoleOptions) => Promise<WorkerRole>;

/** The worker's end of the way to the coordinator; a `MessagePort` is one. */
export interface WorkerPort {
  postMessage(message: WorkerMessage, transfer: readonly ArrayBuffer[]): void;
  on(event: "message", take: (message: CoordinatorMessage) => void): unknown;
  close(): void;
}

/** Options for {@linkcode runWorker}. */
export interface RunWorkerOptions {
  readonly start: WorkerStart;
  readonly port: WorkerPort;
  readonly openRole: OpenRole;
  readonly take?: (number: number) => void;
}

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

/**
 * Serves the coordinator until it says `stop`, then says `stopped`. A failure
 * is sent as data, once, and ends the worker.
 */
export async function runWorker({
  start,
  port,
  openRole,
  take = () => {},
}: RunWorkerOptions): Promise<void> {
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
    openRole({ start, post, fail, take })
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
