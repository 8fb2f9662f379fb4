/**
 * Limits and defaults of the replay, with the reason for each number.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * Events of one chunk of the generator: a chunk takes some 2 ms to make, so
 * that nothing else waits longer for its turn.
 */
export const GENERATOR_CHUNK_EVENTS = 1_024;

/** The longest line of a generated trip is some 480 bytes. */
export const GENERATED_BYTES_MAX = 512;

/**
 * Mean rate of generated trips, per second of event time: with it, speedup 6480
 * gives 23,000 events/s, the rate that the original of this job is known for.
 * (The whole of New York had 4.6 yellow and green trips a second at that time.)
 */
export const GENERATED_EVENTS_PER_SECOND = 3.55;

/**
 * Generated events of any job in the shortest of its windows: what the trips are
 * in ten minutes, so that windows cost what theirs do.
 */
export const EVENTS_PER_WINDOW = 2_130;

/** Places of generated events: as many cells of a map are worth looking at. */
export const JOB_PLACES = 400;

/** How far apart events of one place are, degrees: some 100 m. */
export const PLACE_SPREAD_DEG = 0.001;

/** How long what generated events tell of takes, ms: a ride's quarter hour. */
export const SPAN_MEAN_MS = 15 * 60_000;

/** Lines of one chunk of a file: they take some 4 ms to be read. */
export const FILE_CHUNK_EVENTS = 1_024;

/**
 * Events of a file that are read ahead. Drop-offs that are out of order by less
 * than this are neither late nor sent at a wrong time. Some 35 MB.
 */
export const LOOK_AHEAD_EVENTS = 65_536;

/** Least events that may be read ahead: two chunks. */
export const LOOK_AHEAD_EVENTS_MIN = 2 * FILE_CHUNK_EVENTS;

/** Most events that may be read ahead: some 5 GB. */
export const LOOK_AHEAD_EVENTS_MAX = 10_000_000;

/** Events of a source in perfect order that are read ahead: two chunks. */
export const ORDERED_LOOK_AHEAD_EVENTS = 2_048;

/** The reference's speed: a month's trips in seven minutes. */
export const SPEEDUP_DEFAULT = 6_480;

/** Events are handed over in bursts of this length, ms. */
export const TICK_MS = 20;

/** Real time between watermarks, ms. */
export const WATERMARK_INTERVAL_MS = 5_000;

/** Events between watermarks, if that comes sooner. */
export const WATERMARK_EVENTS = 100_000;

/** Real time between lines of statistics, ms. */
export const STATISTICS_INTERVAL_MS = 60_000;

/** Samples of the rate are this far apart, ms. */
export const RATE_SAMPLE_MS = 1_000;

/**
 * A gap in the data that would be longer than this in real time is skipped, ms:
 * it is a wrong date far ahead, or nobody wants to wait for it.
 */
export const GAP_MS_MAX = 10 * 60_000;

/** How long a stop waits for what was handed over, ms. */
export const STOP_DRAIN_MS_MAX = 5_000;

assert(ORDERED_LOOK_AHEAD_EVENTS >= GENERATOR_CHUNK_EVENTS);
assert(LOOK_AHEAD_EVENTS >= FILE_CHUNK_EVENTS);
