/**
 * Reads a source ahead of what is sent, and knows the least event time still
 * to come.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { SourcePosition } from "./event_chunk.ts";
import { LOOK_AHEAD_EVENTS, ORDERED_LOOK_AHEAD_EVENTS } from "./limits.ts";
import type { InputRound, ReplayInput } from "./replay_input.ts";
import { TrackedChunk } from "./tracked_chunk.ts";

/** A place before which every event was taken by the stream. */
export interface TakenPlace {
  readonly position: SourcePosition;
  /** Events behind the position that were taken too. */
  readonly skipEvents: number;
  readonly round: InputRound;
}

/** The reader. */
export class LookAhead {
  readonly #input: ReplayInput;
  readonly #eventsMax: number;
  /** Read and not yet given out. */
  #ahead: TrackedChunk[] = [];
  #aheadEvents = 0;
  /** Given out and not yet taken by the stream. */
  #underWay: TrackedChunk[] = [];
  #leastAheadMs = Number.POSITIVE_INFINITY;
  #greatestMs = Number.NEGATIVE_INFINITY;
  #isEnded = false;
  #readEvents = 0;
  /** The chunk that was given out last. */
  #last: TrackedChunk | undefined;
  #error: unknown;
  #wakers: (() => void)[] = [];

  /**
   * @param input What is read.
   * @param eventsMax Events to read ahead where they may be out of order.
   */
  constructor(input: ReplayInput, eventsMax = LOOK_AHEAD_EVENTS) {
    this.#input = input;
    this.#eventsMax = input.isOrdered ? ORDERED_LOOK_AHEAD_EVENTS : eventsMax;
  }

  /**
   * Reads until the source ends or the signal comes. Errors of the source come
   * out of {@linkcode next}.
   */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    try {
      for await (const chunk of this.#input.read()) {
        if (chunk.count > 0) this.#add(new TrackedChunk(chunk));
        // A source that never waits would leave no time for anything else.
        await setImmediate();
        while (this.#aheadEvents >= this.#eventsMax && !signal.aborted) {
          await this.#change();
        }
        if (signal.aborted) break;
      }
    } catch (error) {
      this.#error = error;
    }
    this.#isEnded = true;
    this.#wake();
  }

  /**
   * The next chunk; undefined at the end of the data or after the signal.
   *
   * Waits until as much as can be is read ahead, so that what is known about
   * times is known before the first event goes.
   */
  async next(signal: AbortSignal): Promise<TrackedChunk | undefined> {
    while (
      !this.#isEnded &&
      this.#aheadEvents < this.#eventsMax &&
      !signal.aborted
    ) {
      await this.#change();
    }
    if (this.#error !== undefined && this.#ahead.length === 0) {
      throw this.#error;
    }
    const chunk = signal.aborted ? undefined : this.#ahead.shift();
    if (chunk === undefined) return undefined;
    this.#aheadEvents -= chunk.count;
    // Lets go of the buffers of what is done.
    this.#underWay = this.#underWay.filter((one) => !one.isDone);
    this.#underWay.push(chunk);
    this.#last = chunk;
    this.#leastAheadMs = leastOf(this.#ahead);
    this.#wake();
    return chunk;
  }

  /** Whether the source has no more events, or failed. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Events that were read so far. */
  get readEvents(): number {
    return this.#readEvents;
  }

  /**
   * The furthest place before which all was taken; undefined when nothing was
   * read yet.
   */
  get taken(): TakenPlace | undefined {
    const chunk =
      this.#underWay.find((one) => !one.isDone) ?? this.#ahead[0] ?? this.#last;
    if (chunk === undefined) return undefined;
    const { position, takenCount: skipEvents, round } = chunk;
    return { position, skipEvents, round };
  }

  /** Least event time of what was read and not yet given out, epoch ms. */
  get leastAheadMs(): number {
    return this.#leastAheadMs;
  }

  /** Greatest event time that was read, epoch ms. */
  get greatestMs(): number {
    return this.#greatestMs;
  }

  /**
   * Least event time that the stream may still get, epoch ms: of events under
   * way, read ahead, and (taken to be no earlier than the latest) unread.
   * Infinity when everything was taken.
   */
  get leastComingMs(): number {
    return Math.min(
      leastOf(this.#underWay),
      this.#leastAheadMs,
      this.#isEnded ? Number.POSITIVE_INFINITY : this.#greatestMs,
    );
  }

  #add(chunk: TrackedChunk): void {
    this.#ahead.push(chunk);
    this.#aheadEvents += chunk.count;
    this.#readEvents += chunk.count;
    this.#leastAheadMs = Math.min(this.#leastAheadMs, chunk.leastPendingMs);
    for (let i = 0; i < chunk.count; i++) {
      this.#greatestMs = Math.max(this.#greatestMs, chunk.timesMs[i] ?? 0);
    }
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakers.push(resolve);
    });
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}

function leastOf(chunks: readonly TrackedChunk[]): number {
  return chunks.reduce(
    (least, chunk) => Math.min(least, chunk.leastPendingMs),
    Number.POSITIVE_INFINITY,
  );
}
