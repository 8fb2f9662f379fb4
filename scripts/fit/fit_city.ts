/**
 * The city's figures out of its trips.
 *
 * @module
 */
import { ZoneIndex } from "../../engine/geo/zone_index.ts";
import { taxiZones } from "../../engine/job/presets/taxi.ts";
import type { CityFigures } from "../../engine/replay/city_figures.ts";
import { fitDistance, fitDuration } from "./fit_rides.ts";
import {
  type FitTrip,
  hourOfWeek,
  isInArea,
  isZero,
  type Place,
} from "./fit_trips.ts";
import { fitZones } from "./fit_zones.ts";

const SOURCE =
  "Aggregates of 100,000 trips of January 2016 (TLC trip records of the New York City Taxi and Limousine Commission, sampled by beanumber/nyctaxi, CC0), by scripts/fit_generator.ts";

const NOTES = [
  "Yellow and green trips are weighed by their numbers in the whole month: 10,906,858 and 1,445,285.",
  "Hours are New York's local time, which the generator takes as UTC. The hourly rates leave out 1 January and the blizzard of 23 and 24 January.",
  "Rides over three hours (meters left on, 0.4 % of the sample) are left out of the times.",
  "Cells are geohashes of seven characters, weights are on a logarithmic scale with steps of 10 %.",
] as const;

/** Days that tell nothing about an ordinary week. */
const ODD_DAYS = ["2016-01-01", "2016-01-23", "2016-01-24", "2016-02-01"];

const HOURS_OF_WEEK = 168;
const PASSENGERS_MAX = 6;

/** Names of the periods, in the order of their indexes. */
const PERIODS = [
  "weekday night",
  "weekday morning",
  "weekday noon",
  "weekday evening",
  "weekday late",
  "weekend night",
  "weekend day",
  "weekend late",
] as const;

/** The period of an hour of the week; Friday's late hours are a weekend's. */
function periodOf(hourIndex: number): number {
  const day = Math.floor(hourIndex / 24);
  const hour = hourIndex % 24;
  if (hour < 6) return day >= 5 ? 5 : 0;
  if (day >= 5) return hour < 18 ? 6 : day === 6 ? 4 : 7;
  if (hour < 10) return 1;
  if (hour < 16) return 2;
  if (hour < 20) return 3;
  return day === 4 ? 7 : 4;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function hourlyRates(trips: readonly FitTrip[]): number[] {
  const weights = new Array<number>(HOURS_OF_WEEK).fill(0);
  const days = new Set<string>();
  for (const trip of trips) {
    const day = new Date(trip.dropoffMs).toISOString().slice(0, 10);
    if (ODD_DAYS.includes(day)) continue;
    days.add(day);
    const hour = hourOfWeek(trip.dropoffMs);
    weights[hour] = (weights[hour] ?? 0) + trip.weight;
  }
  const dayCounts = new Array<number>(7).fill(0);
  for (const day of days) {
    const index = Math.floor(hourOfWeek(Date.parse(day)) / 24);
    dayCounts[index] = (dayCounts[index] ?? 0) + 1;
  }
  const rates = weights.map(
    (weight, hour) => weight / (dayCounts[Math.floor(hour / 24)] ?? 1),
  );
  const mean = sum(rates) / HOURS_OF_WEEK;
  return rates.map((rate) => round(rate / mean, 3));
}

function share(
  trips: readonly FitTrip[],
  test: (trip: FitTrip) => boolean,
): number {
  const all = sum(trips.map((trip) => trip.weight));
  const some = sum(trips.filter(test).map((trip) => trip.weight));
  return round(some / all, 6);
}

function brokenShares(trips: readonly FitTrip[]) {
  const isFar = (place: Place) => !isZero(place) && !isInArea(place);
  return {
    bothZero: share(trips, (t) => isZero(t.pickup) && isZero(t.dropoff)),
    pickupZero: share(trips, (t) => isZero(t.pickup) && !isZero(t.dropoff)),
    dropoffZero: share(trips, (t) => !isZero(t.pickup) && isZero(t.dropoff)),
    far: share(trips, (t) => isFar(t.pickup) || isFar(t.dropoff)),
  };
}

/** By the taxi job's own zones, both ends in the city. */
function airportShares(trips: readonly FitTrip[]) {
  const zones = taxiZones("nyc");
  const city = new ZoneIndex(zones.NYC);
  const inZone = (zone: ZoneIndex, { latitudeDeg, longitudeDeg }: Place) =>
    zone.holds(latitudeDeg, longitudeDeg);
  const shareOf = (airport: ZoneIndex) =>
    share(
      trips,
      ({ pickup, dropoff }) =>
        inZone(city, pickup) &&
        inZone(city, dropoff) &&
        inZone(airport, dropoff),
    );
  return {
    JFK: shareOf(new ZoneIndex(zones.JFK)),
    LGA: shareOf(new ZoneIndex(zones.LGA)),
  };
}

function passengerShares(trips: readonly FitTrip[]): number[] {
  return Array.from({ length: PASSENGERS_MAX }, (_, index) =>
    share(trips, (trip) => trip.passengerCount === index + 1),
  );
}

/** Fits everything. */
export function fitCity(trips: readonly FitTrip[]): CityFigures {
  const hours = Array.from({ length: HOURS_OF_WEEK }, (_, hour) => hour);
  const sound = trips.filter(
    (trip) => isInArea(trip.pickup) && isInArea(trip.dropoff),
  );
  const zones = fitZones(sound, {
    periodOf: (trip) => periodOf(hourOfWeek(trip.dropoffMs)),
    periodNames: PERIODS,
  });
  return {
    source: SOURCE,
    notes: NOTES,
    hourOfWeekRates: hourlyRates(trips),
    hourOfWeekPeriods: hours.map(periodOf),
    distance: fitDistance(sound),
    duration: fitDuration(sound),
    passengerShares: passengerShares(trips),
    brokenShares: brokenShares(trips),
    airportShares: airportShares(trips),
    ...zones,
  };
}
