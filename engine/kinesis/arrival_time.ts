/**
 * Arrival times as answers have them.
 *
 * @module
 */

/**
 * Times at or above this many units are milliseconds: as seconds they would
 * lie beyond the year 5100, as milliseconds below it they would lie before
 * Kinesis existed.
 */
export const MILLISECONDS_FROM = 1e11;

/** An arrival time given in seconds or in milliseconds, as whole ms. */
export function arrivalToMs(value: number): number {
  return Math.round(value >= MILLISECONDS_FROM ? value : value * 1_000);
}
