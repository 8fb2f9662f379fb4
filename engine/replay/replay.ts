/**
 * Puts a time-ordered data set into a stream as if it happened now, only
 * faster, with watermark events for every shard (see `watermarks.ts`). It
 * is one thing: what is sent when, and all that may end it.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import { RateMeter } from "../coordinator/rate_meter.ts";
import type { PutRecordsSender } from "../kinesis/put_records.ts";
import { EventPace } from "./event_pace.ts";
import { TAXI_FORM } from "./job_form.ts";
import {
  RATE_SAMPLE_MS,
  SPEEDUP_DEFAULT,
  STATISTICS_INTERVAL_MS,
  STOP_DRAIN_MS_MAX,
  TICK_MS,
  WATERMARK_EVENTS,
  WATERMARK_INTERVAL_MS,
} from "./limits.ts";
import { LookAhead } from "./look_ahead.ts";
import { openSender } from "./open_sender.ts";
import { replayFraction } from "./replay_fraction.ts";
import { ReplayInput } from "./replay_input.ts";
import type {
  Replay,
  ReplayEnd,
  ReplayOptions,
  ReplaySummary,
} from "./replay_options.ts";
import { type ReplayStatistics, statisticsLine } from "./replay_statistics.ts";
import { checkResume, type ResumeState } from "./resume_file.ts";
import { identityOf, ResumeKeeper, startAfter } from "./resume_keeper.ts";
import type { TrackedChunk } from "./tracked_chunk.ts";
import { Watermarks } from "./watermarks.ts";

/** The parts of one replay, once the shards are known. */
class Run implements Replay {
  readonly #options: ReplayOptions;
  readonly #clock: Clock;
  readonly #sender: PutRecordsSender;
  readonly #input: ReplayInput;
  readonly #lookAhead: LookAhead;
  readonly #keeper: ResumeKeeper | undefined;
  readonly #watermarks: Watermarks;
  readonly #pace: EventPace;
  readonly #rate = new RateMeter();
  readonly #stopping = new AbortController();
  readonly #over = new AbortController();
  readonly before: ResumeState | undefined;
  readonly finished: Promise<ReplaySummary>;
  #startedMs = Number.NaN;
  #dispatched = 0;
  #greatestSentMs: number;
  #lateEvents = 0;
  #isDone = false;
  #failure: unknown;

