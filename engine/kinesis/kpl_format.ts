/**
 * Numbers of the KPL's format, which `kpl_reader.ts` describes.
 *
 * @module
 */

/** The first byte of an aggregated record: no JSON text begins with it. */
export const MAGIC_FIRST = 0xf3;

/** What an aggregated record begins with. */
export const MAGIC: Buffer = Buffer.from([MAGIC_FIRST, 0x89, 0x9a, 0xc2]);

/** Bytes of the md5 at the end. */
export const DIGEST_BYTES = 16;

// Tags: field number × 8 + wire type.

/** Of a partition key. */
export const PARTITION_KEY = 0x0a;
/** Of an explicit hash key. */
export const EXPLICIT_HASH_KEY = 0x12;
/** Of a user record. */
export const RECORD = 0x1a;
/** In a user record, of its partition key's number. */
export const KEY_INDEX = 0x08;
/** In a user record, of its explicit hash key's number. */
export const HASH_KEY_INDEX = 0x10;
/** In a user record, of its data. */
export const DATA = 0x1a;
