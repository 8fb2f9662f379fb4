/**
 * Settings and limits of the demo.
 *
 * @module
 */

/** Event time against real time, for windows of ten minutes. */
export const DEMO_SPEEDUP = 6_480;

/** The windows to which that belongs, ms: others pass as fast. */
export const DEMO_WINDOW_MS = 600_000;

/** Where the results are, unless told otherwise; made anew each time. */
export const DEMO_STORE = ".flagdrop/demo.duckdb";

/**
 * Memory for the stream: some 20 s at the usual speedup, so that a machine that
 * stands still for a moment catches up, and a laptop doesn't notice.
 */
export const DEMO_STREAM_BYTES = 256 * 1024 * 1024;

/** Event time that the store keeps: about seven minutes of the demo. */
export const DEMO_RETENTION_MS = 30 * 86_400_000;

/** Time between watermarks, ms: often enough that the picture moves. */
export const DEMO_WATERMARK_INTERVAL_MS = 500;

/** Time between lines where there is no terminal, ms. */
export const DEMO_LINE_INTERVAL_MS = 2_000;

/** How long the replay may take to end before it is ended by force, ms. */
export const DEMO_REPLAY_STOP_MS = 5_000;

/** A replay further behind than this, ms, is told to the user. */
export const DEMO_REPLAY_LAG_MS = 2_000;
