/**
 * The heart of the coordinator: applies flushes, advances the watermark, fires
 * windows and hands their documents to the sinks.
 *
 * Its memory is at every moment a consistent cut of the input, since a flush is
 * applied whole or not at all. That is why it is one thing: whatever the cut is
 * made of changes here alone.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { MergerState } from "../checkpoint/checkpoint.ts";
import type { Clock } from "../clock.ts";
import type { OpenWindowsChoice } from "../engine_options.ts";
import type { JobPlan } from "../job/plan.ts";
import { OPEN_KEYS_MAX } from "../limits.ts";
import type {
  CountsDelta,
  DeadLetterMessage,
  FlushedTallies,
} from "../messages.ts";
import type {
  DeadLetterSink,
  FiredWindow,
  Sink,
  WriteGuard,
} from "../sink/sink.ts";
import type { EngineStatus } from "../status/status.ts";
import { CorrectionBook } from "./correction_book.ts";
import { DeadLetterQueue } from "./dead_letter_queue.ts";
import { EarlyWindows } from "./early_windows.ts";
import { refired } from "./fire_window.ts";
import { LatestWindows } from "./latest_windows.ts";
import { RunCounts } from "./run_counts.ts";
import { SinkQueue } from "./sink_queue.ts";
import { tooManyKeys } from "./skew_limit.ts";
import { type Corrections, WindowStore } from "./window_store.ts";

/** One atomic step: what a flush adds. */
export interface MergeStep {
  readonly counts: readonly CountsDelta[];
  readonly tallies: FlushedTallies<ArrayBufferLike>;
  readonly deadLetters: readonly DeadLetterMessage[];
  /**
   * None of the records arrived before, epoch ms.
   *
   * @default {nothing is known: -Infinity}
   */
  readonly arrivedFromMs?: number;
}

/** Options for {@linkcode Merger}. */
export interface MergerOptions {
  readonly plan: JobPlan;
  readonly clock: Clock;
  /** Opened by the caller. */
  readonly sinks: readonly Sink[];
  readonly deadLetters: DeadLetterSink;
  /** Awaited before anything is written. @default {none} */
  readonly guard?: WriteGuard | undefined;
  /** Documents that may wait for one sink. @default {500000} */
  readonly documentsPendingMax?: number | undefined;
  /** Merging may go on after it had to wait. */
  readonly onRoom: () => void;
  readonly onError: (error: unknown) => void;
  /** Twice as many open keys end the run. */
  readonly openKeysMax?: number;
  /** The shards that hold the watermark back, for an error. */
  readonly holding?: () => string;
  /** From a closing watermark's receipt to the documents' acknowledgement, ms. */
  readonly onFireDelay: (delayMs: number) => void;
}

/** The part of the status that is known here. */
type MergerStatus = Pick<
  EngineStatus,
  | "windowsOpen"
  | "keysOpen"
  | "windowsKept"
  | "windowsFired"
  | "documentsFired"
  | "windowsCorrected"
  | "talliesLeftOut"
  | "documentsCorrected"
  | "corrections"
  | "deadLetters"
  | "sinks"
  | "latest"
>;

/** Merges, fires, and counts. */
export class Merger {
  readonly plan: JobPlan;
  readonly #clock: Clock;
  readonly #onRoom: () => void;
  readonly #windows: WindowStore;
  readonly #queues: readonly SinkQueue[];
  readonly #deadLetters: DeadLetterQueue;
  readonly #onError: (error: unknown) => void;
  readonly #openKeysMax: number;
  readonly #holding: () => string;
  readonly counts: RunCounts;
  readonly early = new EarlyWindows();
  readonly #latest: LatestWindows;
  readonly #corrections = new CorrectionBook();
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #windowsFired = 0;
  #documentsFired = 0;
  #windowsCorrected = 0;
  #talliesLeftOut = 0;
  #documentsCorrected = 0;
  #isPaused = false;

