/**
 * A seeded stream of taxi events as JSON lines, with everything in it that
 * real streams and bad days bring: see {@linkcode damagedEvents}.
 *
 * @module
 */
import { badUtf8Kind, badUtf8Note, DAMAGES, undeclaredText } from "./damage.ts";
import { type Member, numberText, objectText, tripText } from "./event_text.ts";
import { Random } from "./random.ts";
import { spellTime } from "./time_spellings.ts";
import { TripMaker } from "./trip_maker.ts";
import {
  FAR_POINTS,
  OUT_OF_RANGE_POINTS,
  ordinaryPoint,
  type Point,
} from "./trip_points.ts";

/** What the generator meant a line to be. */
export type Intent =
  | "trip"
  | "late_trip"
  | "undeclared"
  | "taken"
  | "refused"
  | "dead";

/** Options for {@linkcode damagedEvents}. */
export interface DamagedEventsOptions {
  /** Lines to make, watermark lines included. */
  readonly lineCount: number;
  readonly seed: number;
  /** Event time of the first drop-offs. */
  readonly startMs?: number;
  /**
   * Event time from the first to the last drop-off, by default 100 ms a line
   * within half an hour and five hours.
   */
  readonly spanMs?: number;
  /** @default {0.02} */
  readonly damagedShare?: number;
  /** Events of kinds that nobody declared. @default {0.01} */
  readonly undeclaredShare?: number;
  /**
   * Drop-offs come up to this much out of order, never behind a watermark.
   *
   * @default {60_000}
   */
  readonly disorderMs?: number;
  /** Watermark lines, and late trips behind them. @default {true} */
  readonly watermarks?: boolean;
  /** Trips in the years 1, 1969 and 9999. @default {true} */
  readonly outliers?: boolean;
  /** @default {true} */
  readonly finalNewline?: boolean;
}

/** A generated stream and what its maker knows about it. */
export interface DamagedEvents {
  readonly bytes: Buffer;
  /** One for each line. */
  readonly intents: readonly Intent[];
  /** Lines of each kind of damage, by name. */
  readonly damages: Readonly<Record<string, number>>;
}

const WINDOW_MS = 600_000;
const MINUTE_MS = 60_000;
const WATERMARK_LINES = 400;
/** 2016-01-01T00:00:00Z */
const START_MS = 1_451_606_400_000;

const REFUSED_WATERMARKS = [
  '"9999-12-31T23:59:59.999Z"',
  '"9999-01-01T00:00Z"',
  '"2500-06-01 00:00:00"',
] as const;

/** Drop-off times far from the rest, in pairs so that documents come of them. */
const OUTLIERS_MS = [
  Date.parse("1969-12-31T23:59:59.999Z"),
  Date.parse("1969-12-31T23:50:00.000Z"),
  Date.parse("1970-01-01T00:00:00.000Z"),
  Date.parse("0001-01-01T00:09:59.999Z"),
  Date.parse("1600-02-29T12:00:00.000Z"),
  Date.parse("9998-12-31T23:59:59.999Z"),
  Date.parse("2100-03-01T00:00:00.000Z"),
] as const;

/** Makes the lines one after another; holds where the event time stands. */
class Maker {
  readonly lines: Buffer[] = [];
  readonly intents: Intent[] = [];
  readonly damages: Record<string, number> = {};
  readonly #random: Random;
  readonly #options: Required<DamagedEventsOptions>;
  #nowMs: number;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  readonly #trips: TripMaker;

