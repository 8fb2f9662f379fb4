/**
 * Limits of the translation and of what is asked of a cluster.
 *
 * @module
 */

/**
 * Boxes of one zone that are written into an expression. Flink generates Java
 * from it, and splits methods beyond 4,000 characters; hundreds of boxes work,
 * many thousands make planning take minutes.
 */
export const ZONE_BOXES_MAX = 1_000;

/**
 * Longest silence of a Flink service. Planning a statement set happens while
 * its result is asked for, and takes tens of seconds on a busy machine.
 */
export const REQUEST_MS_MAX = 120_000;

/** Longest answer. A job with a thousand tasks is about 1 MiB. */
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Requests follow one another; a second connection ends a session meanwhile. */
export const CLUSTER_CONNECTIONS_MAX = 2;

/** How often a statement or a job is asked after while it is under way. */
export const POLL_MS = 200;

/** Longest time a statement may take: the gateway plans and hands over. */
export const STATEMENT_MS_MAX = 300_000;

/** Longest time a savepoint may take; state of this job is small. */
export const SAVEPOINT_MS_MAX = 600_000;

/** How often a followed job is asked after, and says so when it goes on. */
export const FOLLOW_MS = 1_000;

/** A line at least this often while a job is followed. */
export const FOLLOW_LINE_MS = 10_000;

/** Time after which a job that was cancelled or rescaled must have obeyed. */
export const CHANGE_MS_MAX = 120_000;

/** How often it is asked after meanwhile. */
export const CHANGE_POLL_MS = 500;

/** Largest jar of connectors: the service takes code of at most 512 MiB. */
export const JAR_BYTES_MAX = 512 * 1024 * 1024;

/** Largest file of a savepoint: fifty thousand open keys are some megabytes. */
export const SAVEPOINT_BYTES_MAX = 1024 * 1024 * 1024;

/** Flink's own limit of parallelism. */
export const PARALLELISM_MAX = 32_768;

/**
 * How long a streaming job writes to one file before the next checkpoint makes it
 * whole, as often as it is saved by default: readers see only whole files.
 */
export const FILE_ROLL_MS = 10_000;
