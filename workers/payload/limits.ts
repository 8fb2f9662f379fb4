/**
 * Limits of records that hold several texts or packed ones.
 *
 * @module
 */

/** Texts handed to the operator at once; bounds the offset columns. */
export const TEXTS_PER_BATCH = 4_096;

/** Bytes unpacked before they are tallied: as much as stays in the cache. */
export const UNPACKED_BATCH_BYTES = 1024 * 1024;

/** Bytes that one record may unpack to: above Kinesis' largest record. */
export const UNPACKED_RECORD_BYTES_MAX = 16 * 1024 * 1024;

/**
 * How much larger than packed a record may become. JSON shrinks to a tenth, of
 * repetitions to a thirtieth; a record made to fill the memory to a thousandth.
 */
export const UNPACKED_RATIO_MAX = 200;

/** Bytes that any record may unpack to, however small it was. */
export const UNPACKED_RECORD_BYTES_MIN = 64 * 1024;

/**
 * Share of the usual bytes that are asked for at once when records are packed:
 * they unpack to about as many times more, and are tallied before a flush.
 */
export const PACKED_SHARE = 8;
