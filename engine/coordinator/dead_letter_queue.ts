/**
 * Dead letters on their way to their file, in order.
 *
 * @module
 */
import { DEAD_LETTER_BYTES_PENDING_MAX } from "../limits.ts";
import type { DeadLetter, DeadLetterSink, WriteGuard } from "../sink/sink.ts";

/** Options for {@linkcode DeadLetterQueue}. */
export interface DeadLetterQueueOptions {
  readonly sink: DeadLetterSink;
  /** Awaited before each write; rejects when nothing may be written any more. */
  readonly guard: WriteGuard;
  readonly onWritten: () => void;
  readonly onError: (error: unknown) => void;
}

/** Feeds the dead-letter sink. */
export class DeadLetterQueue {
  readonly #options: DeadLetterQueueOptions;
  #pendingBytes = 0;
  #pendingCount = 0;
  #countBefore = 0;
  #failed = false;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: DeadLetterQueueOptions) {
    this.#options = options;
  }

  /** Letters in the file; those before a restored run are among them. */
  get count(): number {
    return this.#countBefore + this.#options.sink.count;
  }

  /** Goes on from a checkpoint, before anything else. */
  restore(count: number): void {
    this.#countBefore = count;
  }

  /** Bytes of the file; those that wait are not in it. */
  get lengthBytes(): number {
    return this.#options.sink.lengthBytes;
  }

  /** Makes the file durable up to its present length. */
  async sync(): Promise<void> {
    await this.#options.sink.sync();
  }

  /** Whether merging must wait. */
  get full(): boolean {
    return this.#pendingBytes >= DEAD_LETTER_BYTES_PENDING_MAX;
  }

  /** Adds letters. */
  push(letters: readonly DeadLetter[]): void {
    if (letters.length === 0) return;
    let bytes = 0;
    for (const letter of letters) bytes += letter.bytes.length;
    this.#pendingBytes += bytes;
    this.#pendingCount += letters.length;
    const { sink, guard, onWritten, onError } = this.#options;
    this.#tail = this.#tail
      .then(guard)
      .then(() => sink.write(letters))
      .then(() => {
        this.#pendingBytes -= bytes;
        this.#pendingCount -= letters.length;
        onWritten();
      })
      .catch((error: unknown) => {
        this.#failed = true;
        onError(error);
      });
  }

  /** Resolves when everything pushed so far is written or has failed. */
  async drained(): Promise<void> {
    // A sink may refuse documents in the meantime.
    do await this.#tail;
    while (this.#pendingCount > 0 && !this.#failed);
  }

  /** Writes what is left and closes the file. */
  async close(): Promise<void> {
    await this.#tail;
    await this.#options.sink.close();
  }
}
