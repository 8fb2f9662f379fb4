/**
 * Messages of workers that wait until the merger has room for them.
 *
 * @module
 */
import type { WorkerMessage } from "../messages.ts";

/** One of them. */
export interface HeldMessage {
  readonly worker: number;
  readonly message: WorkerMessage;
}

/** In order of arrival; at most a worker's credits and one, for each worker. */
export class HeldMessages {
  #held: HeldMessage[] = [];

  /** Holds another message. */
  add(worker: number, message: WorkerMessage): void {
    this.#held.push({ worker, message });
  }

  /** The next message, if there is one and `mayTake` says so. */
  take(mayTake: boolean): HeldMessage | undefined {
    return mayTake ? this.#held.shift() : undefined;
  }

  /** How many of a worker's messages wait. */
  countOf(worker: number): number {
    return this.#held.filter((held) => held.worker === worker).length;
  }

  /** Drops a lost worker's messages, whole. */
  drop(worker: number): void {
    this.#held = this.#held.filter((held) => held.worker !== worker);
  }
}
