/**
 * The memory that request bodies lie in, used again: a fresh megabyte for each
 * request costs more in page faults than copying into it.
 *
 * @module
 */
import { PUT_LANES_MAX } from "./put_limits.ts";

/** Sizes are rounded up to this, so that one buffer does for most requests. */
const STEP_BYTES = 256 * 1024;

/** Buffers that wait for the next request. */
export class PutBodies {
  readonly #free: Buffer[] = [];

  /** A buffer at least as long. Its content is anything. */
  take(byteCount: number): Buffer {
    const found = this.#free.pop();
    if (found !== undefined && found.length >= byteCount) return found;
    return Buffer.allocUnsafeSlow(
      Math.ceil(byteCount / STEP_BYTES) * STEP_BYTES,
    );
  }

  /**
   * Takes back what {@linkcode take} gave, or a part of it. Only for a request
   * that the service has read whole: one that failed may still be under way.
   */
  giveBack({ buffer }: Buffer): void {
    if (this.#free.length < PUT_LANES_MAX) this.#free.push(Buffer.from(buffer));
  }
}
