/**
 * What a worker keeps of a shard between its flushes.
 *
 * @module
 */
import type { ShardProgress } from "../../engine/messages.ts";
import type { ChildShard, ShardAnswer } from "../record_batch.ts";
import type { ShardTally } from "../tally/tally_operator.ts";
import type { IdleWatch } from "./idle_watch.ts";
import { ALIVE_INTERVAL_MS } from "./limits.ts";
import type { RunningReader } from "./shard_reader_options.ts";

/** Empty answers in a row, none of them behind, that make a shard's tip. */
const TIP_ANSWERS = 2;

/** One shard that the worker reads. */
export class ShardState {
  readonly tally: ShardTally;
  readonly reader: RunningReader;
  #sequenceNumber = "";
  #arrivalMs = Number.NaN;
  #behindLatestMs = 0;
  #emptyAnswers = 0;
  #ended = false;
  #released = false;
  #childShards: readonly ChildShard[] = [];
  readonly #idleWatch: IdleWatch | undefined;
  #throttledSent = 0;
  #busyMs = 0;
  /** When the coordinator last heard of the shard; monotonic. */
  #saidAtMs = Number.NEGATIVE_INFINITY;
  /** An answer has come since. */
  #answered = false;
  #lifeSent = 0;
  #fallbacksSent = 0;
  #readingSent: RunningReader["reading"] | undefined;
  /** Whether there is anything that the coordinator does not know. */
  dirty = false;

  constructor(
    tally: ShardTally,
    reader: RunningReader,
    idleWatch?: IdleWatch | undefined,
  ) {
    this.tally = tally;
    this.reader = reader;
    this.#idleWatch = idleWatch;
  }

  /** Whether the last answers say that there is nothing more to read. */
  get atTip(): boolean {
    return this.#emptyAnswers >= TIP_ANSWERS;
  }

  get #isIdle(): boolean {
    return this.#idleWatch?.isIdle ?? false;
  }

  /** Whether nothing comes any more from this worker. */
  get done(): boolean {
    return this.#ended || this.#released;
  }

  /**
   * Notes how far an answer has brought the shard, and how long the thread was
   * busy with it.
   */
  note(answer: ShardAnswer, busyMs: number): void {
    this.#busyMs += busyMs;
    this.#answered = true;
    const wasAtTip = this.atTip;
    const wasIdle = this.#isIdle;
    const isEmpty =
      answer.sequenceNumber === "" && answer.millisBehindLatest === 0;
    this.#emptyAnswers = isEmpty ? this.#emptyAnswers + 1 : 0;
    if (answer.sequenceNumber !== "") {
      this.#sequenceNumber = answer.sequenceNumber;
      this.#arrivalMs = answer.arrivalMs;
    }
    this.#idleWatch?.note(isEmpty, this.reader.throttledCount);
    this.dirty ||=
      this.reader.reading !== this.#readingSent ||
      answer.sequenceNumber !== "" ||
      answer.ended ||
      this.#isIdle !== wasIdle ||
      this.atTip !== wasAtTip ||
      answer.millisBehindLatest !== this.#behindLatestMs;
    this.#behindLatestMs = answer.millisBehindLatest;
    this.#ended = answer.ended;
    this.#childShards = answer.childShards;
  }

  /** The shard was taken away; its next progress is the last. */
  release(): void {
    this.#released = true;
    this.dirty = true;
  }

  /**
   * Sees to it that the coordinator hears of a shard that is read, though it
   * may have nothing new, now and then: silence means that its loop has ended.
   */
  showLife(nowMs: number): void {
    if (nowMs - this.#saidAtMs < ALIVE_INTERVAL_MS) return;
    this.dirty ||= this.#answered || this.reader.signsOfLife > this.#lifeSent;
  }

  /** Everything since the last flush. */
  take(nowMs: number): ShardProgress {
    this.#saidAtMs = nowMs;
    const answered = this.#answered;
    this.#answered = false;
    const busyMs = this.#busyMs;
    this.#busyMs = 0;
    const { throttledCount, fallbackCount, reading } = this.reader;
    this.#lifeSent = this.reader.signsOfLife;
    const fallbacks = fallbackCount - this.#fallbacksSent;
    this.#fallbacksSent = fallbackCount;
    this.#readingSent = reading;
    const throttled = throttledCount - this.#throttledSent;
    this.#throttledSent = throttledCount;
    this.dirty = false;
    return {
      shardId: this.tally.shardId,
      sequenceNumber: this.#sequenceNumber,
      arrivalMs: this.#arrivalMs,
      watermarkMs: this.tally.watermarkMs,
      behindLatestMs: this.#behindLatestMs,
      atTip: this.atTip,
      answered,
      idle: this.#isIdle,
      throttled,
      busyMs,
      reading,
      fallbacks,
      counts: this.tally.counts.take(),
      ended: this.#ended,
      released: this.#released,
      childShards: this.#childShards,
      dedupe: this.tally.ids?.take() ?? null,
    };
  }
}
