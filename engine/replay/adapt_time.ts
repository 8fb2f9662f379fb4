/**
 * What becomes of events' times on their way into the stream.
 *
 * @module
 */

/**
 * They stay; the first event is now and the others are as far from it as they
 * were; or each has the time at which it is sent.
 */
export const ADAPT_TIMES = ["original", "invocation", "ingestion"] as const;

/** One of {@linkcode ADAPT_TIMES}. */
export type AdaptTime = (typeof ADAPT_TIMES)[number];