  constructor(options: Required<DamagedEventsOptions>) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#trips = new TripMaker(this.#random);
    this.#nowMs = options.startMs;
  }

  run(): void {
    const { lineCount, outliers, watermarks } = this.#options;
    if (outliers) this.#outliers();
    let next = WATERMARK_LINES;
    while (this.lines.length < lineCount - 1) {
      this.#advance();
      this.#event();
      if (watermarks && this.lines.length >= next) {
        next += this.#random.whole(1, 2 * WATERMARK_LINES);
        this.#watermark();
      }
    }
    // The last line is never empty, so that it counts without a line feed.
    this.#trip(this.#dropoffMs());
  }

  #push(text: string | Buffer, intent: Intent): void {
    this.lines.push(typeof text === "string" ? Buffer.from(text) : text);
    this.intents.push(intent);
  }

  /** Moves event time on; each new minute begins with its exact start. */
  #advance(): void {
    const { lineCount, spanMs } = this.#options;
    const before = this.#nowMs;
    const step = (spanMs / lineCount) * this.#random.between(0, 2);
    const after = before + Math.round(step);
    const minute = Math.ceil((before + 1) / MINUTE_MS) * MINUTE_MS;
    this.#nowMs = after > minute && step < MINUTE_MS ? minute : after;
  }

  #dropoffMs(): number {
    const { disorderMs } = this.#options;
    const random = this.#random;
    const back = random.chance(0.5) ? 0 : random.whole(0, disorderMs);
    const ms = this.#nowMs - back;
    if (disorderMs === 0 || random.chance(0.4)) return ms;
    // Whole seconds, as most meters have; still not behind the watermark.
    return Math.ceil(ms / 1_000) * 1_000;
  }

  #trip(dropoffMs: number, ends?: readonly [Point, Point]): void {
    const trip = this.#trips.make(dropoffMs, ends);
    const end = Math.floor(dropoffMs / WINDOW_MS) * WINDOW_MS + WINDOW_MS;
    const late = this.#watermarkMs >= end - 1;
    const random = this.#random;
    const text = random.chance(0.002)
      ? badUtf8Note(trip)
      : tripText(trip, random);
    this.#push(text, late ? "late_trip" : "trip");
  }

  #damaged(): void {
    const random = this.#random;
    const name = random.pick(Object.keys(DAMAGES));
    const damage = DAMAGES[name];
    if (damage === undefined) throw new Error(`Cannot damage as ${name}`);
    this.damages[name] = (this.damages[name] ?? 0) + 1;
    this.#push(damage(this.#trips.make(this.#nowMs), random), "dead");
  }

  #undeclared(): void {
    const trip = this.#trips.make(this.#nowMs);
    const text = this.#random.chance(0.05)
      ? badUtf8Kind(trip)
      : undeclaredText(trip, this.#random);
    this.#push(text, "undeclared");
  }

  #event(): void {
    const { damagedShare, undeclaredShare, watermarks } = this.#options;
    const random = this.#random;
    const roll = random.next();
    if (roll < damagedShare) this.#damaged();
    else if (roll < damagedShare + undeclaredShare) this.#undeclared();
    else if (random.chance(0.01)) this.#farTrip();
    else if (watermarks && random.chance(0.006)) this.#tripBehind();
    else this.#trip(this.#dropoffMs());
  }

  #farTrip(): void {
    const random = this.#random;
    const far = random.pick(
      random.chance(0.5) ? FAR_POINTS : OUT_OF_RANGE_POINTS,
    );
    const near = ordinaryPoint(random);
    const ends = random.chance(0.5) ? ([far, near] as const) : undefined;
    this.#trip(this.#dropoffMs(), ends ?? [near, far]);
  }

  /** Behind the watermark, by less than a window or by more. */
  #tripBehind(): void {
    const random = this.#random;
    if (!Number.isFinite(this.#watermarkMs)) return;
    const mostMs = random.chance(0.3) ? 2 * WINDOW_MS : 10_000_000;
    this.#trip(this.#watermarkMs - random.whole(0, mostMs));
  }

  #watermarkText(watermark: string): string {
    const random = this.#random;
    const members: Member[] = [
      ["type", '"watermark"'],
      ["watermark", watermark],
    ];
    if (random.chance(0.2)) {
      members.push(["pickup_lat", numberText(40.75, random)]);
    }
    return objectText(random.shuffle(members), random);
  }

  #takenWatermark(watermarkMs: number): void {
    const time = spellTime(watermarkMs, this.#random);
    this.#push(this.#watermarkText(`"${time}"`), "taken");
    this.#watermarkMs = Math.max(this.#watermarkMs, watermarkMs);
  }

  #watermark(): void {
    const random = this.#random;
    const roll = random.next();
    const nextMs = this.#nowMs - this.#options.disorderMs - 1;
    if (roll < 0.08) {
      const text = this.#watermarkText(random.pick(REFUSED_WATERMARKS));
      this.#push(text, "refused");
    } else if (roll < 0.16) {
      // One that goes back changes nothing.
      const back = random.pick([1, 1_000, WINDOW_MS, 20 * 365 * 86_400_000]);
      this.#takenWatermark(nextMs - back);
    } else {
      this.#overWindowEnd(nextMs);
      this.#takenWatermark(nextMs);
    }
  }

  /** Steps over a window's end, if one lies ahead, by single milliseconds. */
  #overWindowEnd(nextMs: number): void {
    const edgeMs = Math.floor((nextMs + 1) / WINDOW_MS) * WINDOW_MS;
    if (edgeMs <= this.#watermarkMs + 2) return;
    this.#takenWatermark(edgeMs - 2);
    this.#trip(edgeMs - 1);
    this.#takenWatermark(edgeMs - 1);
    this.#trip(edgeMs - 1);
    this.#trip(edgeMs);
  }

  #outliers(): void {
    const ends: readonly [Point, Point] = [
      [40.75, -73.98],
      [40.6441, -73.7822],
    ];
    for (const ms of OUTLIERS_MS) {
      for (let i = 0; i < 3; i++) this.#trip(ms, ends);
    }
  }
}

/**
 * Makes a stream of trips in New York in drop-off order (but for a bounded
 * disorder), with watermark lines now and then and some late trips behind
 * them. Among them: damaged lines, coordinates out of range or zero or exactly
 * on an edge or one double beside it, both spellings of the field names, keys
 * in any order, numbers and times in every accepted form, odd white space,
 * unknown and doubled fields, escapes, several event kinds, invalid UTF-8.
 *
 * @param options `lineCount` and `seed` decide everything.
 * @returns The bytes, and what each line was meant to be.
 */
export function damagedEvents(options: DamagedEventsOptions): DamagedEvents {
  const maker = new Maker({
    startMs: START_MS,
    spanMs: Math.min(Math.max(options.lineCount * 100, 1_800_000), 18_000_000),
    damagedShare: 0.02,
    undeclaredShare: 0.01,
    disorderMs: 60_000,
    watermarks: true,
    outliers: true,
    finalNewline: true,
    ...options,
  });
  maker.run();
  const feed = Buffer.from("\n");
  const parts: Buffer[] = [];
  for (const line of maker.lines) parts.push(line, feed);
  if (options.finalNewline === false) parts.pop();
  return {
    bytes: Buffer.concat(parts),
    intents: maker.intents,
    damages: maker.damages,
  };
}

/**
 * The same for a replay, which goes by drop-off time and makes watermarks of
 * its own: strict drop-off order, no watermarks, no outliers. Damaged lines
 * and undeclared kinds remain.
 */
export function orderedTrips(options: {
  readonly lineCount: number;
  readonly seed: number;
}): DamagedEvents {
  return damagedEvents({
    ...options,
    watermarks: false,
    outliers: false,
    disorderMs: 0,
  });
}
