/**
 * A worker that is handed blocks of lines.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import type { CoordinatorMessage, WorkerStart } from "../../engine/messages.ts";
import type { Post, WorkerRole } from "../worker_loop.ts";
import { BlockTallier } from "./block_tallier.ts";

/** Tallies each block as it comes and sends it back with its flush. */
export class FileRole implements WorkerRole {
  readonly #post: Post;
  readonly #tallier: BlockTallier;
  /** Work is synchronous, so its time is the thread's busy time. */
  #busyMs = 0;

  constructor(start: WorkerStart, post: Post) {
    this.#post = post;
    this.#tallier = new BlockTallier(start);
  }

  handle(message: CoordinatorMessage): void {
    if (message.type !== "block") {
      throw new TypeError(
        `Cannot handle "${message.type}" while reading files`,
      );
    }
    const startMs = performance.now();
    const flush = this.#tallier.tally(message, this.#busyMs);
    this.#busyMs += performance.now() - startMs;
    this.#post(flush, [
      flush.bytes,
      flush.tallies.buffer,
      ...flush.deadLetters.map(({ bytes }) => bytes.buffer as ArrayBuffer),
    ]);
  }

  async stop(): Promise<void> {}
}
