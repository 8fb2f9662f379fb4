/**
 * Reads event times as the user's data has them.
 *
 * @module
 */
import { parseTimeMs } from "../../job/time.ts";
import { offsetMsOf, type TimePattern, timePattern } from "./time_pattern.ts";
import { TimeZone } from "./time_zone.ts";

const OFFSET_REGEXP = /(?:Z|[+-]\d\d:\d\d)$/;

/** Seconds with a fraction as numbers have them. */
const NUMBER_REGEXP = /^-?\d+(?:\.\d+)?$/;

/** `YYYY-MM-DD` */
const DATE_LENGTH = 10;

/** The last instant that a date can have, epoch ms. */
const TIME_MS_MAX = 8_640_000_000_000_000;

/** What a product of seconds with a fraction may be too small by, ms. */
const ROUNDING_MS = 0.0005;

/**
 * A number of units since 1970 as epoch ms.
 *
 * @param unitMs 1,000 for seconds.
 */
export function epochMsOf(value: number, unitMs: number): number {
  return Math.floor(value * unitMs + ROUNDING_MS);
}

/** How event times are written. */
export interface TimestampOptions {
  /** `iso`, `epoch-ms`, `epoch-s`, or a pattern. @default {"iso"} */
  readonly format?: string;
  /** Of times that don't say their offset. @default {"UTC"} */
  readonly timeZone?: string;
}

/** What a time may mean, epoch ms: two instants in autumn's doubled hour. */
export interface ReadTime {
  readonly firstMs: number;
  readonly secondMs: number;
}

const NO_TIME: ReadTime = { firstMs: Number.NaN, secondMs: Number.NaN };

function only(timeMs: number): ReadTime {
  return Math.abs(timeMs) <= TIME_MS_MAX
    ? { firstMs: timeMs, secondMs: timeMs }
    : NO_TIME;
}

/** The forms that the engine itself reads. */
const ISO: TimePattern = {
  read(text) {
    const [offset] = OFFSET_REGEXP.exec(text) ?? [];
    return {
      timeMs: parseTimeMs(text),
      hasOffset: offset !== undefined,
      offsetMs: offsetMsOf(offset ?? "Z"),
    };
  },
  written(text, localMs) {
    const date = new Date(localMs);
    const year = date.getUTCFullYear();
    if (!(year >= 0 && year <= 9_999)) return undefined;
    const digits = date.toISOString().slice(0, -1);
    // Its own separators and offset, and digits beyond milliseconds.
    const [whole = ""] = /^[^Z+]{16}(?::\d\d(?:\.\d{1,3})?)?/.exec(text) ?? [];
    const middle = text.charAt(DATE_LENGTH);
    return (
      digits.slice(0, DATE_LENGTH) +
      middle +
      digits.slice(DATE_LENGTH + 1, whole.length) +
      text.slice(whole.length)
    );
  },
};

/** Reads times of one form. */
export class Timestamps {
  readonly #factor: number | undefined;
  readonly #pattern: TimePattern | undefined;
  readonly #zone: TimeZone | undefined;

  /**
   * @throws {SyntaxError} When the format is no pattern.
   * @throws {RangeError} When there is no such time zone.
   */
  constructor(options: TimestampOptions = {}) {
    const { format = "iso", timeZone = "UTC" } = options;
    if (format === "epoch-ms") this.#factor = 1;
    else if (format === "epoch-s") this.#factor = 1_000;
    else if (format !== "iso") this.#pattern = timePattern(format);
    if (timeZone !== "UTC") this.#zone = new TimeZone(timeZone);
  }

  /** The time in a value out of JSON or a file's column; NaN when it is none. */
  read(value: unknown): ReadTime {
    if (this.#factor !== undefined) return this.#epoch(value, this.#factor);
    if (typeof value !== "string") return NO_TIME;
    const { timeMs, hasOffset } = (this.#pattern ?? ISO).read(value);
    if (this.#zone === undefined || hasOffset || Number.isNaN(timeMs)) {
      return only(timeMs);
    }
    return this.#zone.instantsOf(timeMs);
  }

  /** {@linkcode read}, with the first of two instants. */
  readMs(value: unknown): number {
    return this.read(value).firstMs;
  }

  /**
   * Whether a text is a time in this form that the engine reads in no way, or
   * as another time: of a pattern, or on the clock of a time zone.
   */
  isOwn(text: string): boolean {
    const form = this.#pattern ?? ISO;
    const { timeMs, hasOffset } = form.read(text);
    if (this.#factor !== undefined || Number.isNaN(timeMs)) return false;
    return form !== ISO || (this.#zone !== undefined && !hasOffset);
  }

  /**
   * A time moved, in the form it has, which is this one or one that the engine
   * reads.
   *
   * @param text As it stands in an event.
   * @param shiftMs By how much; what the form has no digits for is cut off.
   * @returns The text itself if it is no time; undefined if it can't be moved so far.
   */
  moved(text: string, shiftMs: number): string | undefined {
    const pattern = this.#pattern ?? ISO;
    const form = Number.isNaN(pattern.read(text).timeMs) ? ISO : pattern;
    const { timeMs, hasOffset, offsetMs } = form.read(text);
    if (Number.isNaN(timeMs)) return text;
    const zone = hasOffset ? undefined : this.#zone;
    if (zone === undefined) {
      return form.written(text, timeMs + offsetMs + shiftMs);
    }
    const instantMs = zone.instantsOf(timeMs).firstMs + shiftMs;
    return form.written(text, instantMs + zone.offsetMs(instantMs));
  }

  #epoch(value: unknown, factor: number): ReadTime {
    const isNumber = typeof value === "number";
    const isText = typeof value === "string" && NUMBER_REGEXP.test(value);
    return isNumber || isText
      ? only(epochMsOf(Number(value), factor))
      : NO_TIME;
  }
}
