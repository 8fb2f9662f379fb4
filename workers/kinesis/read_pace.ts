/**
 * How often one shard is read.
 *
 * @module
 */
import {
  QUIET_READ_SLOT_MS,
  THROTTLED_READ_INTERVAL_MS_MAX,
  TIP_READ_INTERVAL_MS_MAX,
} from "./limits.ts";

/** How much a throttle stretches the time between reads. */
const SLOWDOWN_FACTOR = 2;

/** How much of a slowdown an unthrottled answer leaves. */
const RECOVERY_FACTOR = 0.85;

/** What an answer brought. */
export type AnswerKind =
  /** Records. */
  | "records"
  /** None, but there are later ones: read on at full pace. */
  | "empty_behind"
  /** None, and there are none. */
  | "tip";

/**
 * The pace: at most so many reads a second; ever fewer at the tip, down to one
 * a second, until records come; fewer while the service throttles.
 */
export class ReadPace {
  readonly #fullMs: number;
  readonly #tipMsMax: number;
  readonly #random: () => number;
  #tipMs: number;
  #slowdown = 1;

  /**
   * @param readsPerSecond More than 0; `Infinity` for no pause at all.
   * @param random Uniform in [0, 1).
   * @throws {RangeError} If `readsPerSecond` isn't a positive number.
   */
  constructor(readsPerSecond: number, random: () => number) {
    if (!(readsPerSecond > 0)) {
      throw new RangeError(
        `Cannot pace reads as "readsPerSecond" must be more than 0: current value is ${readsPerSecond}`,
      );
    }
    this.#fullMs = 1_000 / readsPerSecond;
    this.#tipMsMax = Math.max(TIP_READ_INTERVAL_MS_MAX, this.#fullMs);
    this.#random = random;
    this.#tipMs = this.#fullMs;
  }

  /** Time from the start of one read to the start of the next, ms. */
  get intervalMs(): number {
    return Math.min(
      this.#tipMs * this.#slowdown,
      Math.max(THROTTLED_READ_INTERVAL_MS_MAX, this.#fullMs),
    );
  }

  /**
   * When to read next. Shards that have been quiet for a while are read together,
   * a little sooner than they would be alone, so that the thread wakes up less.
   *
   * @param startedAtMs When the last read began, by the monotonic clock.
   */
  nextAtMs(startedAtMs: number): number {
    const nextMs = startedAtMs + this.intervalMs;
    if (this.#tipMs < this.#tipMsMax) return nextMs;
    const slotMs = nextMs - (nextMs % QUIET_READ_SLOT_MS);
    return Math.max(slotMs, startedAtMs + this.#fullMs);
  }

  /** A wait before the first read, so that shards don't read all at once. */
  firstDelayMs(): number {
    return Math.min(this.#fullMs, TIP_READ_INTERVAL_MS_MAX) * this.#random();
  }

  /** An answer came. */
  afterAnswer(kind: AnswerKind): void {
    this.#slowdown = Math.max(1, this.#slowdown * RECOVERY_FACTOR);
    if (kind !== "tip") this.#tipMs = this.#fullMs;
    else {
      // A pause of nothing can't be doubled: begin with the shortest timer.
      const doubledMs = Math.max(1, this.#tipMs * 2);
      this.#tipMs = Math.min(doubledMs, this.#tipMsMax);
    }
  }

  /**
   * The service throttled a read.
   *
   * @returns How long to wait before the next one, ms.
   */
  afterThrottle(): number {
    const most = Math.max(THROTTLED_READ_INTERVAL_MS_MAX, this.#fullMs);
    const unit = Math.max(1, this.#tipMs);
    this.#slowdown = Math.min(this.#slowdown * SLOWDOWN_FACTOR, most / unit);
    this.#slowdown = Math.max(1, this.#slowdown);
    return unit * this.#slowdown * (0.5 + this.#random());
  }
}
