/**
 * Endless taxi trips with New York's real shape.
 *
 * Times of the data are New York's local time; here they are taken as UTC, so
 * that eight in the evening is busy at 20:00Z.
 *
 * @module
 */
import { ArrivalTimes } from "./arrival_times.ts";
import { NEW_YORK } from "./city_figures.ts";
import type { EventChunk, EventSource, SourceStart } from "./event_chunk.ts";
import {
  type GeneratorIdentity,
  generatedPosition,
  readGenerated,
} from "./generated_chunks.ts";
import {
  GENERATED_BYTES_MAX,
  GENERATED_EVENTS_PER_SECOND,
  GENERATOR_CHUNK_EVENTS,
} from "./limits.ts";
import { Random } from "./random.ts";
import { TripLineWriter } from "./trip_line_kernel.ts";
import { TripModel } from "./trip_model_kernel.ts";

/** 2016-01-01T00:00:00Z, a Friday. */
export const GENERATOR_START_MS = 1_451_606_400_000;

/** Number of the first trip. */
const FIRST_ID = 300_000_000;

/** Options for {@linkcode TripGenerator}. */
export interface TripGeneratorOptions {
  /** The same seed gives the same bytes. @default {1} */
  readonly seed?: number;
  /**
   * Event time at which it begins, epoch ms, whole seconds.
   *
   * @default {1_451_606_400_000} 2016-01-01T00:00:00Z
   */
  readonly startMs?: number;
  /** Mean over a week, per second of event time. @default {3.55} */
  readonly eventsPerSecond?: number;
}

/**
 * The generator: drop-off ordered, never at an end.
 *
 * @example Usage
 * ```ts
 * const generator = new TripGenerator({ seed: 7 });
 * const chunk = generator.next(1000);
 * ```
 */
export class TripGenerator implements EventSource {
  readonly name = "generator";
  readonly isOrdered = true;
  readonly isRepeatable = true;
  readonly progress = { readBytes: 0, totalBytes: undefined } as const;
  readonly counts = { unparsable: 0, watermarks: 0 } as const;
  readonly #options: TripGeneratorOptions;
  readonly #version: string;
  readonly #arrivals: ArrivalTimes;
  readonly #model: TripModel;
  readonly #writer = new TripLineWriter();
  #hour = -1;
  #id = FIRST_ID;

  constructor(options: TripGeneratorOptions = {}) {
    const {
      seed = 1,
      startMs = GENERATOR_START_MS,
      eventsPerSecond = GENERATED_EVENTS_PER_SECOND,
    } = options;
    if (!(eventsPerSecond > 0)) {
      throw new RangeError(
        `Cannot generate trips as 'eventsPerSecond' must be positive: current value is ${eventsPerSecond}`,
      );
    }
    this.#options = options;
    this.#version = `seed ${seed}, ${eventsPerSecond}/s from ${startMs}`;
    const random = new Random(seed);
    this.#model = new TripModel(NEW_YORK, random);
    this.#arrivals = new ArrivalTimes(random, {
      startS: Math.floor(startMs / 1_000),
      meanPerSecond: eventsPerSecond,
      hourOfWeekRates: NEW_YORK.hourOfWeekRates,
    });
  }

  /**
   * Makes the next trips. How many at once makes no difference to them.
   *
   * @param count Trips to make.
   */
  next(count: number = GENERATOR_CHUNK_EVENTS): EventChunk {
    const bytes = Buffer.allocUnsafeSlow(count * GENERATED_BYTES_MAX);
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    const timesMs = new Float64Array(count);
    let end = 0;
    const position = generatedPosition(this.#identity(), this.#id - FIRST_ID);
    for (let i = 0; i < count; i++) {
      const dropoffS = this.#arrivals.next();
      if (this.#arrivals.hour !== this.#hour) {
        this.#hour = this.#arrivals.hour;
        this.#model.setHourOfWeek(this.#hour);
      }
      this.#model.draw();
      starts[i] = end;
      end = this.#writer.write(bytes, end, this.#model, this.#id++, dropoffS);
      ends[i] = end;
      timesMs[i] = dropoffS * 1_000;
    }
    return { bytes, count, starts, ends, timesMs, position };
  }

  /**
   * The trips from the first one on, whatever `next` has made. What comes
   * before the start is made too, at half a million trips a second.
   */
  async *read(start: SourceStart = {}): AsyncGenerator<EventChunk, void> {
    yield* readGenerated(
      new TripGenerator(this.#options),
      start,
      this.#identity(),
    );
  }

  #identity(): GeneratorIdentity {
    return { name: this.name, version: this.#version };
  }
}
