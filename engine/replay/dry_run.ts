/**
 * What a replay would send, and how fast, without sending it. It takes as long
 * as reading the data does.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { systemClock } from "../clock.ts";
import {
  SHARD_BYTES_PER_SECOND,
  SHARD_RECORDS_PER_SECOND,
} from "../kinesis/put_limits.ts";
import type { SourceCounts } from "./event_chunk.ts";
import { EventPace } from "./event_pace.ts";
import { SPEEDUP_DEFAULT } from "./limits.ts";
import { ReplayInput } from "./replay_input.ts";
import type { ReplayOptions } from "./replay_options.ts";
import { TrackedChunk } from "./tracked_chunk.ts";

/** Options for {@linkcode dryRun}; those of the replay. */
export type DryRunOptions = Pick<
  ReplayOptions,
  | "source"
  | "speedup"
  | "adaptTime"
  | "loop"
  | "limit"
  | "durationMs"
  | "seekMs"
> & {
  /** Ends it early. */
  readonly signal: AbortSignal;
};

/** One second of real time. */
export interface DryRunSecond {
  readonly events: number;
  readonly bytes: number;
  /** Event time at which it begins, epoch ms. */
  readonly timeMs: number;
}

/** What would be sent. */
export interface DryRunReport {
  readonly speedup: number;
  readonly events: number;
  readonly bytes: number;
  /** Largest event, bytes. */
  readonly eventBytesMax: number;
  /** Event times, epoch ms; infinite when there are none. */
  readonly leastMs: number;
  readonly greatestMs: number;
  /** Real time that it takes, ms. */
  readonly durationMs: number;
  /** The second with the most bytes. */
  readonly busiest: DryRunSecond;
  readonly skipped: SourceCounts;
}

const SECOND_MS = 1_000;

/** Bytes of a partition key, at most, as they count against a shard's limit. */
const KEY_BYTES = 6;

/** Bytes that stand around an event in an aggregated record. */
const PACKING_BYTES = 11;

/** Adds up one replay. */
class DryRun {
  readonly #options: DryRunOptions;
  readonly #pace: EventPace;
  readonly #durationMs: number;
  readonly #limit: number;
  #events = 0;
  #bytes = 0;
  #eventBytesMax = 0;
  #leastMs = Number.POSITIVE_INFINITY;
  #greatestMs = Number.NEGATIVE_INFINITY;
  /** Real time since the beginning, ms. */
  #nowMs = 0;
  #second = { events: 0, bytes: 0, timeMs: 0 };
  #secondIndex = 0;
  #busiest: DryRunSecond = this.#second;

  constructor(options: DryRunOptions) {
    const { speedup = SPEEDUP_DEFAULT } = options;
    this.#options = options;
    this.#pace = new EventPace(speedup);
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY;
    this.#durationMs = options.durationMs ?? Number.POSITIVE_INFINITY;
  }

