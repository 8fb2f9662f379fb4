/**
 * Limits of what the engine says to the machine that it runs on.
 *
 * @module
 */

/**
 * Keep-alives a watchdog interval: two may get lost, as a spawned process
 * may come too late on a busy machine.
 */
export const WATCHDOG_SHARE = 3;

/** CloudWatch's finest step that costs nothing extra is a minute. */
export const EMF_INTERVAL_MS = 60_000;

/** A metrics file is renamed at this size, and one older kept: some months. */
export const EMF_FILE_BYTES_MAX = 16 * 1024 ** 2;

/** An agent on this machine takes a line at once; else the line is dropped. */
export const EMF_SEND_MS_MAX = 5_000;

/**
 * Shards that have metrics of their own, the newest listed first: beyond, the
 * bill is larger than the use.
 */
export const EMF_SHARDS_MAX = 500;

/** Spot instances have two minutes from the notice; AWS says to look each 5 s. */
export const TERMINATION_LOOK_MS = 5_000;

/** The metadata service is on the same host. */
export const METADATA_MS_MAX = 2_000;

/** Seconds that a metadata token counts; one is taken for each look. */
export const METADATA_TOKEN_SECONDS = 60;

/** A small call to one service; the hook's own time-out goes on meanwhile. */
export const LIFECYCLE_MS_MAX = 10_000;
