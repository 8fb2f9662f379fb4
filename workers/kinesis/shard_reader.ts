/**
 * Reads one shard, from where it is told to its end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { errorLine } from "../../engine/errors.ts";
import { backoffMs } from "../../engine/kinesis/backoff.ts";
import { AnswerReader } from "./answer_reader.ts";
import { failureAnswer, refusedShard } from "./failure_answer.ts";
import {
  ANSWER_BYTES_DEFAULT,
  READS_PER_SECOND_DEFAULT,
  RETRY_FIRST_MS,
  RETRY_MS_MAX,
} from "./limits.ts";
import { ReadLimit } from "./read_limit.ts";
import { type AnswerKind, ReadPace } from "./read_pace.ts";
import type {
  ReadableShard,
  RunningReader,
  ShardReaderOptions,
  ShardReaderState,
} from "./shard_reader_options.ts";
import { throughGate } from "./through_gate.ts";
import type { RecordsAnswer } from "./transport.ts";

function answerKind(recordCount: number, behindLatestMs: number): AnswerKind {
  if (recordCount > 0) return "records";
  return behindLatestMs === 0 ? "tip" : "empty_behind";
}

/**
 * One shard's loop. One request is in flight at a time; where there are records
 * and the next read is due, it is sent before the answer's are tallied.
 *
 * - Reads at the given pace while there is something to read, an empty answer
 *   that is behind included; at the tip it backs off to a read a second.
 * - Throttled: slower, with jitter, and back to the pace bit by bit.
 * - An expired iterator is renewed from the last position.
 * - Network errors, 5xx and answers that can't be read are tried again for
 *   ever, with backoff and jitter.
 * - Anything else ends `run()` with a `FlagdropError`.
 */
export class ShardReader implements RunningReader {
  readonly reading = "polling";
  readonly fallbackCount = 0;
  readonly shard: ReadableShard;
  readonly #options: ShardReaderOptions;
  readonly #pace: ReadPace;
  readonly #limit = new ReadLimit();
  readonly #answers: AnswerReader;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #state: ShardReaderState = "stopped";
  #iterator: string | undefined;
  /** Whether the iterator is for the position, and not yet used. */
  #isIteratorFresh = false;
  /** What was asked for before the last answer was tallied. */
  #ahead: Promise<RecordsAnswer | undefined> | undefined;
  #startedAtMs = 0;
  #nextReadAtMs = 0;
  #attempt = 0;
  #throttledCount = 0;

  /**
   * @throws {RangeError} If the hash keys aren't numbers below 2^128, or
   * `readsPerSecond` isn't more than 0.
   */
  constructor(shard: ReadableShard, options: ShardReaderOptions) {
    const { random, readsPerSecond = READS_PER_SECOND_DEFAULT } = options;
    this.shard = shard;
    this.#options = options;
    this.#pace = new ReadPace(readsPerSecond, random);
    this.#answers = new AnswerReader(shard, options);
  }

  /** What it is at. */
  get state(): ShardReaderState {
    return this.#state;
  }

  /** Reads that the service throttled so far. */
  get throttledCount(): number {
    return this.#throttledCount;
  }

  get signsOfLife(): number {
    return this.#throttledCount;
  }

