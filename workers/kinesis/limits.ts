/**
 * Limits of reading from Kinesis inside a worker, with the reason for each
 * number.
 *
 * @module
 */
import assert from "node:assert/strict";
import { WORKER_BYTES_IN_FLIGHT } from "../../engine/limits.ts";

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
 * Bytes of answer buffers that a worker keeps for later answers: one of usual
 * size for each of 32 shards. Further ones are left to the garbage collector.
 */
export const SPARE_BUFFER_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Takes after which buffers that none of them needed are let go: some seconds
 * at full rate, minutes at the tip.
 */
export const SPARE_BUFFER_TAKES = 8_000;

/**
 * What an answer should weigh when nobody says otherwise: five a second are
 * more than twice what the service gives of one shard, and what is in hand
 * stays in a processor's cache. Larger ones only cost memory. As answers differ
 * a little, a sixteenth below a power of two: nearly all of them fit into
 * buffers of one size, not now and then into one of twice that.
 */
export const ANSWER_BYTES_DEFAULT = 960 * 1024;

/**
 * Longest answer that is walked where its records are scanned: four times what
 * an answer aims at. Only what answers fill of it takes memory; longer ones are
 * rare, and are copied once more.
 */
export const MEMORY_ANSWER_BYTES: number = 4 * 1024 * 1024;

/**
 * Answers of a worker that are put together where they are walked and scanned:
 * as many as it may have in hand at their usual size. Only what answers fill
 * takes memory, those that are used last first; others are copied.
 */
export const ANSWER_SLOTS = 32;

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
 * Reads of quiet shards begin at multiples of this: a quarter of the time
 * between two, which is never shorter by more.
 */
export const QUIET_READ_SLOT_MS = 250;

/**
 * Longest time between reads of a shard that is throttled. Limits are per
 * second: who waits for many seconds while others don't gets next to nothing
 * of what is granted (with 10 s a tenth of an even share, see the test of
 * `ReadPace`). The largest answer takes five seconds' worth; asking a few times
 * in vain meanwhile costs nothing. The shard's watchdog waits for 30 s.
 */
export const THROTTLED_READ_INTERVAL_MS_MAX = 2_000;

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

/**
 * How often the coordinator hears of a shard that is answered but has nothing
 * new, ms: several times before it takes the shard's loop for ended.
 */
export const ALIVE_INTERVAL_MS = 5_000;

/** Longest message of an event stream: what its specification allows. */
export const EVENT_BYTES_MAX = 24 * 1024 * 1024;

/** Longest headers of such a message, by its specification. */
export const EVENT_HEADER_BYTES_MAX = 128 * 1024;

/** Most bytes of a refusal; a proxy's page is longer, and says nothing. */
export const REFUSAL_BYTES_MAX = 64 * 1024;

/**
 * What a subscription that isn't read may have on its way: the flow control
 * window of its HTTP/2 stream. At 50 ms of round trip it lets 10 MB/s pass,
 * five times what the service pushes of one shard.
 */
export const SUBSCRIPTION_WINDOW_BYTES = 512 * 1024;

/**
 * The window of a whole connection. Node opens it again as data comes,
 * whichever stream it is for, so it only bounds what is between.
 */
export const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;

/**
 * Subscriptions of one connection. Below what the service and usual servers
 * allow (100 and more), so that none waits for another's end.
 */
export const SUBSCRIPTIONS_PER_CONNECTION_MAX = 64;

/**
 * MiB that Node may count for one connection before it refuses streams: all
 * windows full, twice over.
 */
export const CONNECTION_MIB_MAX = 128;

/**
 * A connection takes no further subscriptions after this, so that names are
 * resolved anew: a service moves its addresses.
 */
export const CONNECTION_AGE_MS_MAX = 10 * 60_000;

/**
 * Longest time without any event. The service sends one every few seconds,
 * records or not; after this its subscription is taken to be dead.
 */
export const SUBSCRIPTION_SILENCE_MS_MAX = 35_000;

/**
 * Shortest time between two subscriptions to a shard: the service allows five
 * a second.
 */
export const SUBSCRIBE_INTERVAL_MS_MIN = 250;

/**
 * Wait while the consumer is in use on a shard, before jitter: the service
 * keeps a subscription for five seconds before another may take it over.
 */
export const IN_USE_WAIT_MS = 1_000;

/**
 * Tries to subscribe in a row at which a consumer that is in use is reported:
 * twice what a take-over needs.
 */
export const IN_USE_REPORT_EVERY = 10;

/** Tries in a row at which a shard whose consumer is in use is polled. */
export const IN_USE_TRIES_MAX = 60;

/**
 * Subscriptions in a row without any event at which a shard is polled: some
 * seconds of failures. One that was silent to the end counts for two, as it
 * has cost 35 seconds.
 */
export const EVENTLESS_MAX = 4;

/** How long a shard is polled before fan-out is tried again, at first. */
export const POLLING_MS_FIRST = 30_000;

/** The same when fan-out failed again and again: it doubles up to this. */
export const POLLING_MS_MAX = 10 * 60_000;

assert(ANSWER_BYTES_DEFAULT < ANSWER_BYTES_MAX);
assert(WORKER_BYTES_IN_FLIGHT <= SPARE_BUFFER_BYTES_MAX);
assert(ANSWER_BUFFER_BYTES_MIN <= SPARE_BUFFER_BYTES_MAX);
assert(THROTTLED_READ_INTERVAL_MS_MAX * 1.5 < 30_000);
assert(RETRY_MS_MAX < 30_000);
assert(
  CONNECTION_MIB_MAX * 2 ** 20 >=
    2 * SUBSCRIPTIONS_PER_CONNECTION_MAX * SUBSCRIPTION_WINDOW_BYTES,
);
