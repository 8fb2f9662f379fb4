/**
 * Finds out how a source's events have their time, and moves it.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import type { EventChunk } from "./event_chunk.ts";
import {
  fractionDigitsOf,
  shiftNumber,
  shiftTimes,
} from "./time_shift_kernel.ts";

const SECOND_MS = 1_000;

/** How an event's time is written. */
type TimeForm =
  | { readonly kind: "text" }
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
  #form: TimeForm | undefined;
  #resolutionMs = 1;

  /** @param source Its name, for messages. */
  constructor(source: string) {
    this.#source = source;
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
    const fractionDigits = fractionDigitsOf(bytes, start, end, timeMs);
    if (fractionDigits >= 0) {
      this.#form = { kind: "text" };
      this.#resolutionMs = fractionDigits >= 3 ? 1 : SECOND_MS;
      return;
    }
    const text = bytes.toString("utf8", start, end);
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
    const { count } = chunk;
    const { bytes, starts, ends } = own(chunk);
    const timesMs = new Float64Array(chunk.timesMs);
    for (let i = 0; i < count; i++) {
      const shiftMs = shiftsMs[i] ?? 0;
      const [start = 0, end = 0] = [starts[i], ends[i]];
      if (!this.#shift(bytes, [start, end], shiftMs)) {
        throw impossible(
          this.#source,
          `event ${bytes.toString("utf8", start, Math.min(end, start + 80)).trim()}… would leave the years 0 to 9999, or has its time otherwise than the first`,
        );
      }
      timesMs[i] = (timesMs[i] ?? 0) + shiftMs;
    }
    return { ...chunk, bytes, starts, ends, timesMs };
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
