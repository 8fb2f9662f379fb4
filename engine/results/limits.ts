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

/**
 * Cells that a cluster is asked for at once, below the 65,535 buckets that it
 * allows; the busiest are picked from them.
 */
export const CELL_BUCKETS_MAX = 60_000;

/** Windows kept in memory with their rows: a day of ten minutes, and a few. */
export const RECENT_WINDOWS_MAX = 150;

/** Rows kept in memory for each query: a day of a large city, some 12 MB. */
export const RECENT_ROWS_MAX = 400_000;

/** Windows kept as their totals: a fortnight of ten minutes, 0.2 MB. */
export const RECENT_TOTALS_MAX = 2_016;

/** So many totals are forgotten at a time, so that older lines can be kept. */
export const RECENT_TOTALS_AT_ONCE = 256;

/** Spans and precisions whose cells are kept added up: what pages watch. */
export const RECENT_SUMS_MAX = 12;

/** Answers kept of lines of older times, which don't change. */
export const OLDER_LINES_MAX = 16;

/** So many points of a line are read at once, so that the next need no read. */
export const OLDER_POINTS_ALIGNED = 32;

/** Geohashes kept as texts: a large city at three precisions. */
export const CELL_TEXTS_MAX = 50_000;
