/**
 * How far rides go and how long they take.
 *
 * @module
 */
import type { CityFigures } from "../../engine/replay/city_figures.ts";
import { beelineMiles } from "../../engine/replay/trip_model_kernel.ts";
import { type FitTrip, hourOfWeek } from "./fit_trips.ts";

/** Quantiles of each distribution: 0, 1/24, … 1. */
const QUANTILE_COUNT = 25;

/** A distribution's outermost part that is cut off at either end: typing and
 * meter errors. */
const CUT_SHARE = 0.003;

const DURATION_S_MAX = 3 * 3_600;

/** Driven distances that can't be: shorter than the beeline, ten times it. */
const RATIO_MIN = 0.9;
const RATIO_MAX = 10;

/** Seconds a mile: 70 and 1 miles an hour. */
const PACE_MIN = 51;
const PACE_MAX = 3_600;

const BEELINE_MILES_BELOW = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 11, 15];
const MILES_BELOW = [0.3, 0.6, 1, 1.5, 2, 3, 4, 6, 8, 11, 14, 18, 23];

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

interface Sample {
  readonly value: number;
  readonly weight: number;
}

/** Weighted quantiles without the outermost part of the distribution. */
function quantiles(samples: readonly Sample[], digits: number): number[] {
  const sorted = [...samples].sort((a, b) => a.value - b.value);
  const total = sorted.reduce((all, { weight }) => all + weight, 0);
  const result: number[] = [];
  let index = 0;
  let passed = 0;
  for (let i = 0; i < QUANTILE_COUNT; i++) {
    const share = CUT_SHARE + (i / (QUANTILE_COUNT - 1)) * (1 - 2 * CUT_SHARE);
    while (
      index < sorted.length - 1 &&
      passed + (sorted[index]?.weight ?? 0) < share * total
    ) {
      passed += sorted[index]?.weight ?? 0;
      index++;
    }
    result.push(round(sorted[index]?.value ?? 0, digits));
  }
  return result;
}

function binOf(value: number, below: readonly number[]): number {
  const bin = below.findIndex((end) => value < end);
  return bin < 0 ? below.length : bin;
}

function beelineOf({ pickup, dropoff }: FitTrip): number {
  return beelineMiles(
    pickup.latitudeDeg,
    pickup.longitudeDeg,
    dropoff.latitudeDeg,
    dropoff.longitudeDeg,
  );
}

/** Beeline to distance driven. */
export function fitDistance(
  trips: readonly FitTrip[],
): CityFigures["distance"] {
  const bins: Sample[][] = [];
  for (const trip of trips) {
    const beeline = beelineOf(trip);
    const bin = binOf(beeline, BEELINE_MILES_BELOW);
    const ratio = trip.miles / beeline;
    if (trip.miles <= 0) continue;
    if (bin > 0 && !(ratio > RATIO_MIN && ratio < RATIO_MAX)) continue;
    bins[bin] ??= [];
    bins[bin].push({
      value: bin === 0 ? trip.miles : Math.max(ratio, 1),
      weight: trip.weight,
    });
  }
  return {
    beelineMilesBelow: BEELINE_MILES_BELOW,
    quantiles: bins.map((samples) => quantiles(samples, 3)),
  };
}

/** A ride that says something about times. */
function isTimed(trip: FitTrip): boolean {
  const pace = trip.durationS / trip.miles;
  return (
    trip.durationS > 0 &&
    trip.durationS <= DURATION_S_MAX &&
    (trip.miles < (MILES_BELOW[0] ?? 0) || (pace > PACE_MIN && pace < PACE_MAX))
  );
}

/** Mean times in each hour against those of all hours, at equal distances. */
function hourFactors(trips: readonly FitTrip[]): number[] {
  const whole = new Map<number, Sample>();
  const add = (map: Map<number, Sample>, key: number, more: Sample) => {
    const { value = 0, weight = 0 } = map.get(key) ?? {};
    map.set(key, { value: value + more.value, weight: weight + more.weight });
  };
  for (const { miles, durationS, weight } of trips) {
    add(whole, binOf(miles, MILES_BELOW), {
      value: (durationS / Math.max(miles, 0.1)) * weight,
      weight,
    });
  }
  const actual = new Map<number, Sample>();
  const expected = new Map<number, Sample>();
  for (const { miles, durationS, weight, dropoffMs } of trips) {
    const bin = binOf(miles, MILES_BELOW);
    if (bin === 0) continue;
    const mean = whole.get(bin) ?? { value: 0, weight: 1 };
    const hour = hourOfWeek(dropoffMs);
    const pace = mean.value / mean.weight;
    add(actual, hour, { value: durationS * weight, weight });
    add(expected, hour, { value: pace * miles * weight, weight });
  }
  return Array.from({ length: 168 }, (_, hour) =>
    round((actual.get(hour)?.value ?? 1) / (expected.get(hour)?.value ?? 1), 3),
  );
}

/** Distance driven to time taken. */
export function fitDuration(
  trips: readonly FitTrip[],
): CityFigures["duration"] {
  const timed = trips.filter(isTimed);
  const factors = hourFactors(timed);
  const bins: Sample[][] = [];
  for (const trip of timed) {
    const bin = binOf(trip.miles, MILES_BELOW);
    const factor = factors[hourOfWeek(trip.dropoffMs)] ?? 1;
    const seconds = trip.durationS / factor;
    bins[bin] ??= [];
    bins[bin].push({
      value: bin === 0 ? seconds : seconds / trip.miles,
      weight: trip.weight,
    });
  }
  return {
    milesBelow: MILES_BELOW,
    quantiles: bins.map((samples) => quantiles(samples, 0)),
    hourOfWeekFactors: factors,
  };
}
