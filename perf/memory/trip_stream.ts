/**
 * A stream of generated trips in shared memory, with its records' boundaries:
 * what the engine is measured with when nothing but the engine shall cost.
 *
 * All records of a round are distinct and in the order of their event time,
 * dealt to the shards in turn; every shard gets a watermark for each minute of
 * event time. From one round to the next all times move on by whole days, so
 * that a run can go on for as long as one likes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { TripGenerator } from "../../engine/replay/generator.ts";
import { windowStart } from "../../engine/tally/window.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const WINDOW_MS = 10 * MINUTE_MS;
const CHUNK_TRIPS = 10_000;
const DATE_BYTES = 10;
/** Every time's key ends in this: the date follows. */
const DATE_MARK = Buffer.from('_datetime":"');
const WATERMARK_HEAD = '{"type":"watermark","watermark":"';
/** A generated trip, the watermarks around it, and some room. */
const RECORD_BYTES_MEAN_MAX = 560;
/** Digits of a sequence number: a one, the round, the record. */
const ROUND_DIGITS = 6;
const INDEX_DIGITS = 13;

/** Bytes of a sequence number's text. */
export const SEQUENCE_BYTES: number = 1 + ROUND_DIGITS + INDEX_DIGITS;

/** The round and the index of the record that has a sequence number. */
export function parseSequence(text: string): { round: number; index: number } {
  return {
    round: Number(text.slice(1, 1 + ROUND_DIGITS)),
    index: Number(text.slice(1 + ROUND_DIGITS)),
  };
}

/** One shard; every array lies in shared memory. */
export interface MemoryShard {
  readonly shardId: string;
  /** Payloads, then the records' sequence numbers one after the other. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly starts: Uint32Array<SharedArrayBuffer>;
  readonly ends: Uint32Array<SharedArrayBuffer>;
  readonly recordCount: number;
  /** Where the sequence numbers begin. */
  readonly sequencesAt: number;
}

/** What a worker needs: plain data that crosses threads without a copy. */
export interface SharedStream {
  readonly shards: readonly MemoryShard[];
  /** The number of the round that may be read, in its first element. */
  readonly round: Int32Array<SharedArrayBuffer>;
}

/** Options for {@linkcode TripStream}. */
export interface TripStreamOptions {
  /** Trips of a round. */
  readonly trips: number;
  readonly shardCount: number;
  /** @default {1} */
  readonly seed?: number;
  /** Mean trips in a second of event time. @default {the generator's} */
  readonly eventsPerSecond?: number;
}

/** A shard under construction. */
class ShardBuilder {
  readonly bytes: Buffer;
  starts: Uint32Array;
  ends: Uint32Array;
  count = 0;
  #end = 0;

  constructor(tripsMax: number) {
    const bytes = tripsMax * RECORD_BYTES_MEAN_MAX + 65_536;
    this.bytes = Buffer.from(new SharedArrayBuffer(bytes));
    const records = tripsMax * 2 + 65_536;
    this.starts = new Uint32Array(new SharedArrayBuffer(records * 4));
    this.ends = new Uint32Array(new SharedArrayBuffer(records * 4));
  }

  add(bytes: Uint8Array): number {
    assert(this.#end + bytes.length <= this.bytes.length, "a shard is full");
    const start = this.#end;
    this.bytes.set(bytes, start);
    this.#end += bytes.length;
    this.starts[this.count] = start;
    this.ends[this.count++] = this.#end;
    return start;
  }

  finish(shardId: string): MemoryShard {
    const sequencesAt = this.#end;
    assert(
      sequencesAt + this.count * SEQUENCE_BYTES <= this.bytes.length,
      "a shard has no room for sequence numbers",
    );
    for (let i = 0; i < this.count; i++) {
      const text = `1${"0".repeat(ROUND_DIGITS)}${String(i).padStart(INDEX_DIGITS, "0")}`;
      this.bytes.write(text, sequencesAt + i * SEQUENCE_BYTES, "latin1");
    }
    const { count: recordCount } = this;
    const bytes = this.bytes as Uint8Array<SharedArrayBuffer>;
    const starts = this.starts as Uint32Array<SharedArrayBuffer>;
    const ends = this.ends as Uint32Array<SharedArrayBuffer>;
    return { shardId, bytes, starts, ends, recordCount, sequencesAt };
  }
}

/** Where a date stands, and which. */
interface Dates {
  readonly at: number[];
  readonly dayMs: number[];
}

/** The stream. */
export class TripStream {
  readonly shared: SharedStream;
  /** Records of a round, watermarks among them. */
  readonly recordCount: number;
  readonly tripCount: number;
  readonly #dates: readonly Dates[];
  #lastMs = 0;
  #daysMs = 0;
  #round = 0;
  #shiftMs = 0;