  async run(): Promise<DryRunReport> {
    const { source, loop = false, seekMs, signal } = this.#options;
    const { speedup } = this.#pace;
    const input = new ReplayInput({
      source,
      clock: systemClock,
      speedup,
      loop,
      start: seekMs === undefined ? {} : { timeMs: seekMs },
    });
    for await (const chunk of input.read()) {
      if (!this.#addChunk(new TrackedChunk(chunk)) || signal.aborted) break;
      await setImmediate();
    }
    return {
      speedup,
      events: this.#events,
      bytes: this.#bytes,
      eventBytesMax: this.#eventBytesMax,
      leastMs: this.#leastMs,
      greatestMs: this.#greatestMs,
      durationMs: this.#nowMs,
      busiest: this.#busiest,
      skipped: { ...source.counts },
    };
  }

  /** False at the end of what is asked for. */
  #addChunk(chunk: TrackedChunk): boolean {
    for (let i = 0; i < chunk.count; i++) {
      if (this.#events >= this.#limit) return false;
      this.#passTo(chunk.leastFromMs(i));
      if (this.#nowMs >= this.#durationMs) return false;
      const byteCount = (chunk.ends[i] ?? 0) - (chunk.starts[i] ?? 0);
      const timeMs = chunk.timesMs[i] ?? 0;
      this.#events++;
      this.#bytes += byteCount;
      this.#second.events++;
      this.#second.bytes += byteCount;
      if (this.#second.bytes > this.#busiest.bytes)
        this.#busiest = this.#second;
      if (byteCount > this.#eventBytesMax) this.#eventBytesMax = byteCount;
      if (timeMs < this.#leastMs) this.#leastMs = timeMs;
      if (timeMs > this.#greatestMs) this.#greatestMs = timeMs;
    }
    return true;
  }

  /** Real time passes until an event time is due. */
  #passTo(eventMs: number): void {
    const pace = this.#pace;
    if (pace.speedup === Number.POSITIVE_INFINITY) return;
    if (!pace.isStarted || pace.isGap(eventMs, this.#nowMs)) {
      pace.start(eventMs, this.#nowMs);
    }
    this.#nowMs += Math.max(0, pace.waitMs(eventMs, this.#nowMs));
    const index = Math.floor(this.#nowMs / SECOND_MS);
    if (index === this.#secondIndex && this.#second.events > 0) return;
    this.#secondIndex = index;
    this.#second = { events: 0, bytes: 0, timeMs: eventMs };
  }
}

/**
 * Reads a source as a replay would, without waiting and without a stream.
 *
 * @throws {FlagdropError} When the source can't be read.
 */
export async function dryRun(options: DryRunOptions): Promise<DryRunReport> {
  return await new DryRun(options).run();
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

/** Shards for a second, by bytes and by records. */
function shardsFor({ events, bytes }: DryRunSecond): number {
  const byBytes = (bytes + events * KEY_BYTES) / SHARD_BYTES_PER_SECOND;
  return Math.max(
    1,
    Math.ceil(Math.max(byBytes, events / SHARD_RECORDS_PER_SECOND)),
  );
}

function paceLines({
  speedup,
  events,
  bytes,
  durationMs,
  busiest,
}: DryRunReport) {
  if (speedup === Number.POSITIVE_INFINITY) {
    return ["at --speedup max the stream says how fast they go"];
  }
  const seconds = Math.max(durationMs, SECOND_MS) / SECOND_MS;
  const extraBytes = busiest.events * PACKING_BYTES;
  const packed = { ...busiest, events: 0, bytes: busiest.bytes + extraBytes };
  return [
    `at --speedup ${speedup} they take ${seconds.toFixed(1)} s: ${whole(events / seconds)} events/s, ${megabytes(bytes / seconds)}/s`,
    `the busiest second begins at ${new Date(busiest.timeMs).toISOString()}: ${whole(busiest.events)} events, ${megabytes(busiest.bytes)}`,
    `shards that take this: ${shardsFor(busiest)}, with --aggregate ${shardsFor(packed)}`,
  ];
}

/** A report as lines of text. */
export function dryRunText(report: DryRunReport): string {
  const { events, bytes, eventBytesMax, leastMs, greatestMs } = report;
  const { unparsable, watermarks } = report.skipped;
  const lines =
    events === 0
      ? ["no events"]
      : [
          `${whole(events)} events, ${megabytes(bytes)}: ${whole(bytes / events)} bytes each, at most ${whole(eventBytesMax)}`,
          `their times are from ${new Date(leastMs).toISOString()} to ${new Date(greatestMs).toISOString()}`,
          ...paceLines(report),
        ];
  if (unparsable > 0) lines.push(`${whole(unparsable)} unparsable, left out`);
  if (watermarks > 0) lines.push(`${whole(watermarks)} watermarks, left out`);
  return `${lines.join("\n")}\nnothing was sent\n`;
}
