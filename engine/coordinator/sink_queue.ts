/**
 * Fired windows on their way to one sink: one write at a time, in order.
 *
 * @module
 */
import type { SinkPosition } from "../checkpoint/checkpoint.ts";
import type { Clock } from "../clock.ts";
import { DOCUMENTS_PENDING_MAX, DOCUMENTS_PER_WRITE } from "../limits.ts";
import type {
  DeadLetter,
  FiredWindow,
  Sink,
  WriteGuard,
} from "../sink/sink.ts";
import { packTallies } from "../tally/tally_columns.ts";

interface Queued {
  readonly window: FiredWindow;
  /** Epoch ms at which the watermark that closed it was received. */
  readonly sinceMs: number;
}

/** Options for {@linkcode SinkQueue}. */
export interface SinkQueueOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  /** Awaited before each write; rejects when nothing may be written any more. */
  readonly guard: WriteGuard;
  /** Documents of an acknowledged write that the sink never takes. */
  readonly onRefused: (letters: readonly DeadLetter[]) => void;
  /** Documents were acknowledged: room may have come free. */
  readonly onWritten: () => void;
  /** The sink can't go on. */
  readonly onError: (error: unknown) => void;
  /** Documents that may wait before merging stops. @default {500000} */
  readonly documentsPendingMax?: number | undefined;
  /** From that moment to the acknowledgement, ms. */
  readonly onDelay: (delayMs: number) => void;
}

/** Feeds one sink. */
export class SinkQueue {
  readonly sink: Sink;
  readonly #options: SinkQueueOptions;
  #queue: Queued[] = [];
  /** Given to the sink and not yet acknowledged. */
  #inFlight: readonly Queued[] = [];
  readonly #pendingMax: number;
  #pendingDocuments = 0;
  /** Documents refused before this run was restored. */
  #refusedBefore = 0;
  #active = false;
  #tail: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(options: SinkQueueOptions) {
    this.sink = options.sink;
    this.#options = options;
    this.#pendingMax = options.documentsPendingMax ?? DOCUMENTS_PENDING_MAX;
  }

  /** Documents fired and not yet acknowledged. */
  get pendingDocuments(): number {
    return this.#pendingDocuments;
  }

  /** Documents that the sink never took; each is a dead letter. */
  get refused(): number {
    return this.#refusedBefore + (this.sink.stats().refused ?? 0);
  }

  /** Whether the sink can't go on. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whether merging must wait for this sink. */
  get full(): boolean {
    return this.#pendingDocuments >= this.#pendingMax;
  }

  /** Goes on from a checkpoint, before anything else. */
  restore({ refused }: SinkPosition, pending: readonly FiredWindow[]): void {
    this.#refusedBefore = refused;
    if (pending.length > 0) this.push(pending, this.#options.clock.nowMs());
  }

  /** Adds windows and starts writing. */
  push(windows: readonly FiredWindow[], sinceMs: number): void {
    for (const window of windows) {
      this.#queue.push({ window, sinceMs });
      this.#pendingDocuments += window.rowCount;
    }
    if (this.#active) return;
    this.#active = true;
    this.#tail = this.#write();
  }

  /** Where the sink is: what it has, and what it has not acknowledged. */
  snapshot(): SinkPosition {
    const { name, lengthBytes } = this.sink;
    const pending = packTallies(
      // What is early comes again.
      [...this.#inFlight, ...this.#queue]
        .filter(({ window }) => window.isEarly !== true)
        .map(({ window }) => ({
          queryIndex: window.query.index,
          windowStartMs: window.windowStartMs,
          columns: window,
          firstTallied: 0,
        })),
    );
    return { name, lengthBytes, refused: this.refused, pending };
  }

  /** Resolves when everything pushed so far is acknowledged or has failed. */
  async drained(): Promise<void> {
    while (this.#active) await this.#tail;
  }

  #takeBatch(): Queued[] {
    const most = this.sink.documentsPerWrite ?? DOCUMENTS_PER_WRITE;
    let documents = 0;
    let count = 0;
    while (count < this.#queue.length && documents < most) {
      documents += this.#queue[count]?.window.rowCount ?? 0;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #write(): Promise<void> {
    const { clock, guard, onRefused, onWritten, onError, onDelay } =
      this.#options;
    while (this.#queue.length > 0 && !this.#failed) {
      const batch = this.#takeBatch();
      this.#inFlight = batch;
      try {
        await guard();
        const windows = batch.map(({ window }) => window);
        await this.sink.write(windows, guard);
      } catch (error) {
        this.#failed = true;
        onError(error);
        break;
      }
      this.#inFlight = [];
      const refused = this.sink.takeRefused?.() ?? [];
      if (refused.length > 0) onRefused(refused);
      const nowMs = clock.nowMs();
      for (const { window, sinceMs } of batch) {
        this.#pendingDocuments -= window.rowCount;
        if (window.isEarly !== true) onDelay(nowMs - sinceMs);
      }
      onWritten();
    }
    this.#active = false;
  }
}
