/**
 * Samples of one figure, summed up.
 *
 * @module
 */

/** The middle of some samples and how far they spread. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly samples: number;
}

/** Sums samples up; those that are no number are left out. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return {
    median: sorted[sorted.length >> 1] ?? Number.NaN,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
    samples: sorted.length,
  };
}

/** Three significant digits, with separators for large numbers. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1_000) {
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
    return (Math.round(value / unit) * unit).toLocaleString("en-US");
  }
  return String(Number(value.toPrecision(3)));
}

/** What holds the true median with this probability, at least. */
const CONFIDENCE = 0.95;

/**
 * The median, and the interval between two of the samples that holds the true
 * one 95 times in 100, whatever their distribution; all of them when they are
 * fewer than six.
 */
export function medianInterval(values: readonly number[]): Spread {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const count = sorted.length;
  // How probable it is that at most `below` of the samples lie on one side.
  let chance = 2 ** -count;
  let tail = chance;
  let below = 0;
  while (
    2 * (tail + (chance * (count - below)) / (below + 1)) <
    1 - CONFIDENCE
  ) {
    chance *= (count - below) / (below + 1);
    tail += chance;
    below++;
  }
  const middle = count >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const lower = count % 2 === 0 ? (sorted[middle - 1] ?? upper) : upper;
  return {
    median: (lower + upper) / 2,
    least: sorted[below] ?? Number.NaN,
    most: sorted[count - 1 - below] ?? Number.NaN,
    samples: count,
  };
}
