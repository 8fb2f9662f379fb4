/**
 * The average of two groups of events, each with its own.
 *
 * @module
 */

/** Averages with the number of events that each stands for. */
export function weightedMean(
  [countA, a]: readonly [count: number, average: number],
  [countB, b]: readonly [count: number, average: number],
): number {
  const count = countA + countB;
  return count === 0 ? 0 : (a * countA + b * countB) / count;
}
