/**
 * Limits of checkpoints, with the reason for each number.
 *
 * @module
 */

/** Time between checkpoints, ms: what the reference takes. */
export const CHECKPOINT_INTERVAL_MS = 5_000;

/** Checkpoints kept: a damaged newest one must not be the end. */
export const CHECKPOINTS_KEPT = 3;

/**
 * Age of the last good checkpoint at which a run ends: ten minutes of work
 * would have to be repeated, and the store is clearly not coming back.
 */
export const CHECKPOINT_AGE_MS_MAX = 10 * 60_000;

/** Bytes at a file's beginning that tell it from another one of its name. */
export const FILE_HEAD_BYTES = 64 * 1024;
