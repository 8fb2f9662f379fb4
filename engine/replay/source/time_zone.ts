/**
 * Local times of a time zone as instants.
 *
 * The doubled hour of autumn is taken as its first, the one of summer time; the
 * missing hour of spring is moved forward by what is missing. That is what
 * Java's `ZonedDateTime` and JavaScript's `Temporal` do.
 *
 * @module
 */
import { DAYS_MAX } from "./limits.ts";

const DAY_MS = 86_400_000;

/** The instants that a local time may mean; the same one twice when it is one. */
export interface LocalInstants {
  readonly firstMs: number;
  /** The second in the doubled hour. */
  readonly secondMs: number;
}

/** What is known of a local day: its offsets at both ends. */
interface DayOffsets {
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** A time zone of the IANA database. */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, DayOffsets>();

  /**
   * @param name Such as `America/New_York`.
   * @throws {RangeError} When there is no such zone.
   */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "iso8601",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    this.name = name;
  }

  /** How far local time is ahead at an instant, ms. */
  offsetMs(instantMs: number): number {
    const parts = new Map(
      this.#format
        .formatToParts(instantMs)
        .map(({ type, value }) => [type, value]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes) =>
      Number(parts.get(type));
    const date = new Date(0);
    date.setUTCFullYear(part("year"), part("month") - 1, part("day"));
    date.setUTCHours(part("hour"), part("minute"), part("second"));
    return date.getTime() - Math.floor(instantMs / 1_000) * 1_000;
  }

  /**
   * The instants of a local time.
   *
   * @param localMs The time as if it were UTC, epoch ms.
   */
  instantsOf(localMs: number): LocalInstants {
    const { beforeMs, afterMs } = this.#dayOf(localMs);
    const early = localMs - beforeMs;
    if (beforeMs === afterMs) return { firstMs: early, secondMs: early };
    const late = localMs - afterMs;
    const isEarly = this.offsetMs(early) === beforeMs;
    const isLate = this.offsetMs(late) === afterMs;
    if (isEarly && isLate) return { firstMs: early, secondMs: late };
    // In a gap neither is: the offset before it moves the time forward.
    const instant = isLate ? late : early;
    return { firstMs: instant, secondMs: instant };
  }

  #dayOf(localMs: number): DayOffsets {
    const day = Math.floor(localMs / DAY_MS);
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    if (this.#days.size >= DAYS_MAX) this.#days.clear();
    // No offset is above 15 hours, and none changes twice within these days.
    const found = {
      beforeMs: this.offsetMs((day - 1) * DAY_MS),
      afterMs: this.offsetMs((day + 2) * DAY_MS),
    };
    this.#days.set(day, found);
    return found;
  }
}
