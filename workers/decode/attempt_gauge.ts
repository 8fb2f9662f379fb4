/**
 * Whether a way that may fail is still worth trying.
 *
 * @module
 */
import {
  GAUGE_CREDIT_MAX,
  GAUGE_PROBE_CREDIT,
  GAUGE_REST_MAX,
  GAUGE_REST_MIN,
} from "./limits.ts";

/**
 * Keeps account of hits and misses. When misses have used up the credit, the
 * way rests for some records and gets a little credit to probe; every rest in
 * turn is twice as long, until credit is full again. So records that always
 * miss cost nearly nothing, and none is given up for ever.
 */
export class AttemptGauge {
  #credit = GAUGE_CREDIT_MAX;
  #restLeft = 0;
  #nextRest = GAUGE_REST_MIN;

  /** Asks before each record whether to try; resting records count here. */
  tries(): boolean {
    if (this.#restLeft === 0) return true;
    this.#restLeft--;
    return false;
  }

  /**
   * It went well.
   *
   * @param gain What it was worth, in any unit that costs have too.
   */
  hit(gain: number): void {
    // As a rule nothing changes, and nothing need be written.
    const isFull = this.#credit === GAUGE_CREDIT_MAX;
    if (isFull && this.#nextRest === GAUGE_REST_MIN) return;
    this.#credit += gain;
    if (this.#credit >= GAUGE_CREDIT_MAX) {
      this.#credit = GAUGE_CREDIT_MAX;
      this.#nextRest = GAUGE_REST_MIN;
    }
  }

  /**
   * It was in vain.
   *
   * @param cost What was lost by trying.
   */
  miss(cost: number): void {
    this.#credit -= cost;
    if (this.#credit > 0) return;
    this.#credit = GAUGE_PROBE_CREDIT;
    this.#restLeft = this.#nextRest;
    this.#nextRest = Math.min(this.#nextRest * 2, GAUGE_REST_MAX);
  }

  /** There is a new reason to try. */
  refill(): void {
    this.#credit = GAUGE_CREDIT_MAX;
    this.#restLeft = 0;
  }

  /** Whether it rests from the next record on. */
  get resting(): boolean {
    return this.#restLeft > 0;
  }
}
