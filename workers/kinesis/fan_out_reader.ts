/**
 * Reads one shard by enhanced fan-out, from where it is told to its end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { CALLED_OFF } from "../../engine/clock.ts";
import {
  GarbledAnswerError,
  KinesisRequestError,
} from "../../engine/kinesis/request_error.ts";
import { compareSequenceNumbers } from "../../engine/kinesis/sequence_number.ts";
import type { ShardStart } from "../record_batch.ts";
import { AnswerReader } from "./answer_reader.ts";
import { refusedShard } from "./failure_answer.ts";
import {
  type FanOutStep,
  FanOutTroubles,
  type SubscriptionEnd,
} from "./fan_out_troubles.ts";
import {
  ALIVE_INTERVAL_MS,
  SUBSCRIBE_INTERVAL_MS_MIN,
  SUBSCRIPTION_SILENCE_MS_MAX,
} from "./limits.ts";
import { ShardReader } from "./shard_reader.ts";
import type {
  ReadableShard,
  RunningReader,
  ShardReaderOptions,
} from "./shard_reader_options.ts";
import type { Subscription, SubscriptionTransport } from "./subscription.ts";
import { throughGate } from "./through_gate.ts";
import type { RecordsAnswer } from "./transport.ts";

/** Options for {@linkcode FanOutReader}. */
export interface FanOutReaderOptions extends ShardReaderOptions {
  /** Carries the subscriptions; `transport` is for when there are none. */
  readonly subscriptions: SubscriptionTransport;
}

const SILENT = "silent";

/**
 * One shard's loop. One subscription is held at a time, or none.
 *
 * - A subscription that is over says nothing: another is opened after the last
 *   sequence number that the service named, at once if it brought events.
 * - Only an event without a number to go on from, and with children, ends the
 *   shard. When it says one without the other, GetRecords decides.
 * - Silence, failures, throttles and a consumer in use are dealt with as
 *   {@linkcode FanOutTroubles} says. When subscriptions bring nothing, the
 *   shard is polled for a while, by a `ShardReader`.
 * - What trying again can't help ends `run()` with a `FlagdropError`.
 */
export class FanOutReader implements RunningReader {
  readonly shard: ReadableShard;
  readonly #options: FanOutReaderOptions;
  readonly #answers: AnswerReader;
  readonly #troubles: FanOutTroubles;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #reading: RunningReader["reading"] = "fan_out";
  /** What the service named to go on from; may be past the position. */
  #continuation = "";
  #subscribedAtMs = Number.NEGATIVE_INFINITY;
  #nextAtMs = 0;
  #throttledCount = 0;
  #turns = 0;
  #poller: ShardReader | undefined;

  /** @throws {RangeError} If the hash keys aren't numbers below 2^128. */
  constructor(shard: ReadableShard, options: FanOutReaderOptions) {
    this.shard = shard;
    this.#options = options;
    this.#answers = new AnswerReader(shard, options);
    this.#troubles = new FanOutTroubles(options.random);
  }

  get reading(): RunningReader["reading"] {
    return this.#reading;
  }

  get throttledCount(): number {
    return this.#throttledCount + (this.#poller?.throttledCount ?? 0);
  }

  get fallbackCount(): number {
    return this.#troubles.fallbackCount;
  }

  get signsOfLife(): number {
    return this.#turns + this.throttledCount;
  }

  run(signal: AbortSignal): Promise<void> {
    assert(this.#running === undefined, "a shard reader runs only once");
    const stop = () => this.#stopping.abort();
    // One listener for each shard of a worker is no leak.
    setMaxListeners(0, signal);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    this.#running = this.#loop(this.#stopping.signal).finally(() =>
      signal.removeEventListener("abort", stop),
    );
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    // What run() failed with is its caller's business.
    await this.#running?.catch(() => {});
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock, random, gate } = this.#options;
    this.#nextAtMs = clock.monotonicMs() + SUBSCRIBE_INTERVAL_MS_MIN * random();
    while (!signal.aborted) {
      const waitMs = this.#nextAtMs - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      await throughGate(gate, signal);
      if (signal.aborted) return;
      const end = await this.#subscription(signal);
      if (end === "ended" || signal.aborted) return;
      if (await this.#step(this.#troubles.after(end), signal)) return;
    }
  }

