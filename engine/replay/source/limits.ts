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
