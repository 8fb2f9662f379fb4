/**
 * What a fan-out reader does when a subscription is over: subscribe again, and
 * when, or poll for a while.
 *
 * @module
 */
import { errorLine } from "../../engine/errors.ts";
import { backoffMs } from "../../engine/kinesis/backoff.ts";
import {
  EVENTLESS_MAX,
  IN_USE_REPORT_EVERY,
  IN_USE_TRIES_MAX,
  IN_USE_WAIT_MS,
  POLLING_MS_FIRST,
  POLLING_MS_MAX,
  RETRY_FIRST_MS,
  RETRY_MS_MAX,
  SUBSCRIPTION_SILENCE_MS_MAX,
} from "./limits.ts";

/** How a subscription, or the attempt to have one, ended. */
export type SubscriptionEnd =
  /** Quietly, as it does every few minutes. */
  | { readonly type: "over" }
  /** It was given up as nothing came. */
  | { readonly type: "silent" }
  | { readonly type: "in_use" }
  | { readonly type: "throttled" }
  | { readonly type: "failed"; readonly error: Error }
  /** Its last event half said that the shard has ended. */
  | { readonly type: "unclear" };

/** What to do then. */
export interface FanOutStep {
  /** Before subscribing again, ms. */
  readonly waitMs: number;
  /** How long to poll instead of waiting, ms; 0 for not at all. */
  readonly pollingMs: number;
  /** Why, for the log; empty when it is nothing to speak of. */
  readonly reason: string;
  /** How often in a row. */
  readonly attempt: number;
}

const AT_ONCE: FanOutStep = {
  waitMs: 0,
  pollingMs: 0,
  reason: "",
  attempt: 0,
};

/** Keeps count of what went wrong with one shard's subscriptions in a row. */
export class FanOutTroubles {
  readonly #random: () => number;
  /** Whether the present subscription has brought an event. */
  #hasEvents = false;
  #eventless = 0;
  #failures = 0;
  #inUse = 0;
  #throttles = 0;
  #fallbacks = 0;
  #fallbackCount = 0;

  /** @param random Uniform in [0, 1); for jitter. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** How often it said to poll as fan-out didn't work. */
  get fallbackCount(): number {
    return this.#fallbackCount;
  }

  /** A subscription is about to be asked for. */
  begin(): void {
    this.#hasEvents = false;
  }

  /** An event came: all is well. */
  event(): void {
    this.#hasEvents = true;
    this.#eventless = 0;
    this.#failures = 0;
    this.#inUse = 0;
    this.#throttles = 0;
    this.#fallbacks = 0;
  }

  /** What to do about an end. */
  after(end: SubscriptionEnd): FanOutStep {
    switch (end.type) {
      case "over":
        return this.#hasEvents
          ? AT_ONCE
          : this.#eventlessStep("it ended at once", 1);
      case "silent": {
        const reason = `no event came for ${SUBSCRIPTION_SILENCE_MS_MAX / 1_000} s`;
        return this.#hasEvents
          ? { ...AT_ONCE, reason, attempt: 1 }
          : this.#eventlessStep(reason, 2);
      }
      case "failed": {
        const reason = errorLine(end.error);
        return this.#hasEvents
          ? this.#backoff(reason)
          : this.#eventlessStep(reason, 1);
      }
      case "in_use":
        return this.#inUseStep();
      case "throttled":
        return { ...AT_ONCE, waitMs: this.#wait(++this.#throttles) };
      case "unclear":
        // Not for fan-out's failure: GetRecords says it for certain.
        return {
          ...AT_ONCE,
          pollingMs: POLLING_MS_FIRST,
          reason:
            "an event doesn't say for certain whether the shard has ended",
          attempt: 1,
        };
    }
  }

  #wait(attempt: number): number {
    return backoffMs(
      attempt,
      { firstMs: 2 * RETRY_FIRST_MS, mostMs: RETRY_MS_MAX },
      this.#random,
    );
  }

  #backoff(reason: string): FanOutStep {
    const attempt = ++this.#failures;
    return { waitMs: this.#wait(attempt), pollingMs: 0, reason, attempt };
  }

  #eventlessStep(reason: string, weight: number): FanOutStep {
    this.#eventless += weight;
    return this.#eventless < EVENTLESS_MAX
      ? this.#backoff(reason)
      : this.#fallBack(reason);
  }

  #inUseStep(): FanOutStep {
    const attempt = ++this.#inUse;
    const reason =
      "the consumer is in use on it: another process may be reading with it";
    if (attempt >= IN_USE_TRIES_MAX) return this.#fallBack(reason);
    return {
      waitMs: IN_USE_WAIT_MS * (0.5 + this.#random()),
      pollingMs: 0,
      reason: attempt % IN_USE_REPORT_EVERY === 0 ? reason : "",
      attempt,
    };
  }

  #fallBack(reason: string): FanOutStep {
    const pollingMs = Math.min(
      POLLING_MS_FIRST * 2 ** Math.min(this.#fallbacks++, 30),
      POLLING_MS_MAX,
    );
    this.#fallbackCount++;
    // One more try decides after that.
    this.#eventless = EVENTLESS_MAX - 1;
    this.#inUse = IN_USE_TRIES_MAX - IN_USE_REPORT_EVERY;
    this.#failures = 0;
    return { waitMs: 0, pollingMs, reason, attempt: this.#fallbacks };
  }
}
