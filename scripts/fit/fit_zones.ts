/**
 * Where trips start and end: zones of about equal traffic, the traffic between
 * each two of them by the kind of hour, and the fine cells inside.
 *
 * @module
 */
import type { CityFigures } from "../../engine/replay/city_figures.ts";
import {
  encodeAscending,
  encodeWeights,
} from "../../engine/replay/figure_codec.ts";
import { CELL_BITS, cellBitsOf, type FitTrip } from "./fit_trips.ts";

/** A zone with more than this share of all trips' ends is halved. */
const ZONE_SHARE_MAX = 0.01;

/** The smallest zones, a quarter of a geohash of six characters. */
const ZONE_BITS_MAX = 32;

/**
 * Trips (as the sample counts them, weighed) that a period needs in a zone to
 * be trusted as much as the whole week.
 */
const TRUST_WEIGHT = 60;

/** Rounds of proportional fitting; factors stand still after five. */
const FITTING_ROUNDS = 12;

/** Options for {@linkcode fitZones}. */
export interface FitZonesOptions {
  readonly periodOf: (trip: FitTrip) => number;
  readonly periodNames: readonly string[];
}

type ZoneFigures = Pick<
  CityFigures,
  | "cellBits"
  | "cells"
  | "pickupWeights"
  | "dropoffWeights"
  | "zoneStarts"
  | "pairWeights"
  | "periods"
>;

interface CellTraffic {
  readonly cell: number;
  pickups: number;
  dropoffs: number;
}

function cellTraffic(trips: readonly FitTrip[]): CellTraffic[] {
  const cells = new Map<number, CellTraffic>();
  const at = (cell: number) => {
    const present = cells.get(cell) ?? { cell, pickups: 0, dropoffs: 0 };
    cells.set(cell, present);
    return present;
  };
  for (const trip of trips) {
    at(cellBitsOf(trip.pickup)).pickups += trip.weight;
    at(cellBitsOf(trip.dropoff)).dropoffs += trip.weight;
  }
  return [...cells.values()].sort((a, b) => a.cell - b.cell);
}

/** Halves the area until each zone has its small share; gives their starts. */
function zoneStarts(cells: readonly CellTraffic[]): number[] {
  const traffic = (some: readonly CellTraffic[]) =>
    some.reduce((all, { pickups, dropoffs }) => all + pickups + dropoffs, 0);
  const most = traffic(cells) * ZONE_SHARE_MAX;
  const starts: number[] = [];
  const split = (some: readonly CellTraffic[], start: number, bits: number) => {
    if (some.length === 0) return;
    if (bits >= ZONE_BITS_MAX || traffic(some) <= most) {
      starts.push(start);
      return;
    }
    const middle = start + 2 ** (CELL_BITS - bits - 1);
    const cut = some.findIndex(({ cell }) => cell >= middle);
    const below = cut < 0 ? some : some.slice(0, cut);
    split(below, start, bits + 1);
    split(some.slice(below.length), middle, bits + 1);
  };
  split(cells, 0, 0);
  return starts;
}

/** Index of the last start at or before a cell. */
function zoneOf(cell: number, starts: readonly number[]): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= cell) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface Marginals {
  readonly origins: Float64Array;
  readonly destinations: Float64Array;
}

function marginalsOf(pairs: Float64Array, zoneCount: number): Marginals {
  const origins = new Float64Array(zoneCount);
  const destinations = new Float64Array(zoneCount);
  pairs.forEach((weight, index) => {
    const origin = Math.floor(index / zoneCount);
    origins[origin] = (origins[origin] ?? 0) + weight;
    const destination = index % zoneCount;
    destinations[destination] = (destinations[destination] ?? 0) + weight;
  });
  return { origins, destinations };
}

/** A period's share in a zone, drawn to the week's where trips are few. */
function trusted(
  period: Float64Array,
  week: Float64Array,
  periodShare: number,
): Float64Array {
  return week.map((weight, zone) => {
    const expected = weight * periodShare;
    return (
      ((period[zone] ?? 0) + TRUST_WEIGHT * (expected > 0 ? 1 : 0)) *
      (expected / (expected + TRUST_WEIGHT))
    );
  });
}

/** Factors on origins and destinations that turn the week into a period. */
function periodFactors(
  week: Float64Array,
  target: Marginals,
): { originPercents: number[]; destinationPercents: number[] } {
  const zoneCount = target.origins.length;
  const origin = new Float64Array(zoneCount).fill(1);
  const destination = new Float64Array(zoneCount).fill(1);
  const current = () =>
    marginalsOf(
      week.map(
        (weight, index) =>
          weight *
          (origin[Math.floor(index / zoneCount)] ?? 1) *
          (destination[index % zoneCount] ?? 1),
      ),
      zoneCount,
    );
  const adapt = (
    factor: Float64Array,
    is: Float64Array,
    should: Float64Array,
  ) =>
    factor.forEach((value, zone) => {
      const have = is[zone] ?? 0;
      factor[zone] = have > 0 ? value * ((should[zone] ?? 0) / have) : 1;
    });
  for (let i = 0; i < FITTING_ROUNDS; i++) {
    adapt(origin, current().origins, target.origins);
    adapt(destination, current().destinations, target.destinations);
  }
  return {
    originPercents: percents(origin, target.origins),
    destinationPercents: percents(destination, target.destinations),
  };
}

/** Only the proportions matter: makes the mean 100. */
function percents(factors: Float64Array, weights: Float64Array): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const mean =
    factors.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0) / all;
  return Array.from(factors, (value) => Math.round((100 * value) / mean));
}

/** Fits the zones. */
export function fitZones(
  trips: readonly FitTrip[],
  options: FitZonesOptions,
): ZoneFigures {
  const { periodOf, periodNames } = options;
  const cells = cellTraffic(trips);
  const starts = zoneStarts(cells);
  const zoneCount = starts.length;
  const pairsOf = (some: readonly FitTrip[]) => {
    const pairs = new Float64Array(zoneCount ** 2);
    for (const trip of some) {
      const origin = zoneOf(cellBitsOf(trip.pickup), starts);
      const index =
        origin * zoneCount + zoneOf(cellBitsOf(trip.dropoff), starts);
      pairs[index] = (pairs[index] ?? 0) + trip.weight;
    }
    return pairs;
  };
  const week = pairsOf(trips);
  const all = marginalsOf(week, zoneCount);
  const weekWeight = week.reduce((sum, weight) => sum + weight, 0);
  const periods = periodNames.map((name, period) => {
    const pairs = pairsOf(trips.filter((trip) => periodOf(trip) === period));
    const share = pairs.reduce((sum, weight) => sum + weight, 0) / weekWeight;
    const own = marginalsOf(pairs, zoneCount);
    return {
      name,
      ...periodFactors(week, {
        origins: trusted(own.origins, all.origins, share),
        destinations: trusted(own.destinations, all.destinations, share),
      }),
    };
  });
  return {
    cellBits: CELL_BITS,
    cells: encodeAscending(cells.map(({ cell }) => cell)),
    pickupWeights: encodeWeights(cells.map(({ pickups }) => pickups)),
    dropoffWeights: encodeWeights(cells.map(({ dropoffs }) => dropoffs)),
    zoneStarts: encodeAscending(starts),
    pairWeights: encodeWeights([...week]),
    periods,
  };
}