  constructor(options: TripStreamOptions) {
    const { trips, shardCount, seed = 1, eventsPerSecond } = options;
    const builders = Array.from(
      { length: shardCount },
      () => new ShardBuilder(Math.ceil(trips / shardCount)),
    );
    this.#dates = builders.map(() => ({ at: [], dayMs: [] }));
    const generator = new TripGenerator({
      seed,
      ...(eventsPerSecond === undefined ? {} : { eventsPerSecond }),
    });
    let firstMs = Number.NaN;
    let nextMs = Number.NEGATIVE_INFINITY;
    for (let made = 0; made < trips; ) {
      const chunk = generator.next(Math.min(CHUNK_TRIPS, trips - made));
      for (let i = 0; i < chunk.count; i++, made++) {
        const timeMs = chunk.timesMs[i] ?? 0;
        if (!(firstMs <= timeMs)) firstMs = timeMs;
        if (timeMs >= nextMs) {
          const watermarkMs = windowStart(timeMs, MINUTE_MS) - 1;
          this.#watermarks(builders, watermarkMs);
          nextMs = watermarkMs + 1 + MINUTE_MS;
        }
        const line = chunk.bytes.subarray(chunk.starts[i], chunk.ends[i]);
        this.#trip(builders, made % shardCount, line);
        this.#lastMs = timeMs;
      }
    }
    const days = (ms: number) => Math.floor(ms / DAY_MS);
    this.#daysMs = (days(this.#lastMs) - days(firstMs) + 1) * DAY_MS;
    this.tripCount = trips;
    const shards = builders.map((builder, i) =>
      builder.finish(`shardId-${String(i).padStart(12, "0")}`),
    );
    this.recordCount = shards.reduce((sum, one) => sum + one.recordCount, 0);
    this.shared = { shards, round: new Int32Array(new SharedArrayBuffer(4)) };
  }

  #trip(builders: ShardBuilder[], shard: number, line: Buffer): void {
    const start = builders[shard]?.add(line) ?? 0;
    for (let from = 0; ; ) {
      const at = line.indexOf(DATE_MARK, from);
      if (at < 0) return;
      from = at + DATE_MARK.length;
      this.#date(
        shard,
        start + from,
        line.toString("latin1", from, from + DATE_BYTES),
      );
    }
  }

  #watermarks(builders: ShardBuilder[], watermarkMs: number): void {
    const time = new Date(watermarkMs).toISOString();
    const record = Buffer.from(`${WATERMARK_HEAD}${time}"}\n`);
    for (const [shard, builder] of builders.entries()) {
      const start = builder.add(record);
      const at = start + WATERMARK_HEAD.length;
      this.#date(shard, at, time.slice(0, DATE_BYTES));
    }
  }

  #date(shard: number, at: number, text: string): void {
    const dates = this.#dates[shard];
    dates?.at.push(at);
    dates?.dayMs.push(Date.parse(text));
  }

  /** Timestamp of the documents of the last window that a round closes. */
  get closedMs(): number {
    const watermarkMs =
      windowStart(this.#lastMs, MINUTE_MS) - 1 + this.#shiftMs;
    return windowStart(watermarkMs + 1, WINDOW_MS) - 1;
  }

  /** Makes the next round ready, without letting it be read. */
  prepare(): void {
    this.#round++;
    if (this.#round > 1) this.#shiftMs += this.#daysMs;
    const digits = String(this.#round).padStart(ROUND_DIGITS, "0");
    for (const [i, shard] of this.shared.shards.entries()) {
      const bytes = Buffer.from(shard.bytes.buffer);
      const { at, dayMs } = this.#dates[i] ?? { at: [], dayMs: [] };
      if (this.#shiftMs > 0) this.#moveDates(bytes, at, dayMs);
      for (let record = 0; record < shard.recordCount; record++) {
        const from = shard.sequencesAt + record * SEQUENCE_BYTES;
        bytes.write(digits, from + 1, "latin1");
      }
    }
  }

  #moveDates(
    bytes: Buffer,
    at: readonly number[],
    dayMs: readonly number[],
  ): void {
    const texts = new Map<number, Buffer>();
    for (const [i, from] of at.entries()) {
      const day = dayMs[i] ?? 0;
      let text = texts.get(day);
      if (text === undefined) {
        const date = new Date(day + this.#shiftMs).toISOString();
        text = Buffer.from(date.slice(0, DATE_BYTES));
        texts.set(day, text);
      }
      bytes.set(text, from);
    }
  }

  /** Lets the prepared round be read. */
  open(): void {
    Atomics.store(this.shared.round, 0, this.#round);
  }
}
