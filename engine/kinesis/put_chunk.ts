/**
 * Records on their way into a stream.
 *
 * @module
 */

/** Some records in one buffer, put one by one in any order. */
export interface PutChunk {
  readonly bytes: Buffer;
  /** Where each record begins in `bytes`. */
  readonly starts: Uint32Array;
  /** Where each record ends, exclusive. */
  readonly ends: Uint32Array;
  /** Called once for each record, when the stream has taken it. */
  acknowledge(index: number): void;
}
