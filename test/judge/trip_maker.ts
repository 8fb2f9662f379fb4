/**
 * Made-up trips: where they go and how long they take.
 *
 * @module
 */
import type { Trip } from "./event_text.ts";
import type { Random } from "./random.ts";
import {
  airportPoint,
  edgePoint,
  ordinaryPoint,
  type Point,
} from "./trip_points.ts";

const MINUTE_MS = 60_000;

/** Makes trips with ascending ids. */
export class TripMaker {
  readonly #random: Random;
  #id = 100_000_000;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * Makes a trip.
   *
   * @param dropoffMs Its event time.
   * @param ends Where it goes, if that is not left to chance.
   */
  make(dropoffMs: number, ends?: readonly [Point, Point]): Trip {
    const random = this.#random;
    const roll = random.next();
    const pickup = roll < 0.2 ? edgePoint(random) : ordinaryPoint(random);
    const dropoff =
      roll > 0.1 && roll < 0.3
        ? airportPoint(random)
        : roll > 0.9
          ? edgePoint(random)
          : ordinaryPoint(random);
    this.#id += 1;
    return {
      id: this.#id,
      pickup: ends?.[0] ?? pickup,
      dropoff: ends?.[1] ?? dropoff,
      dropoffMs,
      pickupMs: dropoffMs - this.#rideMs(),
    };
  }

  /** A ride's length: exact minutes and their neighbours, also negative. */
  #rideMs(): number {
    const random = this.#random;
    const roll = random.next();
    if (roll < 0.7) return random.whole(60, 3_600) * 1_000;
    if (roll < 0.8) return random.whole(0, 90) * MINUTE_MS;
    if (roll < 0.9) {
      return random.whole(0, 60) * MINUTE_MS + random.pick([-1, 1]);
    }
    if (roll < 0.95) return random.whole(0, 5_400_000);
    if (roll < 0.99) return -random.whole(0, 300_000);
    return random.whole(0, 30) * 86_400_000;
  }
}
