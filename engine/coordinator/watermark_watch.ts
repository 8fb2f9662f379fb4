/**
 * Watches what holds the watermark back, and says so: a shard that is far
 * behind the others, or a stream without watermark events.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { WatermarkStrategy } from "../job/spec.ts";
import { WATERMARK_WARNING_MS } from "../limits.ts";
import type { FlushMessage } from "../messages.ts";

/** Options for {@linkcode WatermarkWatch}. */
export interface WatermarkWatchOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly strategy: WatermarkStrategy;
}

/** What a flush has brought. */
export interface WatermarkNote {
  /** The slowest shard that is not idle. */
  readonly slowest:
    | { readonly shardId: string; readonly watermarkMs: number }
    | undefined;
  /** The global watermark. */
  readonly watermarkMs: number;
  /** The greatest watermark of any live shard. */
  readonly greatestMs: number;
  /** Records of the flush, and watermark events taken among them. */
  readonly records: number;
  readonly watermarksTaken: number;
}

/** A shard that holds the watermark back. */
export interface WatermarkHolder {
  readonly shardId: string;
  /** Since when, epoch ms. */
  readonly sinceMs: number;
}

function timeText(epochMs: number): string {
  return Number.isFinite(epochMs)
    ? new Date(epochMs).toISOString()
    : "not known yet";
}

/** Remembers the holder and since when, and warns once a matter. */
export class WatermarkWatch {
  readonly #options: WatermarkWatchOptions;
  #holder: WatermarkHolder | null = null;
  /** Monotonic time at which the holder or the watermark changed. */
  #changedAtMs = 0;
  #watermarkMs = Number.NaN;
  #hasWarnedOfHolder = false;
  /** Monotonic time from which on there were records but no watermark. */
  #withoutSinceMs = Number.NaN;
  #hasWarnedOfNone = false;

  constructor(options: WatermarkWatchOptions) {
    this.#options = options;
  }

  /** The shard that holds the watermark back, if there is one. */
  get holder(): WatermarkHolder | null {
    return this.#holder;
  }

  /** Takes note of an applied flush. */
  note(note: WatermarkNote): void {
    this.#noteHolder(note);
    this.#noteWatermarks(note);
  }

  #noteHolder({ slowest, watermarkMs, greatestMs }: WatermarkNote): void {
    const { clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    const holds = slowest !== undefined && slowest.watermarkMs <= watermarkMs;
    const shardId = holds ? slowest.shardId : undefined;
    if (
      shardId !== this.#holder?.shardId ||
      !Object.is(watermarkMs, this.#watermarkMs)
    ) {
      this.#watermarkMs = watermarkMs;
      this.#changedAtMs = nowMs;
      this.#hasWarnedOfHolder = false;
      this.#holder =
        shardId === undefined ? null : { shardId, sinceMs: clock.nowMs() };
    }
    if (
      this.#holder === null ||
      this.#hasWarnedOfHolder ||
      nowMs - this.#changedAtMs < WATERMARK_WARNING_MS ||
      !(greatestMs > watermarkMs)
    ) {
      return;
    }
    this.#hasWarnedOfHolder = true;
    log.warn(
      {
        shard: shardId,
        since: timeText(this.#holder.sinceMs),
        watermark: timeText(watermarkMs),
        greatest: timeText(greatestMs),
      },
      `shard "${shardId}" holds the watermark back: no window fires until it goes on or is idle (--idle-timeout)`,
    );
  }

  #noteWatermarks({ records, watermarksTaken }: WatermarkNote): void {
    const { clock, log, strategy } = this.#options;
    if (strategy !== "punctuated" || this.#hasWarnedOfNone) return;
    const nowMs = clock.monotonicMs();
    if (watermarksTaken > 0) this.#withoutSinceMs = Number.NaN;
    else if (records === 0) return;
    else if (Number.isNaN(this.#withoutSinceMs)) this.#withoutSinceMs = nowMs;
    else if (nowMs - this.#withoutSinceMs >= WATERMARK_WARNING_MS) {
      this.#hasWarnedOfNone = true;
      log.warn(
        "events but no watermark event for a minute, so no window fires: if the stream has none, use --watermarks bounded --watermark-bound 30s",
      );
    }
  }
}

/** What a flush says of records and watermarks. */
export function watermarkCounts({
  shards,
}: FlushMessage): Pick<WatermarkNote, "records" | "watermarksTaken"> {
  let records = 0;
  let watermarksTaken = 0;
  for (const { counts } of shards) {
    records += counts.read;
    watermarksTaken += counts.watermarksTaken;
  }
  return { records, watermarksTaken };
}