  constructor(
    options: ReplayOptions,
    sender: PutRecordsSender,
    before: ResumeState | undefined,
  ) {
    const { source, clock = systemClock, speedup = SPEEDUP_DEFAULT } = options;
    const { adaptTime = "original", loop = false, resume } = options;
    const { form = TAXI_FORM } = options;
    this.#options = options;
    this.before = before;
    this.#clock = clock;
    this.#sender = sender;
    // Times of ingestion pass as fast as the clock.
    const isAtOnce = speedup === Number.POSITIVE_INFINITY;
    this.#pace = new EventPace(
      adaptTime === "ingestion" && !isAtOnce ? 1 : speedup,
    );
    const start = startAfter(before, options.seekMs);
    const input = { source, clock, speedup, loop, adaptTime, start };
    this.#input = new ReplayInput(input);
    this.#lookAhead = new LookAhead(this.#input, options.readAheadEvents);
    this.#greatestSentMs = before?.greatestSentMs ?? Number.NEGATIVE_INFINITY;
    this.#keeper =
      resume &&
      new ResumeKeeper({
        store: resume,
        identity: identityOf(options),
        sourceName: source.name,
        input: this.#input,
        lookAhead: this.#lookAhead,
        before,
      });
    this.#watermarks = new Watermarks({
      sender,
      lookAhead: this.#lookAhead,
      isOn: options.watermarks ?? form.isPunctuated,
      form,
      afterMs: before?.watermarkMs ?? Number.NEGATIVE_INFINITY,
      keep: this.#keeper && ((watermarkMs) => this.#keep(watermarkMs)),
    });
    this.finished = this.#run();
  }

  stop(): void {
    this.#stopping.abort();
  }

  stats(): ReplayStatistics {
    const put = this.#sender.counts;
    const nowMs = this.#clock.monotonicMs();
    const coming = this.#lookAhead.leastComingMs;
    const isAllSent = coming === Number.POSITIVE_INFINITY;
    const sentBeforeMs = isAllSent ? this.#greatestSentMs + 1 : coming;
    const watermarkMs = this.#watermarks.valueMs;
    const elapsedMs = Math.max(0, nowMs - this.#startedMs || 0);
    return {
      elapsedMs,
      events: put.acknowledged,
      bytes: put.acknowledgedBytes,
      eventsPerSecond: this.#rate.perSecond,
      sentBeforeMs: Number.isFinite(sentBeforeMs) ? sentBeforeMs : Number.NaN,
      timeName: (this.#options.form ?? TAXI_FORM).timeName,
      fraction: replayFraction({
        options: this.#options,
        lookAhead: this.#lookAhead,
        progress: this.#input.progress,
        events: put.acknowledged,
        elapsedMs,
      }),
      lagMs: isAllSent ? 0 : this.#pace.lagMs(coming, nowMs),
      watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : Number.NaN,
      shards: this.#sender.shardCount,
      lateEvents: this.#lateEvents,
      skipped: { ...this.#options.source.counts },
      put,
    };
  }

  async #run(): Promise<ReplaySummary> {
    const { durationMs = Number.POSITIVE_INFINITY } = this.#options;
    const { watermarkIntervalMs = WATERMARK_INTERVAL_MS } = this.#options;
    const { statisticsIntervalMs = STATISTICS_INTERVAL_MS } = this.#options;
    const over = this.#over.signal;
    // A stream that fails ends everything.
    const senderEnd = this.#sender.finished
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.stop());
    this.#sampleRate();
    const helpers = [
      this.#lookAhead.run(this.#stopping.signal),
      this.#every(RATE_SAMPLE_MS, () => this.#sampleRate()),
      this.#every(watermarkIntervalMs, () => this.#watermarks.send()),
      this.#every(statisticsIntervalMs, () => this.#report()),
    ];
    if (Number.isFinite(durationMs)) {
      helpers.push(this.#clock.sleep(durationMs, over).then(() => this.stop()));
    }
    let summary: ReplaySummary;
    try {
      const endedBy = await this.#dispatch();
      await this.#drain(endedBy);
      summary = this.#summary(endedBy);
    } finally {
      this.stop();
      this.#over.abort();
      await this.#sender.close().catch(() => {});
      await Promise.all([senderEnd, ...helpers]);
      await this.#options.transport?.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
    return summary;
  }

  #summary(endedBy: ReplayEnd): ReplaySummary {
    const statistics = this.stats();
    const { events, elapsedMs } = statistics;
    const mean = (events / Math.max(elapsedMs, 1)) * 1_000;
    return { ...statistics, endedBy, line: statisticsLine(statistics, mean) };
  }

  /** What fails first ends the replay. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    this.stop();
  }

  /** Keeps how far it is. */
  async #keep(watermarkMs: number): Promise<void> {
    await this.#keeper?.keep({
      events: this.#sender.counts.acknowledged,
      greatestSentMs: this.#greatestSentMs,
      watermarkMs,
      isDone: this.#isDone,
    });
  }

  /** Does something at regular times until the replay is over. */
  async #every(
    intervalMs: number,
    action: () => void | Promise<void>,
  ): Promise<void> {
    const { signal } = this.#over;
    for (;;) {
      await this.#clock.sleep(intervalMs, signal);
      if (signal.aborted) return;
      try {
        await action();
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /** Hands all events over, each when it is due. */
  async #dispatch(): Promise<ReplayEnd> {
    const { limit = Number.POSITIVE_INFINITY } = this.#options;
    const { signal } = this.#stopping;
    while (this.#dispatched < limit) {
      const chunk = await this.#lookAhead.next(signal);
      if (chunk === undefined) return signal.aborted ? "stop" : "data";
      let index = 0;
      while (index < chunk.count && this.#dispatched < limit) {
        index = await this.#dispatchSome(chunk, index);
        if (signal.aborted) return "stop";
      }
    }
    return "limit";
  }

  /** Hands over what is due, or waits; gives the next event's index. */
  async #dispatchSome(chunk: TrackedChunk, start: number): Promise<number> {
    const { signal } = this.#stopping;
    const { limit = Number.POSITIVE_INFINITY } = this.#options;
    const sender = this.#sender;
    if (!sender.hasRoom) {
      await sender.room(signal);
      return start;
    }
    const nowMs = this.#clock.monotonicMs();
    const aheadMs = this.#lookAhead.leastAheadMs;
    const nextMs = Math.min(chunk.leastFromMs(start), aheadMs);
    if (!this.#pace.isStarted) {
      this.#pace.start(nextMs, nowMs);
      this.#startedMs = nowMs;
    } else if (this.#pace.isGap(nextMs, nowMs)) {
      this.#options.onWarning?.(
        `a gap in the data before ${new Date(nextMs).toISOString()} is skipped`,
      );
      this.#pace.start(nextMs, nowMs);
    }
    const dueMs = this.#pace.dueMs(nowMs);
    const end = Math.min(chunk.count, start + limit - this.#dispatched);
    let index = start;
    while (
      index < end &&
      Math.min(chunk.leastFromMs(index), aheadMs) <= dueMs &&
      sender.hasRoom
    ) {
      this.#send(chunk, index++);
    }
    if (this.#watermarks.eventCount >= WATERMARK_EVENTS) {
      await this.#watermarks.send();
    }
    if (index === start) {
      const waitMs = this.#pace.waitMs(nextMs, nowMs);
      await this.#clock.sleep(Math.max(waitMs, TICK_MS), signal);
    }
    return index;
  }

  #send(chunk: TrackedChunk, index: number): void {
    const timeMs = chunk.timesMs[index] ?? Number.NaN;
    if (timeMs <= this.#watermarks.valueMs) this.#lateEvents++;
    if (timeMs > this.#greatestSentMs) this.#greatestSentMs = timeMs;
    this.#dispatched++;
    this.#watermarks.eventCount++;
    if (!this.#sender.enqueue(chunk, index)) chunk.acknowledge(index);
  }

  /** Waits for what was handed over, and sends the last watermark. */
  async #drain(endedBy: ReplayEnd): Promise<void> {
    const patience = this.#afterStop(STOP_DRAIN_MS_MAX);
    await this.#sender.drained(patience);
    // Events still to come may have the last one's time.
    const isMoreToCome =
      endedBy === "stop" ||
      (endedBy === "limit" && this.#keeper !== undefined) ||
      !this.#sender.isDrained;
    if (isMoreToCome) await this.#watermarks.send();
    else await this.#watermarks.end(this.#greatestSentMs);
    await this.#sender.drained(patience);
    this.#isDone = endedBy === "data" && !isMoreToCome;
    await this.#keep(this.#watermarks.valueMs);
  }

  /** A signal some time after the stop. */
  #afterStop(durationMs: number): AbortSignal {
    const { signal } = this.#stopping;
    const end = new AbortController();
    const wait = () => {
      const sleep = this.#clock.sleep(durationMs, this.#over.signal);
      void sleep.then(() => end.abort());
    };
    if (signal.aborted) wait();
    else signal.addEventListener("abort", wait, { once: true });
    return end.signal;
  }

  #sampleRate(): void {
    this.#rate.sample(
      this.#clock.monotonicMs(),
      this.#sender.counts.acknowledged,
    );
  }

  #report(): void {
    const statistics = this.stats();
    this.#options.onStatistics?.(statistics, statisticsLine(statistics));
  }
}

/**
 * Starts a replay.
 *
 * @throws {FlagdropError} When the stream can't be reached.
 *
 * @example Usage
 * ```ts
 * const replay = await startReplay({
 *   connection,
 *   stream: "taxi",
 *   source: new TripGenerator({ seed: 1 }),
 *   watermarkIntervalMs: 500,
 * });
 * setTimeout(() => replay.stop(), 60_000);
 * const { events } = await replay.finished;
 * ```
 */
export async function startReplay(options: ReplayOptions): Promise<Replay> {
  const { resume } = options;
  const before = await resume?.load();
  await resume?.check();
  if (before !== undefined) {
    checkResume(before, identityOf(options), resume?.name ?? "");
  }
  const { sender, transport } = await openSender(options);
  try {
    return new Run({ ...options, transport }, sender, before);
  } catch (error) {
    await sender.close();
    await transport.close();
    throw error;
  }
}
