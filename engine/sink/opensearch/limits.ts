/**
 * Limits of the OpenSearch sink, each with its reason.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DOCUMENTS_PENDING_MAX } from "../../limits.ts";
import { LINE_BYTES_MAX } from "../limits.ts";

/**
 * Bytes of a bulk body at first: some 5,000 documents, where a node's cost for
 * each document has stopped falling.
 */
export const BULK_BYTES_FIRST = 1024 * 1024;

/**
 * Bytes of a bulk body at most. Small domains refuse bodies over 10 MiB, and a
 * larger one is not faster but takes more memory on both sides.
 */
export const BULK_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes that a body never aims below; one document is sent whatever it has. */
export const BULK_BYTES_MIN = 16 * 1024;

/** Bytes that a body grows by with each one that is taken. */
export const BULK_BYTES_STEP = 64 * 1024;

/**
 * Bodies are made no shorter than this for the sake of even shares, bytes: each
 * costs the cluster a write to disk beside its documents.
 */
export const BULK_SHARE_BYTES_MIN = 256 * 1024;

/**
 * Documents of a write, where so many wait: some 20 bodies, as at the end of
 * each write the cluster waits until the next one has begun.
 */
export const DOCUMENTS_PER_BULK_WRITE = 100_000;

/** Requests in flight at first: one is indexed while the next one arrives. */
export const BULK_REQUESTS_FIRST = 2;

/** Requests in flight at most: 32 MiB of bodies, and more only queue there. */
export const BULK_REQUESTS_MAX = 8;

/** Bodies in a row that must be taken before one more may be in flight. */
export const BULK_SUCCESSES_PER_STEP = 16;

/** A request that takes longer says that more would only queue, ms. */
export const BULK_SLOW_MS = 1_000;

/** Waits after refusals, before jitter. */
export const SINK_BACKOFF = { firstMs: 100, mostMs: 30_000 } as const;

/** Longest `Retry-After` that is obeyed, ms; a longer one is a mistake. */
export const RETRY_AFTER_MS_MAX = 10 * 60_000;

/**
 * Silence after which a request is given up, ms: more than the minute that the
 * cluster itself waits for a shard, so that it answers first.
 */
export const REQUEST_SILENCE_MS_MAX = 90_000;

/**
 * How long the cluster may be unreachable at the start, ms: as long as a node
 * needs to start. Later the sink waits for ever.
 */
export const SETUP_MS_MAX = 60_000;

/** A trouble that lasts is said again after this, ms. */
export const TROUBLE_INTERVAL_MS = 30_000;

/** Bytes of an answer; that of a body of 4 MiB has less than 16. */
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** How long a node that failed is passed over while there are others, ms. */
export const NODE_REST_MS = 5_000;

/** From this difference on a clock is set by the service's `Date`, ms. */
export const CLOCK_SKEW_MS = 60_000;

/** Names of indices that are remembered as made: ten years of days. */
export const INDEX_NAMES_MAX = 4_096;

/** Characters of a cluster's reason that go into a message. */
export const REASON_LENGTH_MAX = 300;

assert(BULK_BYTES_MIN > LINE_BYTES_MAX);
assert(BULK_BYTES_FIRST <= BULK_BYTES_MAX);
assert(DOCUMENTS_PER_BULK_WRITE < DOCUMENTS_PENDING_MAX);
