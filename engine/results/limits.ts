/**
 * Limits of what can be asked of the results, each with its reason.
 *
 * @module
 */

/** Event time of one request: a year and a bit, about 57,000 windows. */
export const RANGE_MS_MAX = 400 * 86_400_000;

/** Cells of one answer: more than a city has; more make a page slow. */
export const CELLS_MAX = 20_000;

/** Points in time of one answer, more than a screen has columns. */
export const POINTS_MAX = 2_000;

/** Finest cells that are told, characters: 1.2 km by 0.6 km. */
export const CELL_PRECISION_MAX = 6;

/** Ranges of cells that a box is looked up as; its edge is then cut exactly. */
export const BOX_RANGES_MAX = 64;

/** Requests that wait for the store; more are refused rather than queued. */
export const READS_WAITING_MAX = 64;

/** Time that one read of the store may take, ms; a year takes 0.2 s. */
export const READ_TIMEOUT_MS = 10_000;
