/**
 * Limits of the writing side, with the reason for each number.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Records in one PutRecords request: the service's limit. */
export const PUT_RECORDS_MAX = 500;

/**
 * Bytes of one PutRecords request of several records, data and partition keys:
 * what every Kinesis takes, also one from before records of 10 MiB. A larger
 * record goes in a request of its own, which the service takes since there are
 * such records.
 */
export const PUT_BYTES_MAX = 5 * 1024 * 1024 - 64 * 1024;

/**
 * Bytes from which on a request is worth sending before it has 500 records:
 * beyond it, requests get slower as they get larger. Aggregated records are 20
 * in this.
 */
export const PUT_BYTES_TARGET = 1024 * 1024;

/** Largest record, data and partition key, of a stream of default settings. */
export const RECORD_BYTES_MAX = 1024 * 1024;

/**
 * Bytes of an aggregated record: some 110 trips, as Amazon's library aims at.
 * More wouldn't save requests, and a bad record would lose more.
 */
export const AGGREGATED_BYTES_MAX = 51_200;

/**
 * Records in a row that one shard gets when they are packed: they lie side by
 * side in memory, which takes a replay from memory three quarters of the CPU time
 * that it takes with ones a page apart (`perf/replay_bench.ts`). With 23,000 trips/s and 70 shards, each still gets some
 * within the 50 ms of {@linkcode PUT_LINGER_MS}.
 */
export const PACKED_RUN_RECORDS = 16;

/** What the service takes in one shard each second. */
export const SHARD_RECORDS_PER_SECOND = 1_000;
/** What the service takes in one shard each second, data and partition keys. */
export const SHARD_BYTES_PER_SECOND = 1024 * 1024;

/**
 * How far ahead of its mean rate a shard may be fed, in ms: enough for whole
 * requests, little against the second over which the service counts.
 */
export const SHARD_BURST_MS = 100;

/**
 * How long records wait for company, ms. At the reference's 23,000 events/s
 * that makes requests of some 150 records.
 */
export const PUT_LINGER_MS = 50;

/**
 * Requests in flight at once, each for its own part of the shards. With 15 ms
 * to the service and back, eight carry 260,000 records/s.
 */
export const PUT_LANES_MAX = 8;

/**
 * Bytes of records that wait or are on their way before the source is no
 * longer read: all lanes' requests, once in flight and once waiting.
 */
export const OUTSTANDING_BYTES_MAX = 2 * PUT_LANES_MAX * PUT_BYTES_TARGET;

/**
 * The same for each shard that is fed at its own pace: half a second's worth,
 * so that a stop or a watermark doesn't wait for more.
 */
export const PACED_SHARD_OUTSTANDING_BYTES_MAX = SHARD_BYTES_PER_SECOND / 2;

/** Waits after refusals: short, since a shard's limits renew every second. */
export const PUT_BACKOFF = { firstMs: 50, mostMs: 2_000 } as const;

/**
 * Lists of shards in a row until one names a shard that a record has landed in:
 * some 12 seconds, where lists lag behind by one or two.
 */
export const PUT_LISTS_MAX = 12;

/** A shard that takes nothing for so long ends the replay, ms. */
export const PUT_STALL_MS_MAX = 60_000;

/** A request without a whole answer after this is given up and repeated, ms. */
export const PUT_REQUEST_MS_MAX = 30_000;

/** From this difference on a refused signature is the clock's fault, ms. */
export const PUT_CLOCK_SKEW_MS = 4 * 60_000;

/** An answer of 500 records is some 100 kB. */
export const PUT_ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** Partition keys of one shard, so that records of a shard have many. */
export const PARTITION_KEYS_PER_SHARD = 64;

/**
 * Partition keys that are tried in all; a shard that none of them hits has less
 * than 1/20,000 of the keys, and gets watermarks only.
 */
export const PARTITION_KEYS_TRIED_MAX = 200_000;

assert(PUT_BYTES_TARGET < PUT_BYTES_MAX);
assert(AGGREGATED_BYTES_MAX < RECORD_BYTES_MAX);
