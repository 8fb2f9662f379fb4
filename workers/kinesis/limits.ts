/**
 * Limits of reading from Kinesis inside a worker, with the reason for each
 * number.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Most records one GetRecords answer may have: the service's own limit. */
export const RECORDS_PER_READ_MAX = 10_000;

/**
 * Most bytes of one answer: 10 MiB of data, which is the service's limit, in
 * base64, with long partition keys, twice over. More is no GetRecords answer.
 */
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** The smallest answer buffer: an answer of some hundred plain events. */
export const ANSWER_BUFFER_BYTES_MIN = 64 * 1024;

/**
 * Bytes of answer buffers that a worker keeps for later answers: a few full
 * ones. Further ones are left to the garbage collector.
 */
export const SPARE_BUFFER_BYTES_MAX = 32 * 1024 * 1024;

/** What an answer should weigh when nobody says otherwise. */
export const ANSWER_BYTES_DEFAULT = 4 * 1024 * 1024;

/**
 * What a record is taken to weigh before the first has been seen: twice a
 * plain event with its sequence number and names. Records of 1 MiB can't make
 * the first answer larger than the service's 10 MiB.
 */
export const RECORD_BYTES_FIRST = 1_024;

/** Reads of one shard in a second that the service allows. */
export const READS_PER_SECOND_DEFAULT = 5;

/** Longest time between reads of a shard at its tip: a second of delay. */
export const TIP_READ_INTERVAL_MS_MAX = 1_000;

/**
 * Longest time between reads of a shard that is throttled. Its records are
 * kept for a day at least, and its watchdog waits for 30 s.
 */
export const THROTTLED_READ_INTERVAL_MS_MAX = 10_000;

/** First wait after an error that may pass by itself. */
export const RETRY_FIRST_MS = 100;

/** Longest wait after such an error; the watchdog waits for 30 s. */
export const RETRY_MS_MAX = 10_000;

/**
 * Longest time one request may take as a whole. A local stand-in under load
 * takes some seconds for 10 MiB; the watchdog waits for 30 s.
 */
export const REQUEST_MS_MAX = 20_000;

/** Difference of the clocks from which a refused signature is its fault. */
export const CLOCK_SKEW_MS = 4 * 60_000;

assert(ANSWER_BYTES_DEFAULT < ANSWER_BYTES_MAX);
assert(ANSWER_BUFFER_BYTES_MIN <= SPARE_BUFFER_BYTES_MAX);
assert(THROTTLED_READ_INTERVAL_MS_MAX * 1.5 < 30_000);
assert(RETRY_MS_MAX < 30_000);

/**
 * How often the coordinator hears of a shard that is answered but has nothing
 * new, ms: several times before it takes the shard's loop for ended.
 */
export const ALIVE_INTERVAL_MS = 5_000;
