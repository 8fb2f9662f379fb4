/**
 * Finds out how a source's events have their time, and moves it.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import { type EpochForm, epochFormOf, withEpochMoved } from "./epoch_times.ts";
import type { EventChunk } from "./event_chunk.ts";
import { hasOwnTime, type MovedEvent, withTimesMoved } from "./own_times.ts";
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
  | { readonly kind: "number"; readonly key: Buffer; readonly unitMs: number }
  | { readonly kind: "epoch"; readonly form: EpochForm };

/** The least difference that numbers of a form can have, ms. */
function resolutionMsOf({ unitMs, fractionDigits }: EpochForm): number {
  return Math.max(unitMs / 10 ** fractionDigits, 1);
}

function impossible(source: string, text: string): FlagdropError {
  return new FlagdropError(
    "FD_SOURCE",
    `Cannot move the times of "${source}" as ${text}: leave --loop and --adapt-time away`,
    { domain: "user" },
  );
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

/** Forms whose texts may change their lengths. */
type RewrittenForm = Exclude<TimeForm, { readonly kind: "text" | "number" }>;

/** One event moved; undefined if it can't be. */
function rewritten(
  event: Buffer,
  move: { readonly timeMs: number; readonly shiftMs: number },
  form: RewrittenForm,
): MovedEvent | undefined {
  if (form.kind === "own") {
    return withTimesMoved(event.toString(), move, form.timestamps);
  }
  const bytes = Buffer.from(event);
  if (!shiftTimes(bytes, 0, bytes.length, move.shiftMs)) return undefined;
  return withEpochMoved(bytes.toString(), move, form.form);
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
    const form = epochFormOf(text, timeMs);
    if (form === undefined) {
      throw impossible(
        this.#source,
        "its events have none such as 2016-01-01T00:00:00Z or a number since 1970",
      );
    }
    const { unitMs } = form;
    this.#form = form.isPlain
      ? { kind: "number", key: Buffer.from(form.key), unitMs }
      : { kind: "epoch", form };
    this.#resolutionMs = resolutionMsOf(form);
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
    const form = this.#form;
    if (form?.kind === "own" || form?.kind === "epoch") {
      return this.#rewritten(chunk, shiftsMs, form);
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
      // Seconds have room for seconds only.
      const stepMs = form?.kind === "number" ? Math.max(form.unitMs, 1) : 1;
      timesMs[i] = (timesMs[i] ?? 0) + Math.floor(shiftMs / stepMs) * stepMs;
    }
    return { ...chunk, bytes, starts, ends, timesMs };
  }

  /** {@linkcode shifted}, with texts whose lengths may change. */
  #rewritten(
    chunk: EventChunk,
    shiftsMs: Float64Array,
    form: RewrittenForm,
  ): EventChunk {
    const { count, bytes } = chunk;
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    const timesMs = new Float64Array(count);
    const parts: Buffer[] = [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      const event = bytes.subarray(chunk.starts[i], chunk.ends[i]);
      const timeMs = chunk.timesMs[i] ?? Number.NaN;
      const shiftMs = shiftsMs[i] ?? 0;
      const moved = rewritten(event, { timeMs, shiftMs }, form);
      if (moved === undefined || Number.isNaN(moved.timeMs)) {
        throw this.#unmovable(event.toString());
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
