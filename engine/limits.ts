/**
 * Every limit of coordinator and workers, with the reason for its number.
 * Sinks, replay and the local Kinesis have their own `limits.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * Bytes of one block of the file input. Large enough that a flush a block
 * costs next to nothing (some 10,000 events), small enough that all cores are
 * busy on files of a few MiB.
 */
export const BLOCK_BYTES = 4 * 1024 * 1024;

/**
 * Blocks in flight for each worker: one being tallied, one waiting, so that a
 * worker never waits for the disk.
 */
export const BLOCKS_PER_WORKER = 2;

/**
 * Longest line of a file input, above Kinesis' own largest record (10 MiB). A
 * longer one is cut into pieces of this size, which no decoder accepts.
 */
export const LINE_BYTES_MAX = 16 * 1024 * 1024;

/** Lines handed to the operator at once; bounds its offset columns. */
export const LINES_PER_BATCH = 4096;

/**
 * Flushes a worker may have on their way: one being merged while the next is
 * made. More would only add delay.
 */
export const FLUSH_CREDITS = 2;

/** Time between flushes, ms: the picture moves ten times a second. */
export const FLUSH_INTERVAL_MS = 100;

/**
 * Keys a worker tallies before it must flush: about 2 MiB of columns, and some
 * hundred times what a city has in one window.
 */
export const TALLY_KEYS_MAX = 65_536;

/** Bytes of dead letters a worker keeps before it must flush. */
export const DEAD_LETTER_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Bytes of answers that one worker may have in flight or in hand. Answers of
 * all shards can come in together, and then each lies in a buffer: what is
 * allowed here is what memory grows to. 64 shards, which is more than a thread
 * keeps up with, still get half a MiB each, five times a second: the 2 MB/s
 * that the service gives a shard.
 */
export const WORKER_BYTES_IN_FLIGHT = 32 * 1024 * 1024;

/**
 * Fired documents that may wait for one sink before merging stops: about
 * 20 MiB of columns, and an hour of a whole city's windows.
 */
export const DOCUMENTS_PENDING_MAX = 500_000;

/** Documents given to a sink at once; one window may be more by itself. */
export const DOCUMENTS_PER_WRITE = 20_000;

/** Dead letters' bytes that may wait for their file before merging stops. */
export const DEAD_LETTER_BYTES_PENDING_MAX = 32 * 1024 * 1024;

/**
 * Time without an answer after which a shard counts as unread: twice what passes
 * between two signs of life of one that is quiet.
 */
export const SHARD_UNREAD_MS = 10_000;

/**
 * Open keys from which on only the shards behind are read, as the others keep
 * too many windows open; at twice as many the run ends. 4 million keys are
 * about 200 MB.
 */
export const OPEN_KEYS_MAX = 2_000_000;

/**
 * Open keys beyond which nothing is written early: sorting and comparing them
 * would hold up merging for longer than a tenth of a second.
 */
export const EARLY_KEYS_MAX = 100_000;

/**
 * Corrected windows that the status names: as many as the page's scrubber has
 * room to mark, at 150 bytes each.
 */
export const CORRECTIONS_SHOWN_MAX = 100;

/** The shortest time between two early writings, ms. */
export const EMIT_EARLY_MS_MIN = 1_000;

/** Workers of one process: piscina's threads, each with a core's worth of work. */
export const WORKERS_MAX = 64;

/** How often a worker's event loop counts up its heartbeat, ms. */
export const HEARTBEAT_INTERVAL_MS = 500;

/** How often the coordinator looks at the heartbeats, ms. */
export const HEARTBEAT_CHECK_MS = 1_000;

/**
 * A thread whose heartbeat stands still for longer is ended and replaced. A
 * full answer or block takes a worker some 100 ms, on a busy machine a second.
 */
export const WORKER_HUNG_MS = 10_000;

/** The same for a thread that loads its modules: slow disks take their time. */
export const WORKER_START_MS_MAX = 60_000;

/** How long a worker that was told to stop may take, ms; then it is lost. */
export const WORKER_STOP_MS_MAX = 15_000;

/**
 * Losses of workers that are made good within `RESTART_WINDOW_MS`: with the
 * pauses below, a record that ends each worker that reads it ends the run
 * after some ten seconds, and a rare accident never does.
 */
export const WORKER_RESTARTS_MAX = 5;

/** The time within which losses of workers are counted, ms. */
export const RESTART_WINDOW_MS = 600_000;

/** Pause before the second replacement within the window; then it doubles. */
export const RESTART_DELAY_FIRST_MS = 500;

/** Longest pause before a replacement, ms. */
export const RESTART_DELAY_MS_MAX = 30_000;

/** Watermarks further ahead of their arrival are refused: 100 years. */
export const WATERMARK_AHEAD_MAX_MS = 36_500 * 86_400_000;

/**
 * How long a shard's answers must be empty at its tip until it no longer holds
 * the watermark back: longer than most hiccups of producers, after which its
 * records would be left out, and short enough to see results at all.
 */
export const IDLE_TIMEOUT_MS = 5 * 60_000;

/**
 * Ids that a shard remembers for `dedupe` when the job does not say: four
 * minutes of a full shard, and some 12 MB in its worker.
 */
export const DEDUPE_IDS_MAX = 262_144;

/** Most ids that a job may have a shard remember: some 200 MB. */
export const DEDUPE_IDS_MOST = 4_194_304;

/** From when on a watermark that is held back, or missing, is warned of, ms. */
export const WATERMARK_WARNING_MS = 60_000;

/** How long a stop may take before what is left is given up, ms. */
export const STOP_TIMEOUT_MS = 30_000;

/** How often the coordinator looks after the shards, ms. */
export const SHARD_WATCH_MS = 1_000;

/**
 * A shard of which nothing is heard for so long is opened anew, ms: many times
 * what a slow answer takes, so that no shard stands still for long.
 */
export const SHARD_SILENT_MS = 30_000;

/**
 * The same with enhanced fan-out, whose readers subscribe anew by themselves
 * after 35 s without an event.
 */
export const SHARD_SILENT_FAN_OUT_MS = 90_000;

/** A worker that does not give a shard back within this is replaced, ms. */
export const SHARD_RELEASE_MS_MAX = 15_000;

/** How often loads are sampled and one shard may be moved to even them out. */
export const LOAD_SAMPLE_MS = 5_000;

/** Weight of a new sample in a shard's load: half a minute is remembered. */
export const SHARD_LOAD_SMOOTHING = 0.3;

/**
 * Share of a thread that a shard counts for at least, above what its requests
 * alone cost: quiet shards are evened out by their number, and while all of
 * them cost little, what differs by chance moves none of them.
 */
export const SHARD_BASE_LOAD = 0.02;

/** A shard that was moved to even loads out stays for as long, ms. */
export const SHARD_BALANCE_MS = 30_000;

/** How often new shards are looked for when nothing has ended, ms. */
export const SHARD_REFRESH_MS = 60_000;

assert(BLOCK_BYTES < LINE_BYTES_MAX);
assert(DOCUMENTS_PER_WRITE < DOCUMENTS_PENDING_MAX);
assert(DEAD_LETTER_BYTES_MAX < DEAD_LETTER_BYTES_PENDING_MAX);
