/**
 * What the trip generator knows about the city: aggregates fitted to real
 * trips by `scripts/fit_generator.ts` and kept in `city_figures.json`.
 *
 * @module
 */
import figures from "./city_figures.json" with { type: "json" };

/** Values at equally spaced shares of a distribution, from 0 to 1. */
export type Quantiles = readonly number[];

/** The fitted figures as they stand in the file. */
export interface CityFigures {
  readonly source: string;
  readonly notes: readonly string[];
  /** Relative rate of drop-offs in each hour of the week, from Monday 0:00;
   * their mean is 1. */
  readonly hourOfWeekRates: readonly number[];
  /** Index of the {@linkcode CityFigures.periods} for each hour of the week. */
  readonly hourOfWeekPeriods: readonly number[];
  /** Where trips go from and to, by the kind of hour. */
  readonly periods: readonly {
    readonly name: string;
    /** Percent by which each zone's share as an origin differs from the
     * whole week's: 100 is the same. */
    readonly originPercents: readonly number[];
    readonly destinationPercents: readonly number[];
  }[];
  /** First cell of each zone; a zone ends where the next begins. */
  readonly zoneStarts: string;
  /** Weights of origin zone × destination zone, row by row. */
  readonly pairWeights: string;
  /** Interleaved geohash bits of the cells, ascending. */
  readonly cells: string;
  /** Bits of a cell. */
  readonly cellBits: number;
  readonly pickupWeights: string;
  readonly dropoffWeights: string;
  /** Beeline between both ends to distance driven. */
  readonly distance: {
    /** Upper ends of the bins, miles; a last bin is open. */
    readonly beelineMilesBelow: readonly number[];
    /** For the first bin miles, for the others driven ÷ beeline. */
    readonly quantiles: readonly Quantiles[];
  };
  /** Distance driven to time taken. */
  readonly duration: {
    /** Upper ends of the bins, miles; a last bin is open. */
    readonly milesBelow: readonly number[];
    /** For the first bin seconds, for the others seconds a mile. */
    readonly quantiles: readonly Quantiles[];
    /** Factor on the time in each hour of the week. */
    readonly hourOfWeekFactors: readonly number[];
  };
  /** Shares of trips with one to six passengers. */
  readonly passengerShares: readonly number[];
  /** Shares of all trips. */
  readonly brokenShares: {
    /** Both ends at 0, 0. */
    readonly bothZero: number;
    readonly pickupZero: number;
    readonly dropoffZero: number;
    /** An end far from the city. */
    readonly far: number;
  };
  /** Shares of drop-offs at the airports, as the data have them. */
  readonly airportShares: { readonly JFK: number; readonly LGA: number };
}

/** New York's. */
export const NEW_YORK: CityFigures = figures;
