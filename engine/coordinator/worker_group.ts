/**
 * The workers as an input sees them: numbers that come, go and come back.
 *
 * @module
 */
import type { FlagdropError } from "../errors.ts";
import type { CoordinatorMessage } from "../messages.ts";

/** What an input may ask of the workers. */
export interface WorkerGroup {
  /** Workers that may be given work, ascending. */
  readonly ready: readonly number[];
  /** Workers that are told to stop and whose last flush is not applied yet. */
  readonly leaving: readonly number[];
  /** Sends a message to a worker; to one that is gone it goes nowhere. */
  post(
    worker: number,
    message: CoordinatorMessage,
    transfer?: readonly ArrayBuffer[],
  ): void;
  /** Tells all workers to stop; none is replaced any more. */
  stopAll(): void;
  /** Everything that a leaving worker has sent is applied. */
  left(worker: number): void;
  /** Ends a worker that does not do what it should, and replaces it. */
  replace(worker: number, reason: FlagdropError): void;
}
