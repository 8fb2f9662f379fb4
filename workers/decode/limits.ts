/**
 * Limits of the decoder.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * Layouts kept at once: a stream has one or two kinds of producers, and each
 * more would be tried in vain by the records of the others.
 */
export const LAYOUTS_MAX = 8;

/**
 * Outlines remembered until a second record has the same: as many as layouts
 * may stand side by side, twice over.
 */
export const CANDIDATES_MAX = 16;

/**
 * Top-level values of a layout. With more, the generated function could grow
 * past what the engine's compiler optimises (60 KiB of byte code).
 */
export const LAYOUT_VALUES_MAX = 96;

/** Bytes between values of a layout; bounds the generated function likewise. */
export const LAYOUT_LITERAL_BYTES_MAX = 4_096;

/**
 * Longest record that is copied to be scanned when it lies at the very end of
 * its buffer; longer ones go to the walk.
 */
export const COPIED_RECORD_BYTES_MAX = 65_536;

/**
 * Levels of nesting that skipping a value follows: one bit of a number each.
 * Deeper ones are left to JSON.parse.
 */
export const NESTING_MAX = 30;

/**
 * Credit of a way of decoding that has served well: misses it may have before
 * it rests, enough to see through a burst of odd records.
 */
export const GAUGE_CREDIT_MAX = 256;

/** Credit after a rest: a few misses show that nothing has changed. */
export const GAUGE_PROBE_CREDIT = 16;

/** First rest, in records: it is worth asking again soon. */
export const GAUGE_REST_MIN = 256;

/**
 * Longest rest, in records. Probing costs some ten microseconds at most, which
 * vanish beside so many records; and a change is noticed within milliseconds.
 */
export const GAUGE_REST_MAX = 8_192;

/**
 * Records without a known layout that pay for outlining one: it takes as long
 * as walking over some ten of them, so learning stays a small share.
 */
export const OUTLINE_COST_RECORDS = 256;

/** Records that pay for making and optimising a scanner, some milliseconds. */
export const SCANNER_COST_RECORDS = 4_000;

/**
 * Most that may be saved up, and what a decoder begins with: all layouts that
 * are kept at once, and the outlines on the way to them.
 */
export const LEARNING_CREDIT_MAX_RECORDS = 40_000;
assert(
  LEARNING_CREDIT_MAX_RECORDS >
    LAYOUTS_MAX * (SCANNER_COST_RECORDS + 2 * OUTLINE_COST_RECORDS),
);
