/**
 * What a replay reads: its source, once or round after round, with the events'
 * times as they are or moved.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { FlagdropError } from "../errors.ts";
import type { AdaptTime } from "./adapt_time.ts";
import type {
  EventChunk,
  EventSource,
  SourceProgress,
  SourceStart,
} from "./event_chunk.ts";
import { TimeShifter } from "./time_shifter.ts";

/** In which round a chunk was read, and how far its times were moved. */
export interface InputRound {
  /** 0 at first. */
  readonly round: number;
  /** NaN when it is another for each event. */
  readonly shiftMs: number;
}

/** A chunk of a round. */
export interface InputChunk extends EventChunk, InputRound {}

/** The event times of the data so far, as they are in it; epoch ms. */
export interface InputSpan {
  readonly leastMs: number;
  readonly greatestMs: number;
}

/** Where reading begins: at the beginning, or where another run has stopped. */
export interface InputStart extends SourceStart {
  readonly round?: InputRound;
  readonly span?: InputSpan;
}

/** Options for {@linkcode ReplayInput}. */
export interface ReplayInputOptions {
  readonly source: EventSource;
  readonly clock: Clock;
  /** Event time per real time. */
  readonly speedup: number;
  /** Begin anew at the end of the data. @default {false} */
  readonly loop?: boolean;
  /** @default {"original"} */
  readonly adaptTime?: AdaptTime;
  readonly start?: InputStart;
}

const SECOND_MS = 1_000;

/** The input; read once. */
export class ReplayInput {
  readonly #options: ReplayInputOptions;
  readonly #shifter: TimeShifter;
  #leastMs = Number.POSITIVE_INFINITY;
  #greatestMs = Number.NEGATIVE_INFINITY;
  #round: InputRound = { round: 0, shiftMs: 0 };
  /** For times of ingestion: when the first event was read, and its time. */
  #originMs = Number.NaN;
  #firstMs = Number.NaN;

  /** @throws {FlagdropError} `FD_OPTION` for a second round of what has one. */
  constructor(options: ReplayInputOptions) {
    const { source, loop = false, start = {} } = options;
    if (loop && !source.isRepeatable) {
      throw new FlagdropError(
        "FD_OPTION",
        `Cannot replay "${source.name}" in rounds as it can be read only once: leave --loop away`,
        { domain: "user" },
      );
    }
    this.#options = options;
    this.#shifter = new TimeShifter(source.name, source.timestamps);
    if (start.round !== undefined) this.#round = start.round;
    if (start.span !== undefined) {
      this.#leastMs = start.span.leastMs;
      this.#greatestMs = start.span.greatestMs;
    }
  }

  /** Whether event times never go back. */
  get isOrdered(): boolean {
    return this.#options.source.isOrdered;
  }

  /** How far the present round is read. */
  get progress(): SourceProgress {
    return this.#options.source.progress;
  }

  /** Event times that were read so far. */
  get span(): InputSpan {
    return { leastMs: this.#leastMs, greatestMs: this.#greatestMs };
  }

  /** All events; endless in rounds, unless a round has none. */
  async *read(): AsyncGenerator<InputChunk, void> {
    const { source, loop = false, start = {} } = this.#options;
    const { timeMs = Number.NEGATIVE_INFINITY, position, skipEvents } = start;
    let isAwaited = start.round === undefined;
    let from: SourceStart = {
      timeMs,
      ...(position === undefined ? {} : { position }),
      ...(skipEvents === undefined ? {} : { skipEvents }),
    };
    for (;;) {
      let hasEvents = false;
      for await (const chunk of source.read(from)) {
        if (chunk.count === 0) continue;
        hasEvents = true;
        yield this.#moved(chunk);
      }
      // A run may go on where nothing was left of the round.
      if (!loop || (!hasEvents && isAwaited)) return;
      isAwaited = true;
      this.#nextRound();
      from = { timeMs };
    }
  }

  /** Whole seconds, so that times without fractions stay exact. */
  #nextRound(): void {
    const spanMs = this.#greatestMs - this.#leastMs;
    const seconds = Math.max(1, Math.ceil(spanMs / SECOND_MS));
    const { round, shiftMs } = this.#round;
    this.#round = {
      round: round + 1,
      shiftMs: shiftMs + seconds * SECOND_MS,
    };
  }

  #moved(chunk: EventChunk): InputChunk {
    const { adaptTime = "original", clock } = this.#options;
    const { timesMs, count } = chunk;
    const firstMs = timesMs[0] ?? 0;
    const isFirst = this.#leastMs === Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const timeMs = timesMs[i] ?? 0;
      if (timeMs < this.#leastMs) this.#leastMs = timeMs;
      if (timeMs > this.#greatestMs) this.#greatestMs = timeMs;
    }
    if (adaptTime === "ingestion") return this.#ofIngestion(chunk);
    if (adaptTime === "invocation" && isFirst) {
      const aheadMs = clock.nowMs() - firstMs;
      const shiftMs = Math.floor(aheadMs / SECOND_MS) * SECOND_MS;
      this.#round = { ...this.#round, shiftMs };
    }
    const round = this.#round;
    if (round.shiftMs === 0) return { ...chunk, ...round };
    const shiftsMs = new Float64Array(count).fill(round.shiftMs);
    return { ...this.#shifter.shifted(chunk, shiftsMs), ...round };
  }

  /** Each event at the time at which it is due. */
  #ofIngestion(chunk: EventChunk): InputChunk {
    const { clock, speedup } = this.#options;
    const { timesMs, count } = chunk;
    this.#shifter.learn(chunk);
    const { resolutionMs } = this.#shifter;
    const nowMs = clock.nowMs();
    if (Number.isNaN(this.#originMs)) {
      this.#originMs = nowMs;
      this.#firstMs = (timesMs[0] ?? 0) + this.#round.shiftMs;
    }
    const shiftsMs = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const timeMs = timesMs[i] ?? 0;
      const passedMs = timeMs + this.#round.shiftMs - this.#firstMs;
      const dueMs =
        speedup === Number.POSITIVE_INFINITY
          ? nowMs
          : this.#originMs + passedMs / speedup;
      const targetMs = Math.floor(dueMs / resolutionMs) * resolutionMs;
      shiftsMs[i] = targetMs - timeMs;
    }
    return { ...this.#shifter.shifted(chunk, shiftsMs), ...this.#round };
  }
}
