/**
 * When trips end: a Poisson process whose rate follows the hour of the week.
 *
 * @module
 */
import type { Random } from "./random.ts";

const HOUR_S = 3_600;
const HOURS_OF_WEEK = 168;
const MINUTE_S = 60;

/** 1970-01-01 was a Thursday; weeks of the figures begin on Mondays. */
const EPOCH_HOUR_OF_WEEK = 72;

/** Hour of the week, from Monday 0:00, with its fraction. */
function hourOfWeek(epochS: number): number {
  return (epochS / HOUR_S + EPOCH_HOUR_OF_WEEK) % HOURS_OF_WEEK;
}

/** Options for {@linkcode ArrivalTimes}. */
export interface ArrivalTimesOptions {
  /** Epoch seconds. */
  readonly startS: number;
  /** The mean of a week, per second. */
  readonly meanPerSecond: number;
  /** Relative rates, Monday 0:00 first; their mean is 1. */
  readonly hourOfWeekRates: readonly number[];
}

/** Gives one time after the other. */
export class ArrivalTimes {
  readonly #random: Random;
  readonly #rates: readonly number[];
  readonly #meanPerSecond: number;
  #nowS: number;
  #rate = 0;
  #rateUntilS = Number.NEGATIVE_INFINITY;
  /** Whole hour of the week of the last time. */
  hour = 0;

  constructor(random: Random, options: ArrivalTimesOptions) {
    this.#random = random;
    this.#rates = options.hourOfWeekRates;
    this.#meanPerSecond = options.meanPerSecond;
    this.#nowS = options.startS;
  }

  /** The next time, epoch seconds, whole. Never before the one before. */
  next(): number {
    if (this.#nowS >= this.#rateUntilS) this.#updateRate();
    this.#nowS -= Math.log(1 - this.#random.unit()) / this.#rate;
    return Math.floor(this.#nowS);
  }

  /** Rates are those of the hours' middles, and in between on a line. */
  #updateRate(): void {
    const minuteS = Math.floor(this.#nowS / MINUTE_S) * MINUTE_S;
    this.#rateUntilS = minuteS + MINUTE_S;
    const hour = hourOfWeek(minuteS + MINUTE_S / 2);
    this.hour = Math.floor(hour);
    const fromMiddle = (hour + HOURS_OF_WEEK - 0.5) % HOURS_OF_WEEK;
    const before = Math.floor(fromMiddle);
    const low = this.#rates[before] ?? 1;
    const high = this.#rates[(before + 1) % HOURS_OF_WEEK] ?? 1;
    this.#rate =
      this.#meanPerSecond * (low + (high - low) * (fromMiddle - before));
  }
}
