/**
 * Limits of the HTTP/1.1 reader, with the reason for each number.
 *
 * @module
 */

/** Longest head of an answer; the service sends some hundred bytes. */
export const HEAD_BYTES_MAX = 32 * 1024;

/** Most headers of an answer, and lines of a trailer. */
export const HEADERS_MAX = 128;

/** Interim answers (1xx) before the one that counts. */
export const INTERIM_ANSWERS_MAX = 4;

/** Longest line with the size of a chunk, its extensions included. */
export const CHUNK_LINE_BYTES_MAX = 256;

/** Read at once while an answer's length is not yet known. */
export const READ_BYTES = 64 * 1024;

/**
 * Connections of one worker, each with one request in flight: two hundred
 * shards are more than a thread keeps up with. Further requests wait.
 */
export const CONNECTIONS_MAX = 256;

/** How long a connection may take to open, ms. */
export const CONNECT_MS_MAX = 5_000;

/** An idle connection is closed after this; a server's shorter hint wins. */
export const IDLE_MS_MAX = 30_000;

/** Taken off a server's hint, since its clock started before ours. */
export const IDLE_HINT_MARGIN_MS = 1_000;

/**
 * A connection is replaced after this, so that names are resolved anew: a
 * service moves its addresses, and a connection would stay with an old one.
 */
export const CONNECTION_AGE_MS_MAX = 5 * 60_000;
