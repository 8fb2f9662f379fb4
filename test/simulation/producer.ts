/** Puts rides, watermarks, rubbish, splits and merges into the stream. */
import type { Random } from "../judge/random.ts";
import { START_MS } from "./sim_clock.ts";
import { PLACES, type Ride, rideBytes, watermarkBytes } from "./sim_job.ts";
import { HASH_KEYS, type SimShard, type SimStream } from "./sim_stream.ts";

/** What a producer does, drawn from the seed. */
export interface ProducerHabits {
  readonly ticks: number;
  /** Event time that passes in a tick, at most. */
  readonly eventMsMax: number;
  /** Share of ticks with watermarks. */
  readonly watermarks: number;
  /** Share of ticks with a split or a merge. */
  readonly reshards: number;
  /** Share of records put twice. */
  readonly duplicates: number;
  /** Share of records that are aggregated ones. */
  readonly aggregated: number;
  /** Share of rides that are far behind. */
  readonly stragglers: number;
  /** Share of records that are no rides. */
  readonly rubbish: number;
  readonly shardsMax: number;
}

export function drawHabits(random: Random): ProducerHabits {
  const some = (most: number) =>
    random.chance(0.6) ? random.next() * most : 0;
  return {
    ticks: random.whole(15, 80),
    eventMsMax: random.whole(500, 4_000),
    watermarks: 0.1 + random.next() * 0.6,
    reshards: some(0.2),
    duplicates: some(0.3),
    aggregated: some(0.5),
    stragglers: some(0.2),
    rubbish: some(0.2),
    shardsMax: random.whole(1, 8),
  };
}

/** Records of which one may be put again, some time after it was. */
const RECENT_MAX = 30;

/** Options for {@linkcode Producer}. */
export interface ProducerOptions {
  readonly random: Random;
  readonly stream: SimStream;
  readonly habits: ProducerHabits;
  readonly idleTimeoutMs: number;
  readonly boundMs: number;
}

export class Producer {
  readonly #random: Random;
  readonly #stream: SimStream;
  readonly #habits: ProducerHabits;
  readonly #options: ProducerOptions;
  /** Hash keys below it get nothing for a while. */
  #sleepingBelow = 0;
  #eventMs = START_MS;
  #rides = 0;
  /** What a producer may send again, as it heard of no success. */
  readonly #recent: { readonly data: Buffer; readonly hashKey: number }[] = [];

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#stream = options.stream;
    this.#habits = options.habits;
  }

  /** One moment's records. */
  tick(nowMs: number): void {
    const random = this.#random;
    const { eventMsMax, watermarks, reshards } = this.#habits;
    this.#eventMs += random.whole(0, eventMsMax);
    if (this.#options.idleTimeoutMs > 0 && random.chance(0.15)) {
      this.#sleepingBelow = random.pick([0, random.whole(0, HASH_KEYS)]);
    }
    for (let i = random.whole(0, 5); i > 0; i--) this.#put(nowMs);
    if (random.chance(watermarks)) this.#putWatermarks(nowMs);
    if (random.chance(reshards)) this.#reshard();
  }

  /** The last watermark: all windows end. */
  finish(nowMs: number): void {
    for (const shard of this.#stream.open) {
      const atMs = this.#eventMs + 400_000;
      this.#stream.put(shard, watermarkBytes(atMs), nowMs);
      // Filtered out, but its time moves a bounded watermark.
      const place = PLACES[0];
      this.#stream.put(shard, this.#ride({ place, amount: 101, atMs }), nowMs);
    }
  }

  #ride(ride: Omit<Ride, "id">): Buffer {
    return rideBytes({ ...ride, id: ++this.#rides });
  }

  #record(): Buffer {
    const random = this.#random;
    const { rubbish, stragglers } = this.#habits;
    if (random.chance(rubbish)) {
      return Buffer.from(random.pick(["{", "rubbish", '{"type":"bus"}']));
    }
    const back = random.chance(stragglers) ? 45_000 : 9_000;
    return this.#ride({
      place: random.pick(PLACES),
      amount: random.chance(0.05) ? 101 : random.whole(0, 400) / 4,
      atMs: this.#eventMs - random.whole(0, back),
    });
  }

  #put(nowMs: number): void {
    const random = this.#random;
    const hashKey = random.whole(0, HASH_KEYS - 1);
    const shard = this.#stream.route(hashKey);
    if (this.#isAsleep(shard)) return;
    this.#wake(shard, nowMs);
    if (random.chance(this.#habits.aggregated)) {
      this.#putAggregated(shard, nowMs);
      return;
    }
    const data = this.#record();
    this.#stream.put(shard, data, nowMs);
    this.#recent.push({ data, hashKey });
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
    while (random.chance(this.#habits.duplicates)) {
      this.#stream.put(shard, data, nowMs);
    }
    if (random.chance(this.#habits.duplicates)) this.#putAgain(nowMs);
  }

  /** Where its hash key leads by now: to the shard's child, after a split. */
  #putAgain(nowMs: number): void {
    const { data, hashKey } = this.#random.pick(this.#recent);
    const shard = this.#stream.route(hashKey);
    if (this.#isAsleep(shard)) return;
    this.#wake(shard, nowMs);
    this.#stream.put(shard, data, nowMs);
  }

  #isAsleep(shard: SimShard): boolean {
    return shard.from < this.#sleepingBelow;
  }

  /** After a pause that may pass for idleness others may be far ahead. */
  #wake(shard: SimShard, nowMs: number): void {
    const { idleTimeoutMs, boundMs } = this.#options;
    const lastMs = shard.records.at(-1)?.arrivalMs ?? START_MS;
    if (idleTimeoutMs === 0 || nowMs - lastMs < idleTimeoutMs / 2) return;
    this.#stream.put(shard, watermarkBytes(this.#eventMs), nowMs);
    const atMs = this.#eventMs + boundMs + 1;
    const ahead = this.#ride({ place: PLACES[0], amount: 101, atMs });
    this.#stream.put(shard, ahead, nowMs);
  }

  /** As the producer library does, which may not know of a split yet. */
  #putAggregated(shard: SimShard, nowMs: number): void {
    const random = this.#random;
    const events = Array.from({ length: random.whole(1, 4) }, () => ({
      data: this.#record(),
      hashKey: random.chance(0.1)
        ? random.whole(0, HASH_KEYS - 1)
        : random.whole(shard.from, shard.to),
    }));
    this.#stream.putAggregated(shard, events, nowMs);
  }

  /** Each shard's own: some run ahead of others. */
  #putWatermarks(nowMs: number): void {
    for (const shard of this.#stream.open) {
      if (this.#isAsleep(shard)) continue;
      this.#wake(shard, nowMs);
      const behindMs = this.#random.whole(0, 12_000);
      this.#stream.put(shard, watermarkBytes(this.#eventMs - behindMs), nowMs);
    }
  }

  #reshard(): void {
    const { open } = this.#stream;
    const shard: SimShard = this.#random.pick(open);
    const grows = open.length < this.#habits.shardsMax;
    if (grows && this.#random.chance(0.6)) this.#stream.split(shard);
    else this.#stream.merge(shard);
  }
}
