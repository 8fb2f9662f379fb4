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

/**
 * Bytes of records that are scanned together: with what is read from them they
 * stay in the processor's nearest caches.
 */
export const RUN_BYTES_MAX: number = 32 * 1024;

/** Forms of records that are scanned in runs: producers of one or two kinds. */
export const RUN_FORMS_MAX = 4;

/** Bytes of a form's patterns: a record of some 4 KiB. */
export const RUN_PATTERN_BYTES_MAX: number = 16 * 1024;

/**
 * Records that a form is learnt from: some milliseconds, and what is not among
 * them is rare.
 */
export const RUN_SAMPLES = 256;

/**
 * Longest record that a form is learnt from, as all samples are kept together:
 * of longer ones there are few in a run.
 */
export const RUN_SAMPLE_BYTES_MAX: number = 8 * 1024;

/** Shapes of a number that are tried, one after the other. */
export const RUN_SHAPES_MAX = 8;

/** Share of records that all shapes tried of a number must have. */
export const RUN_SHAPES_SHARE_MIN = 0.8;

/** A record in a run saves at least what a run in vain costs. */
export const RUN_GAIN = 1;
/** What a run in vain costs; see {@linkcode RUN_GAIN}. */
export const RUN_MISS_COST = 1;

/**
 * Records between two attempts to learn a form, at first and at most: an
 * attempt takes some milliseconds, as decoding so many records by themselves
 * does; each in turn waits twice as long.
 */
export const RUN_WAIT_MIN = 10_000;
/** See {@linkcode RUN_WAIT_MIN}. */
export const RUN_WAIT_MAX = 1_280_000;

/**
 * Bytes beside an event kind's columns for what is made of them: lists of rows
 * and cells, 4 KiB each, of a few queries.
 */
export const SPARE_BYTES: number = 32 * 1024;
