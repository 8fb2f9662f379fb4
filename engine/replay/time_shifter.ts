/**
 * Finds out how a source's events have their time, and moves it.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import type { EventChunk } from "./event_chunk.ts";
import { hasOwnTime, withTimesMoved } from "./own_times.ts";
import type { Timestamps } from "./source/timestamps.ts";
import {
  fractionDigitsOf,
  shiftNumber,
  shiftTimes,
} from "./time_shift_kernel.ts";

const SECOND_MS = 1_000;

/** How an event's time is written. */
type TimeForm =
  | { readonly kind: "text" }
  | { readonly kind: "own"; readonly timestamps: Timestamps }
  | { readonly kind: "number"; readonly key: Buffer; readonly unitMs: number };

/** Units of numbers: seconds, milliseconds, microseconds. */
const UNITS_MS = [1_000, 1, 0.001] as const;

function impossible(source: string, text: string): FlagdropError {
  return new FlagdropError(
    "FD_SOURCE",
    `Cannot move the times of "${source}" as ${text}: leave --loop and --adapt-time away`,
    { domain: "user" },
  );
}

/** A field of an event that is a time as a number. */
function numberForm(text: string, timeMs: number): TimeForm | undefined {
  for (const unitMs of UNITS_MS) {
    const value = timeMs / unitMs;
    if (!Number.isInteger(value) || value < 0) continue;
    const found = new RegExp(`("[^"\\\\]*")\\s*:\\s*${value}(?!\\d)`).exec(
      text,
    );
    if (found?.[1] !== undefined) {
      return { kind: "number", key: Buffer.from(found[1]), unitMs };
    }
  }
  return undefined;
}

/** A chunk's bytes as a copy; chunks may share the memory of a whole block. */
function own({ bytes, count, starts, ends }: EventChunk) {
  const from = starts[0] ?? 0;
  const to = ends[count - 1] ?? 0;
  return {
    bytes: Buffer.from(bytes.subarray(from, to)),
    starts: starts.map((start) => start - from),
    ends: ends.map((end) => end - from),
  };
}

/** Moves the times of one source's events. */
export class TimeShifter {
  readonly #source: string;
  readonly #timestamps: Timestamps | undefined;
  #form: TimeForm | undefined;
  #resolutionMs = 1;

  /**
   * @param source Its name, for messages.
   * @param timestamps How its times are written, where that was said.
   */
  constructor(source: string, timestamps?: Timestamps) {
    this.#source = source;
    this.#timestamps = timestamps;
  }

  /** The least difference that times can have, ms: of the first chunk's. */
  get resolutionMs(): number {
    return this.#resolutionMs;
  }

  /**
   * Looks at the first event of a source.
   *
   * @throws {FlagdropError} `FD_SOURCE` if its time is nowhere in it.
   */
  learn(chunk: EventChunk): void {
    if (this.#form !== undefined || chunk.count === 0) return;
    const { bytes } = chunk;
    const [start = 0, end = 0] = [chunk.starts[0], chunk.ends[0]];
    const timeMs = chunk.timesMs[0] ?? Number.NaN;
    const text = bytes.toString("utf8", start, end);
    const timestamps = this.#timestamps;
    if (timestamps !== undefined && hasOwnTime(text, timeMs, timestamps)) {
      this.#form = { kind: "own", timestamps };
      return;
    }
    const fractionDigits = fractionDigitsOf(bytes, start, end, timeMs);
    if (fractionDigits >= 0) {
      this.#form = { kind: "text" };
      this.#resolutionMs = fractionDigits >= 3 ? 1 : SECOND_MS;
      return;
    }
    const form = numberForm(text, timeMs);
    if (form === undefined) {
      throw impossible(
        this.#source,
        "its events have none such as 2016-01-01T00:00:00Z or a number since 1970",
      );
    }
    this.#form = form;
    this.#resolutionMs =
      form.kind === "number" && form.unitMs === SECOND_MS ? SECOND_MS : 1;
  }

  /**
   * The same events, each with its times moved.
   *
   * @param chunk Not changed.
   * @param shiftsMs By how much, an event each.
   * @throws {FlagdropError} `FD_SOURCE` if a time can't be moved so far.
   */
  shifted(chunk: EventChunk, shiftsMs: Float64Array): EventChunk {
    this.learn(chunk);
    if (this.#form?.kind === "own") {
      return this.#rewritten(chunk, shiftsMs, this.#form.timestamps);
    }
    const { count } = chunk;
    const { bytes, starts, ends } = own(chunk);
    const timesMs = new Float64Array(chunk.timesMs);
    for (let i = 0; i < count; i++) {
      const shiftMs = shiftsMs[i] ?? 0;
      const [start = 0, end = 0] = [starts[i], ends[i]];
      if (!this.#shift(bytes, [start, end], shiftMs)) {
        throw this.#unmovable(bytes.toString("utf8", start, end));
      }
      timesMs[i] = (timesMs[i] ?? 0) + shiftMs;
    }
    return { ...chunk, bytes, starts, ends, timesMs };
  }

  /** {@linkcode shifted}, with texts whose lengths may change. */
  #rewritten(
    chunk: EventChunk,
    shiftsMs: Float64Array,
    timestamps: Timestamps,
  ): EventChunk {
    const { count, bytes } = chunk;
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    const timesMs = new Float64Array(count);
    const parts: Buffer[] = [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      const event = bytes.toString("utf8", chunk.starts[i], chunk.ends[i]);
      const timeMs = chunk.timesMs[i] ?? Number.NaN;
      const shiftMs = shiftsMs[i] ?? 0;
      const moved = withTimesMoved(event, { timeMs, shiftMs }, timestamps);
      if (moved === undefined || Number.isNaN(moved.timeMs)) {
        throw this.#unmovable(event);
      }
      const part = Buffer.from(moved.text);
      parts.push(part);
      starts[i] = at;
      at += part.length;
      ends[i] = at;
      // What the form has no digits for is cut off of the event's time too.
      timesMs[i] = moved.timeMs;
    }
    return { ...chunk, bytes: Buffer.concat(parts), starts, ends, timesMs };
  }

  #unmovable(event: string): FlagdropError {
    return impossible(
      this.#source,
      `event ${event.slice(0, 80).trim()}… would leave the years that its form can say, or has its time otherwise than the first`,
    );
  }

  #shift(
    bytes: Buffer,
    [start, end]: readonly [number, number],
    shiftMs: number,
  ): boolean {
    if (!shiftTimes(bytes, start, end, shiftMs)) return false;
    const form = this.#form;
    if (form?.kind !== "number") return true;
    return shiftNumber(bytes, start, end, form.key, form.unitMs, shiftMs);
  }
}
