/**
 * A rate limit: a bucket that fills at a steady rate.
 *
 * @module
 */

/** Options for {@linkcode TokenBucket}. */
export interface TokenBucketOptions {
  /** What flows in, a second. */
  readonly perSecond: number;
  /** What it holds. @default {perSecond} */
  readonly capacity?: number;
}

/** Starts full. Its times are monotonic milliseconds. */
export class TokenBucket {
  readonly #perMs: number;
  #capacity: number;
  #level: number;
  #filledAtMs = 0;

  constructor(options: TokenBucketOptions) {
    const { perSecond, capacity = perSecond } = options;
    this.#perMs = perSecond / 1_000;
    this.#capacity = capacity;
    this.#level = capacity;
  }

  /** Makes the bucket larger, what is added being full, or smaller. */
  resize(capacity: number): void {
    this.#level += Math.max(0, capacity - this.#capacity);
    this.#capacity = capacity;
  }

  /** What is in it now; negative after an overdraft. */
  level(nowMs: number): number {
    const added = Math.max(0, nowMs - this.#filledAtMs) * this.#perMs;
    this.#level = Math.min(this.#capacity, this.#level + added);
    this.#filledAtMs = nowMs;
    return this.#level;
  }

  /** How long until there is more in it than an amount below its capacity. */
  msUntilAbove(amount: number, nowMs: number): number {
    const lacking = amount - this.level(nowMs);
    return lacking < 0 ? 0 : lacking / this.#perMs + 1;
  }

  /** Takes an amount, even if it isn't there. */
  draw(amount: number): void {
    this.#level -= amount;
  }

  /** Takes an amount if it is there. */
  tryDraw(amount: number, nowMs: number): boolean {
    if (this.level(nowMs) < amount) return false;
    this.draw(amount);
    return true;
  }
}
