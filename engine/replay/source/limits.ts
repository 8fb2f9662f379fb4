/**
 * Limits of the replay's sources, with the reason for each number.
 *
 * @module
 */

/** Days whose offsets a time zone keeps: eleven years, half a megabyte. */
export const DAYS_MAX = 4_096;

/**
 * A row of CSV longer than this is no row, but a quote that nobody closed: only
 * its first line is left out.
 */
export const ROW_BYTES_MAX = 64 * 1024;

/** Bytes of one block of texts: some 1,000 events. */
export const TEXT_BLOCK_BYTES = 512 * 1024;

/** Read at once from a file. */
export const FILE_READ_BYTES = 256 * 1024;

/**
 * Bytes in which a part's format shows, decompressed: a header, or the first
 * JSON text.
 */
export const SHAPE_BYTES = 64 * 1024;

/** Read at once when a time is looked for: some hundred lines. */
export const SEEK_PROBE_BYTES = 64 * 1024;

/**
 * Read before the place where a time was found: events that are out of order by
 * less than some 2,000 others are not lost.
 */
export const SEEK_MARGIN_BYTES = 1024 * 1024;

/** Cores for Parquet: the sender beside it needs one too. */
export const PARQUET_THREADS = 1;

/** For DuckDB's buffers while it reads Parquet: a few row groups. */
export const PARQUET_MEMORY_LIMIT = "512MiB";

/** Largest Parquet object that is kept in a temporary file while it is read. */
export const SPOOL_BYTES_MAX = 8 * 1024 ** 3;

/** Parts of one source: some 100 MB of names. */
export const PARTS_MAX = 500_000;

/** Connections to S3: a part, and one more while a time is looked for. */
export const S3_READ_CONNECTIONS_MAX = 4;

/** Opening a connection to S3 may take this long, ms. */
export const S3_CONNECT_TIMEOUT_MS = 5_000;

/** Longest silence of S3 while it is asked, ms. */
export const S3_SILENCE_TIMEOUT_MS = 20_000;

/** Failures of a list in a row: nothing has begun, and nobody waits long. */
export const S3_LIST_FAILURES_MAX = 3;

/**
 * Asked for at once: what a body may have in memory when it comes faster than it
 * is taken, and enough that the wait for the next request is a small part.
 */
export const S3_PIECE_BYTES = 8 * 1024 * 1024;

/** Failures in a row without a byte between them: two minutes or so. */
export const S3_FAILURES_MAX = 12;

/** First wait after a failure of S3, ms. */
export const S3_WAIT_MS = 200;

/** Longest wait after a failure of S3, ms. */
export const S3_WAIT_MS_MAX = 20_000;
