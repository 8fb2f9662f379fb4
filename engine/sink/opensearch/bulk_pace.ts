/**
 * How much is sent at once: grows by steps while the cluster takes it quickly,
 * and is halved when it says that it was too much.
 *
 * @module
 */
import {
  BULK_BYTES_FIRST,
  BULK_BYTES_MAX,
  BULK_BYTES_MIN,
  BULK_BYTES_STEP,
  BULK_REQUESTS_FIRST,
  BULK_REQUESTS_MAX,
  BULK_SLOW_MS,
  BULK_SUCCESSES_PER_STEP,
} from "./limits.ts";

/** Additive increase, multiplicative decrease. */
export class BulkPace {
  #bytes = BULK_BYTES_FIRST;
  /** What the cluster has refused as too large is never tried again. */
  #bytesMax = BULK_BYTES_MAX;
  #requests = BULK_REQUESTS_FIRST;
  #successes = 0;
  #epoch = 0;

  /** Bytes that a body aims at. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Requests that may be in flight. */
  get requests(): number {
    return this.#requests;
  }

  /** Goes up with each decrease; a request is judged by that of its start. */
  get epoch(): number {
    return this.#epoch;
  }

  /** A body was taken as a whole. */
  taken(bytes: number, tookMs: number): void {
    if (tookMs > BULK_SLOW_MS) {
      this.#successes = 0;
      return;
    }
    // A short body says nothing of a long one.
    if (bytes * 2 > this.#bytes) {
      this.#bytes = Math.min(this.#bytes + BULK_BYTES_STEP, this.#bytesMax);
    }
    if (++this.#successes < BULK_SUCCESSES_PER_STEP * this.#requests) return;
    this.#successes = 0;
    this.#requests = Math.min(this.#requests + 1, BULK_REQUESTS_MAX);
  }

  /**
   * It was too much. Requests that were in flight together count once.
   *
   * @param epoch What `epoch` was when the request was sent.
   * @param what Whether the whole body was refused, or only tasks that it was
   * dealt to: shorter bodies would only make more of those.
   */
  throttled(epoch: number, what: "body" | "tasks"): void {
    if (epoch !== this.#epoch) return;
    this.#epoch++;
    this.#successes = 0;
    if (this.#requests > 1) this.#requests = this.#requests >> 1;
    else if (what === "body") {
      this.#bytes = Math.max(this.#bytes >> 1, BULK_BYTES_MIN);
    }
  }

  /** A body of so many bytes is larger than the cluster ever takes. */
  tooLarge(bytes: number): void {
    this.#bytesMax = Math.max(
      Math.min(this.#bytesMax, bytes >> 1),
      BULK_BYTES_MIN,
    );
    this.#bytes = Math.min(this.#bytes, this.#bytesMax);
  }
}
