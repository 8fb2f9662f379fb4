/**
 * From where on `flagdrop doctor` calls something too little or too much.
 *
 * @module
 */

/** Oldest Node that runs this, as package.json has it. */
export const NODE_VERSION_MIN = "20.18.1";

/**
 * Open files that a run may need: a connection for each of some hundred
 * shards, 64 to the page, the sinks' and the store's. The unit asks for more.
 */
export const OPEN_FILES_MIN = 1_024;

/** What distributions' soft limits are raised to without trouble. */
export const OPEN_FILES_WANTED = 4_096;

/** AWS refuses signatures whose time is further off. */
export const CLOCK_SKEW_MS_MAX = 5 * 60_000;

/** A machine with NTP is within milliseconds; more says that it has none. */
export const CLOCK_SKEW_MS_WARN = 5_000;

/** A day of documents of the taxi job, with room for the store's log. */
export const DISK_FREE_BYTES_WARN = 1024 ** 3;

/** An answer to one question of the doctor; a service that works is faster. */
export const ANSWER_MS_MAX = 10_000;
