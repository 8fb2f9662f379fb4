/**
 * Colours of the map: steps taken from the data's quantiles, so that both a
 * quiet night and a busy noon use them all.
 *
 * @module
 */

/** Shares of the cells below each step; finer where the busy ones are. */
const QUANTILES: readonly number[] = [0.3, 0.55, 0.75, 0.88, 0.95, 0.985];

/** A change of a step smaller than this share doesn't move it: less flicker. */
const CALM_SHARE = 0.15;

/** Steps of a scale, one more than {@linkcode QUANTILES}. */
export const STEP_COUNT = QUANTILES.length + 1;

/**
 * Ramps whose lightness runs one way, so that they are told apart without
 * colours as well: towards red, darker on light ground, brighter on dark.
 */
export const RAMPS = {
  light: [
    "#ffeda0",
    "#fed976",
    "#feb24c",
    "#fd8d3c",
    "#f4512b",
    "#cf1020",
    "#7f0026",
  ],
  dark: [
    "#3a1c4a",
    "#611f57",
    "#8f2358",
    "#bf2f4c",
    "#e6483a",
    "#fb7d35",
    "#ffc35c",
  ],
} as const;

/**
 * The least value of every step but the lowest, ascending; equal neighbours
 * leave the steps between them empty.
 *
 * @param counts One for each cell, in any order.
 */
export function scaleBreaks(counts: readonly number[]): number[] {
  if (counts.length === 0) return QUANTILES.map(() => Number.POSITIVE_INFINITY);
  const sorted = [...counts].sort((a, b) => a - b);
  let last = 1;
  return QUANTILES.map((share) => {
    const found = sorted[Math.floor(share * (sorted.length - 1))] ?? 1;
    // Steps that hold something: whole numbers that go up.
    last = Math.max(Math.ceil(found), last + 1);
    return last;
  });
}

/** Values of an average: as many cells in every step, as each means the same. */
export function averageBreaks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return QUANTILES.map((_, i) => {
    const share = (i + 1) / STEP_COUNT;
    const found = sorted[Math.floor(share * sorted.length)];
    return found === undefined
      ? Number.POSITIVE_INFINITY
      : Math.round(found * 10) / 10;
  });
}

/** Keeps the breaks that were, unless they are off by more than a little. */
export function calmBreaks(
  before: readonly number[],
  after: readonly number[],
): readonly number[] {
  const isOff = after.some((value, i) => {
    const old = before[i] ?? Number.NaN;
    if (!Number.isFinite(old)) return true;
    const off = Math.abs(value - old);
    return off > Math.max(1, old * CALM_SHARE);
  });
  return isOff ? after : before;
}

/** The step of a value, 0 to `STEP_COUNT - 1`. */
export function stepOf(value: number, breaks: readonly number[]): number {
  let step = 0;
  while (step < breaks.length && value >= (breaks[step] ?? Infinity)) step++;
  return step;
}
