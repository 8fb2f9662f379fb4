/**
 * Limits of checkpoints, with the reason for each number.
 *
 * @module
 */
import assert from "node:assert/strict";

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

/**
 * How long an owner counts as alive after a sign of life, ms: long enough for
 * a slow request or two, short enough that another machine takes over soon.
 */
export const LEASE_MS = 15_000;

/** Signs of life are given this often, ms: two may fail. */
export const LEASE_RENEWAL_MS = 5_000;

/**
 * How often an owner makes sure that it runs at all, ms; also how often one who
 * waits looks whether the lease has changed.
 */
export const HEARTBEAT_MS = 1_000;

/**
 * Heads that a directory keeps: someone who reads the list of files while two
 * are made and one is deleted still finds the newest.
 */
export const HEADS_KEPT = 3;

/**
 * Attempts to swap a head whose last change was our own but unanswered: each
 * needs another lost answer.
 */
export const SWAP_ATTEMPTS_MAX = 4;

/** Connections to S3: a checkpoint and a sign of life at the same time. */
export const S3_CONNECTIONS_MAX = 2;

/** Opening a connection to S3 may take this long, ms: as for Kinesis. */
export const S3_CONNECT_TIMEOUT_MS = 4_000;

/**
 * Longest silence of S3, ms: two requests of that length still fit into a
 * lease, and a checkpoint of some MiB is sent in less.
 */
export const S3_SILENCE_TIMEOUT_MS = 6_000;

/** Attempts of one request to S3; the next checkpoint is another attempt. */
export const S3_ATTEMPTS_MAX = 2;

/** Pages of 1,000 objects under a prefix: there are few, unless it is shared. */
export const S3_PAGES_MAX = 20;

assert(S3_SILENCE_TIMEOUT_MS * S3_ATTEMPTS_MAX < LEASE_MS);
assert(LEASE_RENEWAL_MS * 2 < LEASE_MS);
assert(HEARTBEAT_MS < LEASE_RENEWAL_MS);
