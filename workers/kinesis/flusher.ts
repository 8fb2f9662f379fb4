/**
 * Decides when a worker flushes, and puts the flush together.
 *
 * A flush goes out about every 100 ms while there is something to say; at once
 * when a watermark has closed a window, a shard has ended, been released or
 * reached its tip, or the tables are full. Each needs a credit.
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";
import type { CallOff, Clock } from "../../engine/clock.ts";
import { DEAD_LETTER_BYTES_MAX, TALLY_KEYS_MAX } from "../../engine/limits.ts";
import type { FlushMessage, WorkerStart } from "../../engine/messages.ts";
import type { TallyOperator } from "../tally/tally_operator.ts";
import type { Post } from "../worker_loop.ts";
import type { ShardState } from "./shard_state.ts";

/** Memory of a flush's tallies at first: some thousand keys. */
const SLOT_BYTES = 256 * 1024;

/** Options for {@linkcode Flusher}. */
export interface FlusherOptions {
  readonly start: WorkerStart;
  readonly post: Post;
  readonly fail: (error: unknown) => void;
  readonly clock: Clock;
  readonly operator: TallyOperator;
  /** The worker's shards; those that are done leave with their last flush. */
  readonly shards: Map<string, ShardState>;
}

/** Sends flushes. */
export class Flusher {
  readonly #options: FlusherOptions;
  readonly #endTicks: CallOff;
  #credits: number;
  #flushNumber = 0;
  #busyMs = 0;
  #receivedAtMs = 0;
  #soon: CallOff | undefined;
  /** A flush was asked for and waits for a credit. */
  #wanted = false;
  #waiting: (() => void)[] = [];
  /**
   * Memory of tallies on their way, used in turn: a slot's flush has been
   * merged when its turn comes again, as there is one more of them than
   * credits, for the last flush, which asks for none. New memory for each
   * flush, each time of another size, makes the C library's heap grow by
   * megabytes a minute, as it can't put the pieces together again.
   */
  readonly #slots: SharedArrayBuffer[];

  constructor(options: FlusherOptions) {
    this.#options = options;
    this.#credits = options.start.credits;
    this.#slots = Array.from(
      { length: this.#credits + 1 },
      () => new SharedArrayBuffer(SLOT_BYTES),
    );
    this.#endTicks = options.clock.every(options.start.flushIntervalMs, () => {
      const nowMs = options.clock.monotonicMs();
      for (const state of options.shards.values()) state.showLife(nowMs);
      this.#tryFlush();
    });
  }

  /** The coordinator has merged a flush. */
  credit(): void {
    this.#credits++;
    if (this.#wanted) this.flushSoon();
  }

  /** Resolves after the next flush. */
  flushed(): Promise<void> {
    this.flushSoon();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** An answer was tallied: flush at once if it is worth it. */
  noteAnswer(state: ShardState, busyMs: number): void {
    const { operator } = this.#options;
    this.#busyMs += busyMs;
    if (!state.dirty) return;
    this.#receivedAtMs = this.#options.clock.nowMs();
    if (
      operator.takeWindowClosed() ||
      state.done ||
      state.atTip ||
      operator.tables.hasKeys(TALLY_KEYS_MAX) ||
      operator.deadLetterBytes >= DEAD_LETTER_BYTES_MAX
    ) {
      this.flushSoon();
    }
  }

  /** Flushes in this turn of the event loop, with other shards' answers. */
  flushSoon(): void {
    this.#soon ??= this.#options.clock.soon(() => {
      this.#soon = undefined;
      this.#tryFlush();
    });
  }

  #tryFlush(): void {
    try {
      this.#wanted = [...this.#options.shards.values()].some((s) => s.dirty);
      if (!this.#wanted || this.#credits === 0) return;
      this.#credits--;
      this.#wanted = false;
      this.#flush();
    } catch (error) {
      this.#options.fail(error);
    }
  }

  #flush(): void {
    const { operator, shards, start, post, clock } = this.#options;
    const startMs = clock.monotonicMs();
    const dirty = [...shards.values()].filter((state) => state.dirty);
    const slot = this.#flushNumber % this.#slots.length;
    const tallies = operator.tables.takeInto((byteLength) =>
      this.#slotOf(slot, byteLength),
    );
    const deadLetters = operator.takeDeadLetters();
    for (const state of dirty) {
      if (state.done) shards.delete(state.tally.shardId);
    }
    const flush: FlushMessage = {
      type: "flush",
      epoch: start.epoch,
      flushNumber: this.#flushNumber++,
      shards: dirty.map((state) => state.take(startMs)),
      tallies,
      deadLetters,
      busyMs: this.#busyMs,
      heapBytes: getHeapStatistics().used_heap_size,
      receivedAtMs: this.#receivedAtMs,
    };
    // Shared, not transferred: the first buffer that a thread gives away makes
    // every later read of any buffer check whether that one is still there.
    post(flush);
    this.#busyMs += clock.monotonicMs() - startMs;
    for (const wake of this.#waiting) wake();
    this.#waiting = [];
  }

  /** A slot with so much room: twice the memory each time it is too little. */
  #slotOf(index: number, byteLength: number): SharedArrayBuffer {
    const slot = this.#slots[index];
    if (slot !== undefined && slot.byteLength >= byteLength) return slot;
    let bytes = SLOT_BYTES;
    while (bytes < byteLength) bytes *= 2;
    const larger = new SharedArrayBuffer(bytes);
    this.#slots[index] = larger;
    return larger;
  }

  /** Sends the last flush, credit or not, and stops the clock. */
  close(): void {
    this.#endTicks();
    this.#soon?.();
    if ([...this.#options.shards.values()].some((s) => s.dirty)) this.#flush();
  }
}
