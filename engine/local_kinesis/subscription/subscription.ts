/**
 * One subscription to a shard: gives its records as they come.
 *
 * @module
 */
import { CALLED_OFF } from "../../clock.ts";
import {
  EMPTY_EVENT_INTERVAL_MS,
  EVENT_INTERVAL_MS,
  EVENT_PAYLOAD_BYTES_MAX,
  EVENT_RECORD_COUNT_MAX,
} from "../limits.ts";
import type { Service } from "../service.ts";
import type { ServiceError } from "../service_error.ts";
import type { ConsumerShard, Endable } from "../store/local_consumer.ts";
import type { LocalShard } from "../store/local_shard.ts";
import type { LocalStream } from "../store/local_stream.ts";
import { RecordsAnswer } from "../wire/answer.ts";
import {
  type EventOutput,
  eventMessage,
  exceptionMessage,
} from "../wire/events_answer.ts";
import type { Wire } from "../wire/shape.ts";
import { childShards, isAtEnd, millisBehind } from "./shard_progress.ts";

/** Options for {@linkcode Subscription}. */
export interface SubscriptionOptions {
  readonly service: Service;
  readonly stream: LocalStream;
  readonly shard: LocalShard;
  readonly consumerShard: ConsumerShard;
  /** Ordinal of the first record to give. */
  readonly ordinal: number;
  /** How events are written. */
  readonly wire: Wire;
}

/** Ends by itself at the shard's end, or when its time is over. */
export class Subscription implements Endable {
  readonly #options: SubscriptionOptions;
  readonly #endMs: number;
  #ordinal: number;
  #eventMs = Number.NEGATIVE_INFINITY;
  #isEnded = false;
  #error: ServiceError | undefined;
  #waiting = new AbortController();

  constructor(options: SubscriptionOptions) {
    const { service, ordinal } = options;
    this.#options = options;
    this.#ordinal = ordinal;
    this.#endMs = service.clock.monotonicMs() + service.subscriptionLifeMs;
  }

  end(error?: ServiceError): void {
    this.#isEnded = true;
    this.#error ??= error;
    this.#wake();
  }

  /** Writes events until the end. */
  async run(output: EventOutput): Promise<void> {
    const { service, shard, consumerShard, wire } = this.#options;
    const stopWatching = shard.watch(() => this.#wake());
    output.onClose(() => this.#wake());
    service.subscriptions.add(this);
    try {
      await output.write(eventMessage("initial-response", {}, wire));
      await this.#giveEvents(output);
      if (this.#error !== undefined) {
        await output.write(exceptionMessage(this.#error, wire));
      }
      // Whoever has gone keeps the shard for its time: nobody told us why.
      if (!output.isClosed && consumerShard.current?.subscription === this) {
        consumerShard.current = null;
      }
    } finally {
      service.subscriptions.delete(this);
      stopWatching();
    }
  }

  async #giveEvents(output: EventOutput): Promise<void> {
    const { service, stream } = this.#options;
    const { clock } = service;
    for (;;) {
      const nowMs = clock.monotonicMs();
      stream.settle(clock.nowMs());
      if (this.#isEnded || output.isClosed || nowMs >= this.#endMs) return;
      const throttledMs = this.#throttledMs(nowMs);
      const dueMs = Math.max(
        throttledMs,
        this.#hasNews()
          ? this.#eventMs + EVENT_INTERVAL_MS - nowMs
          : this.#eventMs + EMPTY_EVENT_INTERVAL_MS - nowMs,
      );
      if (dueMs > 0) {
        await this.#wait(Math.min(dueMs, this.#endMs - nowMs));
        continue;
      }
      this.#eventMs = nowMs;
      const isLast = await this.#giveEvent(output, nowMs);
      if (isLast) return;
    }
  }

  /** Whether there is something to say now. */
  #hasNews(): boolean {
    const { shard } = this.#options;
    return !shard.isOpen || this.#ordinal < shard.log.nextOrdinal;
  }

  /** How long the consumer has had more than its share. */
  #throttledMs(nowMs: number): number {
    const { service, consumerShard } = this.#options;
    if (!service.hasLimits) return 0;
    return consumerShard.readBytes.msUntilAbove(0, nowMs);
  }

  /** Called for each record. */
  #wake(): void {
    if (!this.#waiting.signal.aborted) this.#waiting.abort(CALLED_OFF);
  }

  /** Until something comes, or for a time. */
  async #wait(durationMs: number): Promise<void> {
    // What came while nobody waited has been seen by now.
    this.#waiting = new AbortController();
    await this.#options.service.clock.sleep(durationMs, this.#waiting.signal);
  }

  /** @returns Whether it was the last. */
  async #giveEvent(output: EventOutput, nowMs: number): Promise<boolean> {
    const { service, stream, shard, consumerShard, wire } = this.#options;
    const horizonMs = stream.horizonMs(service.clock.nowMs());
    const run = shard.log.read(
      Math.max(this.#ordinal, shard.readableOrdinal(horizonMs)),
      {
        recordCountMax: EVENT_RECORD_COUNT_MAX,
        payloadBytesMax: EVENT_PAYLOAD_BYTES_MAX,
      },
    );
    this.#ordinal = run.endOrdinal;
    if (service.hasLimits) {
      consumerShard.readBytes.level(nowMs);
      consumerShard.readBytes.draw(run.payloadBytes);
    }
    service.counts.recordsRead += run.recordCount;
    service.counts.bytesRead += run.payloadBytes;
    const isLast = isAtEnd(shard, run.endOrdinal);
    const answer = new RecordsAnswer(run.slices, {
      // At a shard's end there is nothing to go on from.
      ContinuationSequenceNumber: isLast
        ? undefined
        : shard.sequenceNumberBefore(run.endOrdinal),
      MillisBehindLatest: millisBehind(
        shard,
        run.endOrdinal,
        service.clock.nowMs(),
      ),
      ChildShards: isLast ? childShards(stream, shard) : undefined,
    });
    await output.write(eventMessage("SubscribeToShardEvent", answer, wire));
    return isLast;
  }
}
