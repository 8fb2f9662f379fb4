/**
 * Reads event times as the user's data has them.
 *
 * @module
 */
import { parseTimeMs } from "../../job/time.ts";
import { timePattern } from "./time_pattern.ts";
import { TimeZone } from "./time_zone.ts";

const OFFSET_REGEXP = /(?:Z|[+-]\d\d:\d\d)$/;

/** Seconds with a fraction as numbers have them. */
const NUMBER_REGEXP = /^-?\d+(?:\.\d+)?$/;

/** The last instant that a date can have, epoch ms. */
const TIME_MS_MAX = 8_640_000_000_000_000;

/** What a product of seconds with a fraction may be too small by, ms. */
const ROUNDING_MS = 0.0005;

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

/** Reads times of one form. */
export class Timestamps {
  readonly #factor: number | undefined;
  readonly #pattern: ReturnType<typeof timePattern> | undefined;
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
    const { timeMs, hasOffset } =
      this.#pattern === undefined
        ? { timeMs: parseTimeMs(value), hasOffset: OFFSET_REGEXP.test(value) }
        : this.#pattern(value);
    if (this.#zone === undefined || hasOffset || Number.isNaN(timeMs)) {
      return only(timeMs);
    }
    return this.#zone.instantsOf(timeMs);
  }

  /** {@linkcode read}, with the first of two instants. */
  readMs(value: unknown): number {
    return this.read(value).firstMs;
  }

  #epoch(value: unknown, factor: number): ReadTime {
    const isNumber = typeof value === "number";
    const isText = typeof value === "string" && NUMBER_REGEXP.test(value);
    return isNumber || isText
      ? only(Math.floor(Number(value) * factor + ROUNDING_MS))
      : NO_TIME;
  }
}
