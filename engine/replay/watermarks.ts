/**
 * A replay's watermarks, and with each the place from which another run may go
 * on.
 *
 * The rule: a watermark event with value W goes to a shard only after the
 * stream has acknowledged all events with an event time at or before W,
 * whatever failed on the way. Its value is the least event time still to come,
 * less one millisecond; at the end of the data it is the last event time
 * itself.
 *
 * The place is kept before the watermark goes. So what a run sends again after
 * a crash is later than the last watermark, if the data are in order.
 *
 * @module
 */
import type { PutRecordsSender } from "../kinesis/put_records.ts";
import { type JobForm, watermarkLine } from "./job_form.ts";
import type { LookAhead } from "./look_ahead.ts";

/** Options for {@linkcode Watermarks}. */
export interface WatermarksOptions {
  readonly sender: PutRecordsSender;
  readonly lookAhead: LookAhead;
  /** Whether watermark events are sent at all. */
  readonly isOn: boolean;
  /** What they look like. */
  readonly form: JobForm;
  /** The latest one of the run before, epoch ms; -Infinity for none. */
  readonly afterMs: number;
  /** Keeps the place, before the watermark of this value goes. */
  readonly keep: ((watermarkMs: number) => Promise<void>) | undefined;
}

/** The watermarks of one replay. */
export class Watermarks {
  readonly #options: WatermarksOptions;
  #valueMs: number;
  #keeping: Promise<void> | undefined;
  /** Events sent since the last one. */
  eventCount = 0;

  constructor(options: WatermarksOptions) {
    this.#options = options;
    this.#valueMs = options.afterMs;
  }

  /** The latest one, epoch ms; -Infinity before the first. */
  get valueMs(): number {
    return this.#valueMs;
  }

  /**
   * Sends one as far as events were taken, if that is further than the last.
   *
   * @throws {FlagdropError} When the place can't be kept.
   */
  async send(): Promise<void> {
    // The place that is being kept is nearly as good.
    if (this.#keeping !== undefined) return;
    await this.#set(this.#options.lookAhead.leastComingMs - 1);
  }

  /** Sends the last one: nothing comes any more. */
  async end(greatestSentMs: number): Promise<void> {
    await this.#keeping;
    await this.#set(greatestSentMs);
  }

  async #set(valueMs: number): Promise<void> {
    const { keep, isOn, form, sender } = this.#options;
    const isLater = Number.isFinite(valueMs) && valueMs > this.#valueMs;
    this.eventCount = 0;
    if (keep !== undefined) {
      this.#keeping = keep(isLater && isOn ? valueMs : this.#valueMs);
      await this.#keeping.finally(() => {
        this.#keeping = undefined;
      });
    }
    if (!isLater || !isOn) return;
    this.#valueMs = valueMs;
    sender.setWatermark(Buffer.from(watermarkLine(form, valueMs)));
  }
}
