/**
 * Limits of the page and what feeds it, each with its reason.
 *
 * @module
 */

/** Time between two pictures, ms: twice a second looks live. */
export const FRAME_INTERVAL_MS = 500;

/**
 * Time between two readings of the lines, ms, where one takes long: they change
 * little, and until they are in memory as a whole the store is asked for their
 * beginning.
 */
export const LINES_INTERVAL_MS = 1_000;

/**
 * Lines that are read in less, ms, are read for every picture: where an hour of
 * events passes in a second they would lag behind the map.
 */
export const LINES_QUICK_MS = 10;

/** Pages that watch at once; with scrapers they fit the server's connections. */
export const VIEWERS_MAX = 48;

/**
 * Frames that may wait for a page; one further behind is let go, and joins
 * anew with a whole picture.
 */
export const FRAMES_WAITING_MAX = 20;

/** Lengths of the time shown, in windows: what the page offers. */
export const SPAN_WINDOWS: readonly number[] = [1, 6, 36, 144];

/** Points of a chart at most: one to three pixels each beside a map. */
export const CHART_POINTS_MAX = 168;

/** Bars of the scrubber at most: some pixels each. */
export const BARS_MAX = 180;

/** The least that a chart spans, in windows. */
export const CHART_WINDOWS_MIN = 36;

/** A chart spans so many times what the map shows. */
export const CHART_SPANS = 24;

/** A chart spans at most this: a week. */
export const CHART_MS_MAX = 7 * 86_400_000;

/** Open keys beyond which open windows aren't shown: that takes too long. */
export const OPEN_KEYS_SHOWN_MAX = 50_000;

/** Open windows shown, against the windows that the map shows. */
export const OPEN_SHARE = 1 / 6;

/** Dead letters shown, the newest. */
export const LETTERS_SHOWN_MAX = 50;

/** Bytes at the end of the dead-letter file that are looked at for them. */
export const LETTERS_READ_BYTES = 256 * 1024;

/** Bytes shown of a dead letter's record. */
export const LETTER_BYTES_SHOWN_MAX = 2_048;
