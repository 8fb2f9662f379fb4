/**
 * Limits of the sinks, each with its reason.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * Bytes rendered before they are handed to a file or stream. Large enough that
 * a system call is paid once for some 2,000 documents, small enough to be
 * filled in about a millisecond, after which the event loop gets its turn.
 */
export const RENDER_BUFFER_BYTES = 256 * 1024;

/** Bytes of a longest number in JSON: `-1.7976931348623157e+308`. */
export const NUMBER_BYTES_MAX = 24;

/**
 * Bytes of one document's line. A job of 4 key parts of 64 characters and 16
 * measures with names of 64 characters needs less than 3 KiB.
 */
export const LINE_BYTES_MAX = 8 * 1024;

/**
 * Size of the dead-letter file. 1 GiB holds more than a million letters of a
 * usual record's size; beyond it a broken producer would only fill the disk.
 */
export const DEAD_LETTER_BYTES_MAX = 1024 ** 3;

/**
 * Rows handed to the store's appender at once. The appender works on the
 * calling thread: 2,000 rows hold it for about 2 ms. A data chunk holds 2,048.
 */
export const STORE_SLICE_ROWS_MAX = 2_000;

/**
 * Threads of the store, beside the one that waits for it. Upserts of one
 * transaction gain nothing from more, and the cores belong to the workers.
 */
export const STORE_THREADS = 1;

/**
 * Memory that the store's buffers may use. Indexes of the open tables must
 * fit; ten million documents do.
 */
export const STORE_MEMORY_LIMIT = "512MB";

/** Disk space that the store may use for what does not fit in its memory. */
export const STORE_SPILL_LIMIT = "2GB";

/**
 * Size of the write-ahead log at which the store writes its tables. Lower
 * means more pauses, higher a longer recovery; 16 MB are recovered in 0.4 s.
 */
export const STORE_LOG_LIMIT = "16MB";

/**
 * Size of the store's blocks, in bytes. A table with a key costs several
 * blocks of file and memory however small it is: 0.5 MB at 64 KiB, 1.6 MB at
 * the usual 256 KiB, which 128 tables would turn into 200 MB.
 */
export const STORE_BLOCK_BYTES = 64 * 1024;

/**
 * Result tables in a store, all queries together: 64 MB of memory at 0.5 MB
 * each, and a view over 64 of them is bound in about 10 ms.
 */
export const STORE_TABLES_MAX = 128;

assert(LINE_BYTES_MAX * 16 <= RENDER_BUFFER_BYTES);
assert(STORE_SLICE_ROWS_MAX <= 2_048);