  /**
   * Reads until the shard's end, or until it is stopped. To be called once.
   *
   * @param signal Stops it, as `stop()` does.
   * @throws {FlagdropError} For what trying again can't help.
   */
  run(signal: AbortSignal): Promise<void> {
    assert(this.#running === undefined, "a shard reader runs only once");
    const stop = () => this.#stopping.abort();
    // One listener for each shard of a worker is no leak.
    setMaxListeners(0, signal);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    this.#running = this.#loop(this.#stopping.signal).finally(() => {
      signal.removeEventListener("abort", stop);
      this.#state = "stopped";
    });
    return this.#running;
  }

  /**
   * Stops reading. A request in flight is cut off and its answer dropped.
   *
   * @returns Resolves when nothing is in flight and no answer will be handed
   * over any more; never rejects.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // What run() failed with is its caller's business.
    await this.#running?.catch(() => {});
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#state = "waiting";
    this.#nextReadAtMs = clock.monotonicMs() + this.#pace.firstDelayMs();
    try {
      while (!signal.aborted) {
        if (this.#ahead === undefined) await this.#turn(signal);
        if (this.#ahead === undefined && signal.aborted) return;
        const asked = this.#ahead ?? this.#ask(signal);
        this.#ahead = undefined;
        const answer = await asked;
        if (answer === undefined) continue;
        if (signal.aborted) answer.release();
        else if (this.#take(answer, signal)) return;
      }
    } finally {
      // Nobody waits any more for what was asked ahead of a failure.
      void this.#ahead?.then(
        (answer) => answer?.release(),
        () => {},
      );
    }
  }

  /** Asks now. */
  #ask(signal: AbortSignal): Promise<RecordsAnswer | undefined> {
    this.#state = "requesting";
    this.#startedAtMs = this.#options.clock.monotonicMs();
    this.#nextReadAtMs = this.#pace.nextAtMs(this.#startedAtMs);
    return this.#read(signal);
  }

  /** Asks for the next records, if there likely are some and it may. */
  #askAhead(recordCount: number, signal: AbortSignal): void {
    const { clock, gate } = this.#options;
    const isDue = this.#nextReadAtMs <= clock.monotonicMs();
    if (recordCount === 0 || !isDue || gate?.() !== undefined) return;
    this.#ahead = this.#ask(signal);
    // It is waited for in the loop, though not at once.
    this.#ahead.catch(() => {});
  }

  /** Waits for the next turn and for the gate. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { clock, gate } = this.#options;
    const waitMs = this.#nextReadAtMs - clock.monotonicMs();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    await throughGate(gate, signal, () => {
      this.#state = "gated";
    });
  }

  /** Asks once; undefined if that failed, or if it was stopped meanwhile. */
  async #read(signal: AbortSignal): Promise<RecordsAnswer | undefined> {
    const { transport, bytesBudget } = this.#options;
    const { shardId } = this.shard;
    try {
      if (this.#iterator === undefined) {
        this.#iterator = await transport.getShardIterator(
          { shardId, start: this.#answers.position },
          signal,
        );
        this.#isIteratorFresh = true;
        if (signal.aborted) return undefined;
      }
      const budget = bytesBudget?.() ?? ANSWER_BYTES_DEFAULT;
      return await transport.getRecords(
        {
          shardId,
          iterator: this.#iterator,
          limit: this.#limit.limit(budget),
        },
        signal,
      );
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
      return undefined;
    }
  }

  /** Does what a failure calls for; throws if it is the end. */
  #failed(error: unknown): void {
    const answer = failureAnswer(error, {
      hasIterator: this.#iterator !== undefined,
      isIteratorFresh: this.#isIteratorFresh,
    });
    switch (answer.type) {
      case "slow_down":
        this.#throttledCount++;
        this.#delay(this.#pace.afterThrottle());
        return;
      case "renew":
        this.#iterator = undefined;
        this.#state = "retrying";
        return;
      case "renew_later":
        this.#iterator = undefined;
        this.#retry(answer.error);
        return;
      case "retry":
        this.#retry(answer.error);
        return;
      case "refused":
        throw refusedShard(
          this.shard.shardId,
          this.#answers.position,
          answer.error,
        );
      case "unexpected":
        throw error;
    }
  }

  /** Tries again after a while, and says so. */
  #retry(error: Error): void {
    this.#attempt++;
    const delayMs = backoffMs(
      this.#attempt,
      { firstMs: RETRY_FIRST_MS, mostMs: RETRY_MS_MAX },
      this.#options.random,
    );
    this.#delay(delayMs);
    this.#options.onTrouble({
      shardId: this.shard.shardId,
      message: `Cannot read shard "${this.shard.shardId}" as ${errorLine(error)}: trying again in ${Math.round(delayMs)} ms`,
      attempt: this.#attempt,
    });
  }

  #delay(delayMs: number): void {
    this.#state = "retrying";
    this.#nextReadAtMs = Math.max(
      this.#nextReadAtMs,
      this.#options.clock.monotonicMs() + delayMs,
    );
  }

  /** Hands an answer over; true if it was the shard's last. */
  #take(answer: RecordsAnswer, signal: AbortSignal): boolean {
    try {
      return this.#decode(answer) && this.#handOver(signal);
    } finally {
      answer.release();
    }
  }

  /** Reads the answer; false if it is no good. */
  #decode(answer: RecordsAnswer): boolean {
    try {
      const recordCount = this.#answers.read(answer);
      this.#limit.afterAnswer(answer.byteLength, recordCount);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  #handOver(signal: AbortSignal): boolean {
    const { recordCount, millisBehindLatest, nextShardIterator } =
      this.#answers.columns;
    const ended = nextShardIterator === null;
    this.#attempt = 0;
    this.#iterator = nextShardIterator ?? undefined;
    this.#isIteratorFresh = false;
    this.#pace.afterAnswer(answerKind(recordCount, millisBehindLatest));
    this.#nextReadAtMs = this.#pace.nextAtMs(this.#startedAtMs);
    this.#state = "waiting";
    const { answer, batch } = this.#answers.take(ended);
    if (!ended) this.#askAhead(recordCount, signal);
    this.#options.onAnswer(this.shard, answer, batch);
    return ended;
  }
}