  /** Does what an end calls for; true if the shard has ended meanwhile. */
  async #step(step: FanOutStep, signal: AbortSignal): Promise<boolean> {
    const { waitMs, pollingMs, reason, attempt } = step;
    const { shardId } = this.shard;
    if (reason !== "") {
      const remedy =
        pollingMs > 0
          ? `polling it for ${pollingMs / 1_000} s`
          : `subscribing again in ${Math.round(waitMs)} ms`;
      this.#options.onTrouble({
        shardId,
        message: `Cannot read shard "${shardId}" by fan-out as ${reason}: ${remedy}`,
        attempt,
      });
    }
    const ended = pollingMs > 0 && (await this.#poll(pollingMs, signal));
    this.#nextAtMs = Math.max(
      this.#subscribedAtMs + SUBSCRIBE_INTERVAL_MS_MIN,
      this.#options.clock.monotonicMs() + waitMs,
    );
    return ended;
  }

  /** Where to subscribe: after all that the service has sent. */
  #start(): ShardStart {
    const { position } = this.#answers;
    const isAhead =
      this.#continuation !== "" &&
      (position.type !== "after" ||
        compareSequenceNumbers(this.#continuation, position.sequenceNumber) >
          0);
    return isAhead
      ? { type: "after", sequenceNumber: this.#continuation }
      : position;
  }

  /** Holds one subscription, as long as it lasts. */
  async #subscription(signal: AbortSignal): Promise<SubscriptionEnd | "ended"> {
    const { subscriptions, clock } = this.#options;
    const { shardId } = this.shard;
    this.#troubles.begin();
    this.#turns++;
    this.#subscribedAtMs = clock.monotonicMs();
    let subscription: Subscription | undefined;
    let end: SubscriptionEnd | "ended" = { type: SILENT };
    try {
      const request = { shardId, start: this.#start() };
      subscription = await subscriptions.subscribe(request, signal);
      end = await this.#events(subscription, signal);
    } catch (error) {
      // What it fails with when it is stopped is no failure.
      end = signal.aborted ? { type: "over" } : this.#failed(error);
    } finally {
      subscription?.close(end !== "ended" && end.type === SILENT);
    }
    return end;
  }

  async #events(
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<SubscriptionEnd | "ended"> {
    for (;;) {
      await throughGate(this.#options.gate, signal);
      const answer = await this.#next(subscription, signal);
      if (answer === SILENT) return { type: SILENT };
      if (answer === undefined) return { type: "over" };
      if (signal.aborted) {
        answer.release();
        return { type: "over" };
      }
      const end = this.#take(answer);
      if (end !== undefined) return end;
    }
  }

  /** The next event, if there is one in time. */
  async #next(
    subscription: Subscription,
    signal: AbortSignal,
  ): Promise<RecordsAnswer | undefined | typeof SILENT> {
    const settled = new AbortController();
    const answer = subscription.next(signal);
    // It may be left alone, and ends with its subscription.
    answer.catch(() => {});
    try {
      return await Promise.race([answer, this.#silence(settled.signal)]);
    } finally {
      settled.abort(CALLED_OFF);
    }
  }

  /** Resolves after the longest silence; waiting is a sign of life. */
  async #silence(settled: AbortSignal): Promise<typeof SILENT> {
    const { clock } = this.#options;
    let leftMs = SUBSCRIPTION_SILENCE_MS_MAX;
    while (leftMs > 0 && !settled.aborted) {
      const waitMs = Math.min(leftMs, ALIVE_INTERVAL_MS);
      await clock.sleep(waitMs, settled);
      leftMs -= waitMs;
      this.#turns++;
    }
    return SILENT;
  }

  /** Hands an event over; says so if it was the last. */
  #take(answer: RecordsAnswer): SubscriptionEnd | "ended" | undefined {
    try {
      this.#answers.read(answer);
      const { continuationSequenceNumber: next, childShards } =
        this.#answers.columns;
      const ended = next === null && childShards.length > 0;
      const isUnclear = !ended && (next === null || childShards.length > 0);
      this.#troubles.event();
      this.#reading = "fan_out";
      this.#continuation = next ?? this.#continuation;
      const taken = this.#answers.take(ended);
      this.#options.onAnswer(this.shard, taken.answer, taken.batch);
      if (ended) return "ended";
      return isUnclear ? { type: "unclear" } : undefined;
    } finally {
      answer.release();
    }
  }

  /** What a failure means; throws if it is the end. */
  #failed(error: unknown): SubscriptionEnd {
    if (error instanceof GarbledAnswerError) return { type: "failed", error };
    if (!(error instanceof KinesisRequestError)) throw error;
    switch (error.kind) {
      case "transient":
        return { type: "failed", error };
      case "in_use":
        return { type: "in_use" };
      case "throttled":
        this.#throttledCount++;
        return { type: "throttled" };
      default:
        break;
    }
    // A service that was restarted may not know its own number any more.
    if (error.kind !== "bad_argument" || this.#start() === this.#position) {
      throw refusedShard(this.shard.shardId, this.#position, error);
    }
    this.#continuation = "";
    return { type: "failed", error };
  }

  get #position(): ShardStart {
    return this.#answers.position;
  }

  /** Polls for a while; true if the shard's end came. */
  async #poll(pollingMs: number, signal: AbortSignal): Promise<boolean> {
    const { onAnswer, clock } = this.#options;
    let ended = false;
    const poller = new ShardReader(
      { ...this.shard, start: this.#start() },
      {
        ...this.#options,
        onAnswer: (_, answer, batch) => {
          ended = answer.ended;
          this.#answers.moveTo(answer.sequenceNumber);
          onAnswer(this.shard, answer, batch);
        },
      },
    );
    this.#poller = poller;
    this.#reading = "polling";
    const over = new AbortController();
    const stop = () => over.abort();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    void clock.sleep(pollingMs, over.signal).then(stop);
    try {
      await poller.run(over.signal);
      return ended;
    } finally {
      stop();
      signal.removeEventListener("abort", stop);
      this.#throttledCount += poller.throttledCount;
      this.#poller = undefined;
    }
  }
}
