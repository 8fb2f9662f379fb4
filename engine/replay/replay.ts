/**
 * Puts a time-ordered data set into a stream as if it happened now, only
 * faster, with watermark events for every shard.
 *
 * The rule for watermarks: a watermark event with value W goes to a shard only
 * after the stream has acknowledged all events with an event time at or before
 * W, whatever failed on the way. Its value is the least event time still to
 * come, less one millisecond; at the end of the data it is the last event time
 * itself.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import { RateMeter } from "../coordinator/rate_meter.ts";
import { listShards } from "../kinesis/control_plane.ts";
import { PutRecordsClient } from "../kinesis/put_client.ts";
import { PutRecordsSender } from "../kinesis/put_records.ts";
import { httpPutTransport } from "../kinesis/put_transport.ts";
import { EventPace } from "./event_pace.ts";
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
import type {
  Replay,
  ReplayEnd,
  ReplayOptions,
  ReplaySummary,
} from "./replay_options.ts";
import { type ReplayStatistics, statisticsLine } from "./replay_statistics.ts";
import type { TrackedChunk } from "./tracked_chunk.ts";

/** The parts of one replay, once the shards are known. */
class Run implements Replay {
  readonly #options: ReplayOptions;
  readonly #clock: Clock;
  readonly #sender: PutRecordsSender;
  readonly #lookAhead: LookAhead;
  readonly #pace: EventPace;
  readonly #rate = new RateMeter();
  readonly #stopping = new AbortController();
  readonly #over = new AbortController();
  readonly finished: Promise<ReplaySummary>;
  #startedMs = Number.NaN;
  #dispatched = 0;
  #greatestSentMs = Number.NEGATIVE_INFINITY;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #eventsSinceWatermark = 0;
  #lateEvents = 0;

  constructor(options: ReplayOptions, sender: PutRecordsSender) {
    const { clock = systemClock, speedup = SPEEDUP_DEFAULT } = options;
    this.#options = options;
    this.#clock = clock;
    this.#sender = sender;
    this.#pace = new EventPace(speedup);
    this.#lookAhead = new LookAhead(options.source);
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
    return {
      elapsedMs: Math.max(0, nowMs - this.#startedMs || 0),
      events: put.acknowledged,
      bytes: put.acknowledgedBytes,
      eventsPerSecond: this.#rate.perSecond,
      sentBeforeMs: Number.isFinite(sentBeforeMs) ? sentBeforeMs : Number.NaN,
      lagMs: isAllSent ? 0 : this.#pace.lagMs(coming, nowMs),
      watermarkMs: Number.isFinite(this.#watermarkMs)
        ? this.#watermarkMs
        : Number.NaN,
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
    let failure: unknown;
    // A stream that fails ends everything.
    const senderEnd = this.#sender.finished
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => this.stop());
    this.#sampleRate();
    const helpers = [
      this.#lookAhead.run(this.#stopping.signal),
      this.#every(RATE_SAMPLE_MS, () => this.#sampleRate()),
      this.#every(watermarkIntervalMs, () => this.#sendWatermark()),
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
    if (failure !== undefined) throw failure;
    return summary;
  }

  #summary(endedBy: ReplayEnd): ReplaySummary {
    const statistics = this.stats();
    const { events, elapsedMs } = statistics;
    const mean = (events / Math.max(elapsedMs, 1)) * 1_000;
    return { ...statistics, endedBy, line: statisticsLine(statistics, mean) };
  }

  /** Does something at regular times until the replay is over. */
  async #every(intervalMs: number, action: () => void): Promise<void> {
    const { signal } = this.#over;
    for (;;) {
      await this.#clock.sleep(intervalMs, signal);
      if (signal.aborted) return;
      action();
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
    if (this.#eventsSinceWatermark >= WATERMARK_EVENTS) this.#sendWatermark();
    if (index === start) {
      const waitMs = this.#pace.waitMs(nextMs, nowMs);
      await this.#clock.sleep(Math.max(waitMs, TICK_MS), signal);
    }
    return index;
  }

  #send(chunk: TrackedChunk, index: number): void {
    const timeMs = chunk.timesMs[index] ?? Number.NaN;
    if (timeMs <= this.#watermarkMs) this.#lateEvents++;
    if (timeMs > this.#greatestSentMs) this.#greatestSentMs = timeMs;
    this.#dispatched++;
    this.#eventsSinceWatermark++;
    if (!this.#sender.enqueue(chunk, index)) chunk.acknowledge(index);
  }

  /** Waits for what was handed over, and sends the last watermark. */
  async #drain(endedBy: ReplayEnd): Promise<void> {
    const { signal } = this.#over;
    const isStopped = endedBy === "stop";
    const patience = isStopped
      ? AbortSignal.any([signal, this.#deadline(STOP_DRAIN_MS_MAX)])
      : AbortSignal.any([signal, this.#stopping.signal]);
    await this.#sender.drained(patience);
    if (patience.aborted) return;
    if (isStopped) this.#sendWatermark();
    else this.#setWatermark(this.#greatestSentMs);
    await this.#sender.drained(patience);
  }

  /** A signal after some time, or when the replay is over. */
  #deadline(durationMs: number): AbortSignal {
    const deadline = new AbortController();
    void this.#clock
      .sleep(durationMs, this.#over.signal)
      .then(() => deadline.abort());
    return deadline.signal;
  }

  #sendWatermark(): void {
    this.#setWatermark(this.#lookAhead.leastComingMs - 1);
  }

  #setWatermark(valueMs: number): void {
    if (!(valueMs > this.#watermarkMs) || !Number.isFinite(valueMs)) return;
    this.#eventsSinceWatermark = 0;
    this.#watermarkMs = valueMs;
    const watermark = new Date(valueMs).toISOString();
    this.#sender.setWatermark(
      Buffer.from(`${JSON.stringify({ type: "watermark", watermark })}\n`),
    );
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
  const { connection, stream, clock = systemClock } = options;
  const transport = options.transport ?? httpPutTransport(connection);
  const client = new PutRecordsClient({ connection, stream, transport, clock });
  const list = options.listShards ?? (() => listShards(connection, stream));
  const { aggregate = false, pacing = true, random = Math.random } = options;
  try {
    const sender = await PutRecordsSender.open({
      put: (batch, signal) => client.put(batch, signal),
      listShards: list,
      target: { endpoint: connection.endpoint, stream },
      aggregate,
      pacing,
      clock,
      random,
    });
    return new Run({ ...options, transport }, sender);
  } catch (error) {
    await transport.close();
    throw error;
  }
}