  constructor(options: MergerOptions) {
    const { plan, clock, onRoom, onError, guard = async () => {} } = options;
    this.plan = plan;
    this.#clock = clock;
    this.#onRoom = onRoom;
    this.#onError = onError;
    this.#openKeysMax = options.openKeysMax ?? OPEN_KEYS_MAX;
    this.#holding = options.holding ?? (() => "");
    this.#windows = new WindowStore(plan);
    this.#latest = new LatestWindows(plan);
    this.counts = new RunCounts(plan.filterReasons);
    this.#queues = options.sinks.map(
      (sink) =>
        new SinkQueue({
          sink,
          clock,
          guard,
          onError,
          onRefused: (letters) => this.#deadLetters.push(letters),
          onWritten: onRoom,
          onDelay: options.onFireDelay,
          documentsPendingMax: options.documentsPendingMax,
        }),
    );
    this.#deadLetters = new DeadLetterQueue({
      sink: options.deadLetters,
      guard,
      onWritten: onRoom,
      onError,
    });
  }

  /**
   * Whether flushes must wait: a sink has as many documents as it may, or a
   * checkpoint is being taken.
   */
  get blocked(): boolean {
    return this.blockedBy !== null;
  }

  /** What flushes must wait for: a sink by its name, or what is in the way. */
  get blockedBy(): string | null {
    if (this.#isPaused) return "checkpoint";
    if (this.#deadLetters.full) return "dead letters";
    return this.#queues.find((queue) => queue.full)?.sink.name ?? null;
  }

  /** Whether a sink can't go on: what it has not written waits for ever. */
  get sinkFailed(): boolean {
    return this.#queues.some(({ failed }) => failed);
  }

  /** The global watermark; `-Infinity` while there is none. */
  get watermarkMs(): number {
    return this.#watermarkMs;
  }

  /** Applies one flush, whole. */
  apply({ counts, tallies, deadLetters, arrivedFromMs }: MergeStep): void {
    assert(!this.blocked);
    for (const delta of counts) this.counts.add(delta);
    this.#deadLetters.push(deadLetters);
    this.#correct(this.#windows.merge(tallies, arrivedFromMs));
    if (this.keysOpen > 2 * this.#openKeysMax) {
      const limit = 2 * this.#openKeysMax;
      const { windowCount } = this.#windows;
      this.#onError(tooManyKeys(limit, windowCount, this.#holding()));
    }
  }

  /** Keys of all open windows. */
  get keysOpen(): number {
    return this.#windows.keyCount;
  }

  /** Counts what came after its window had fired, and writes it. */
  #correct(corrections: Corrections): void {
    const { windows, afterIdle } = corrections;
    this.counts.addAfterIdle(afterIdle);
    this.#talliesLeftOut += corrections.talliesLeftOut;
    this.#windowsFired += corrections.windowsFired;
    this.#documentsFired += corrections.documentsFired;
    if (windows.length === 0) return;
    const nowMs = this.#clock.nowMs();
    let documents = 0;
    for (const window of windows) {
      documents += window.rowCount;
      this.#latest.correct(window);
      this.#corrections.add(window, nowMs);
    }
    this.#windowsCorrected += windows.length;
    this.#documentsCorrected += documents - corrections.documentsFired;
    for (const queue of this.#queues) queue.push(windows, nowMs);
  }

  /**
   * Raises the global watermark and fires what it has passed. A lower one than
   * before changes nothing.
   *
   * @param watermarkMs The new global watermark.
   * @param receivedAtMs When it was received, epoch ms; for the delay figures.
   */
  advanceTo(watermarkMs: number, receivedAtMs: number): void {
    if (watermarkMs <= this.#watermarkMs) return;
    this.#watermarkMs = watermarkMs;
    this.#fire(watermarkMs, receivedAtMs);
  }

  /** Fires everything that is left, at the end of a bounded input. */
  fireAll(): void {
    this.#fire(Number.POSITIVE_INFINITY, this.#clock.nowMs());
  }

  #fire(watermarkMs: number, receivedAtMs: number): void {
    const fired = this.#windows.fire(watermarkMs);
    if (fired.length === 0) return;
    for (const window of fired) {
      this.#windowsFired++;
      this.#documentsFired += window.rowCount;
      if (window.rowCount > 0) this.#latest.add(window);
    }
    for (const queue of this.#queues) queue.push(fired, receivedAtMs);
  }

  /**
   * A consistent cut: `take` is called while nothing is merged and all dead
   * letters are in their file. The files of sinks are durable up to what the
   * state says once it resolves.
   *
   * @param take Adds what belongs to the same moment.
   * @returns What it took, and how long the thread was busy with it.
   */
  async snapshot<T>(
    take: (state: MergerState) => T,
  ): Promise<{ readonly taken: T; readonly mainThreadMs: number }> {
    this.#isPaused = true;
    let taken: T;
    let mainThreadMs = 0;
    try {
      await this.#deadLetters.drained();
      const startMs = this.#clock.monotonicMs();
      taken = take(this.#state());
      mainThreadMs = this.#clock.monotonicMs() - startMs;
    } finally {
      this.#isPaused = false;
    }
    this.#onRoom();
    for (const { sink } of this.#queues) await sink.sync();
    await this.#deadLetters.sync();
    return { taken, mainThreadMs };
  }

  #state(): MergerState {
    const { count, lengthBytes } = this.#deadLetters;
    return {
      watermarkMs: this.#watermarkMs,
      windowsFired: this.#windowsFired,
      documentsFired: this.#documentsFired,
      windowsCorrected: this.#windowsCorrected,
      talliesLeftOut: this.#talliesLeftOut,
      documentsCorrected: this.#documentsCorrected,
      counts: this.counts.total(),
      afterIdle: this.counts.afterIdle,
      windows: this.#windows.snapshot(),
      windowArrivals: this.#windows.arrivals(),
      wholeFromMs: this.#windows.wholeFromMs,
      sinks: this.#queues.map((queue) => queue.snapshot()),
      deadLetters: { count, lengthBytes },
    };
  }

  /** Takes over a checkpoint's state, before anything else. */
  restore(state: MergerState): void {
    assert(this.counts.read === 0 && this.#windows.windowCount === 0);
    this.#watermarkMs = state.watermarkMs;
    this.#windowsFired = state.windowsFired;
    this.#documentsFired = state.documentsFired;
    this.#windowsCorrected = state.windowsCorrected;
    this.#talliesLeftOut = state.talliesLeftOut;
    this.#documentsCorrected = state.documentsCorrected;
    this.counts.add(state.counts);
    this.counts.addAfterIdle(state.afterIdle);
    this.#windows.restore(state.windows, state.watermarkMs, state.wholeFromMs);
    this.#windows.restoreArrivals(state.windowArrivals);
    this.#deadLetters.restore(state.deadLetters.count);
    for (const [i, queue] of this.#queues.entries()) {
      const position = state.sinks[i];
      assert(position?.name === queue.sink.name);
      queue.restore(position, refired(this.plan, position.pending));
    }
  }

  /** Resolves when everything fired so far is acknowledged. */
  async drained(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.drained()));
    await this.#deadLetters.drained();
  }

  /** Closes sinks and the dead-letter file. */
  async close(): Promise<void> {
    await Promise.all(this.#queues.map(({ sink }) => sink.close()));
    await this.#deadLetters.close();
  }

  /**
   * Windows that have not fired, as they would now; none while there are more
   * keys than `keysMax`.
   */
  openWindows({
    keysMax,
    query,
    windowsMax,
  }: OpenWindowsChoice): FiredWindow[] {
    if (this.#windows.keyCount > keysMax) return [];
    return this.#windows.provisional(query, windowsMax);
  }

  /** Writes what has changed in open windows, unless something is more urgent. */
  emitEarly(): void {
    this.early.emit({
      windows: this.#windows,
      queues: this.#queues,
      isBlocked: this.blocked,
      nowMs: this.#clock.nowMs(),
    });
  }

  /** The part of the status that is known here. */
  status(): MergerStatus {
    return {
      windowsOpen: this.#windows.windowCount,
      keysOpen: this.#windows.keyCount,
      windowsKept: this.#windows.keptCount,
      windowsFired: this.#windowsFired,
      documentsFired: this.#documentsFired,
      windowsCorrected: this.#windowsCorrected,
      talliesLeftOut: this.#talliesLeftOut,
      documentsCorrected: this.#documentsCorrected,
      corrections: this.#corrections.status(),
      deadLetters: this.#deadLetters.count,
      sinks: this.#queues.map(({ sink, refused, pendingDocuments }) => ({
        name: sink.name,
        ...sink.stats(),
        refused,
        pendingDocuments,
      })),
      latest: this.#latest.status(),
    };
  }
}
