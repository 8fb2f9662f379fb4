/**
 * A worker that is handed blocks of lines.
 *
 * @module
 */
import type { Clock } from "../../engine/clock.ts";
import type { CoordinatorMessage, WorkerStart } from "../../engine/messages.ts";
import type { Post, WorkerRole } from "../worker_loop.ts";
import { BlockTallier } from "./block_tallier.ts";

/** Options for {@linkcode FileRole}. */
export interface FileRoleOptions {
  readonly start: WorkerStart;
  readonly post: Post;
  readonly clock: Clock;
  /** A sign of life, some times in each block. */
  readonly take: (number: number) => void;
}

/** Tallies each block as it comes and sends it back with its flush. */
export class FileRole implements WorkerRole {
  readonly #post: Post;
  readonly #clock: Clock;
  readonly #take: FileRoleOptions["take"];
  readonly #tallier: BlockTallier;
  /** Work is synchronous, so its time is the thread's busy time. */
  #busyMs = 0;

  constructor({ start, post, clock, take }: FileRoleOptions) {
    this.#post = post;
    this.#take = take;
    this.#clock = clock;
    this.#tallier = new BlockTallier(start);
  }

  handle(message: CoordinatorMessage): void {
    if (message.type !== "block") {
      throw new TypeError(
        `Cannot handle "${message.type}" while reading files`,
      );
    }
    const startMs = this.#clock.monotonicMs();
    const flush = this.#tallier.tally(message, this.#busyMs, () =>
      this.#take(0),
    );
    this.#busyMs += this.#clock.monotonicMs() - startMs;
    // Copied, not transferred; see `Flusher`.
    this.#post(flush);
  }

  async stop(): Promise<void> {}
}
