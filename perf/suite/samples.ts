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
