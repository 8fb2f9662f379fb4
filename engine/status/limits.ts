/**
 * Limits of the status server.
 *
 * @module
 */

/** Port unless told otherwise; where it is taken, any free one is used. */
export const STATUS_PORT_DEFAULT = 8787;

/** Request line and headers, bytes: browsers stay well under it. */
export const REQUEST_HEAD_BYTES_MAX = 16 * 1024;

/** Open connections: some browsers, scrapers and probes at once. */
export const CONNECTIONS_MAX = 64;

/** Bytes of the body of an action: a few short fields. */
export const ACTION_BODY_BYTES_MAX = 4 * 1024;

/** Characters of a token: 64 bits even of hexadecimal digits. */
export const TOKEN_LENGTH_MIN = 16;

/** Time a client has for its whole request, ms; bodies are tiny. */
export const REQUEST_TIMEOUT_MS = 10_000;
