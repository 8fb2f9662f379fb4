/**
 * Where the made events of any job happen: some hundred places, as stations and
 * stops are, in the job's own zones, or else in New York.
 *
 * @module
 */
import { type Box, zoneBoxes } from "../geo/zone.ts";
import type { EventSpec, JobSpec } from "../job/spec.ts";
import { AliasTable } from "./alias_table.ts";
import { JOB_PLACES, PLACE_SPREAD_DEG } from "./limits.ts";
import type { Random } from "./random.ts";

/** Where most of the city is; the page's map has its outline. */
const NEW_YORK: Box = [40.68, 40.82, -74.02, -73.9];

/** How much less is going on from one place to the next. */
const POPULARITY_EXPONENT = 0.6;

/** A place that was drawn. */
export interface DrawnPlace {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  /** 0 in the middle of all places, 1 far out. */
  readonly outwards: number;
}

/** What a number field may be, by the filters of its event. */
export function rangeOf({ filters }: EventSpec, field: string | undefined) {
  let [min, max] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const filter of filters) {
    if (!("field" in filter) || filter.field !== field) continue;
    min = Math.max(min, filter.min);
    max = Math.min(max, filter.max);
  }
  return { min, max };
}

/** Boxes in which a point may be, so that its event is tallied. */
export function boxesFor(
  spec: JobSpec,
  event: EventSpec,
  point: string,
): Box[] {
  const wanted = event.filters.flatMap((filter) =>
    "point" in filter && filter.point === point ? [filter.inZone] : [],
  );
  const zones =
    wanted.length > 0
      ? wanted.flatMap((name) => spec.zones[name] ?? [])
      : Object.values(spec.zones);
  const boxes = zones.flatMap(zoneBoxes);
  const place = event.points[point];
  const latitude = rangeOf(event, place?.latitude);
  const longitude = rangeOf(event, place?.longitude);
  const cut = ([south, north, west, east]: Box): Box => [
    Math.max(south, latitude.min),
    Math.min(north, latitude.max),
    Math.max(west, longitude.min),
    Math.min(east, longitude.max),
  ];
  const passing = (boxes.length > 0 ? boxes : [NEW_YORK])
    .map(cut)
    .filter(([south, north, west, east]) => south < north && west < east);
  if (passing.length > 0) return passing;
  // The filters' own box, where it is on the globe.
  return [cut([-80, 80, -180, 180])];
}

/** The places of one point of an event. */
export class JobPlaces {
  readonly #random: Random;
  readonly #latitudes: Float64Array;
  readonly #longitudes: Float64Array;
  readonly #boxes: readonly Box[];
  readonly #popularity: AliasTable;
  readonly #middle: readonly [latitude: number, longitude: number];
  readonly #reachDeg: number;

  constructor(boxes: readonly Box[], random: Random) {
    this.#random = random;
    const sizes = boxes.map(([s, n, w, e]) => (n - s) * (e - w) + 1e-9);
    const bySize = AliasTable.of(Float64Array.from(sizes));
    const between = (low: number, high: number) =>
      low + random.unit() * (high - low);
    this.#latitudes = new Float64Array(JOB_PLACES);
    this.#longitudes = new Float64Array(JOB_PLACES);
    const weights = new Float64Array(JOB_PLACES);
    const inBoxes: Box[] = [];
    for (let i = 0; i < JOB_PLACES; i++) {
      const box = boxes[bySize.draw(random, 0, boxes.length)] ?? NEW_YORK;
      this.#latitudes[i] = between(box[0], box[1]);
      this.#longitudes[i] = between(box[2], box[3]);
      weights[i] = (i + 1) ** -POPULARITY_EXPONENT;
      inBoxes.push(box);
    }
    this.#boxes = inBoxes;
    this.#popularity = AliasTable.of(weights);
    const [south, north, west, east] = [0, 1, 2, 3].map((side) =>
      Math[side % 2 === 0 ? "min" : "max"](
        ...boxes.map((box) => box[side] ?? 0),
      ),
    ) as [number, number, number, number];
    this.#middle = [(south + north) / 2, (west + east) / 2];
    this.#reachDeg = Math.hypot(north - south, east - west) / 2;
  }

  /** A place, popular ones more often; a little beside where it was before. */
  draw(): DrawnPlace {
    const random = this.#random;
    const i = this.#popularity.draw(random, 0, JOB_PLACES);
    const [south, north, west, east] = this.#boxes[i] ?? NEW_YORK;
    const beside = (value: number, low: number, high: number) =>
      Math.min(
        high,
        Math.max(low, value + (random.unit() - 0.5) * PLACE_SPREAD_DEG),
      );
    const latitudeDeg = beside(this.#latitudes[i] ?? 0, south, north);
    const longitudeDeg = beside(this.#longitudes[i] ?? 0, west, east);
    const [latitude, longitude] = this.#middle;
    const off = Math.hypot(latitudeDeg - latitude, longitudeDeg - longitude);
    const outwards = Math.min(1, off / Math.max(this.#reachDeg, 1e-9));
    return { latitudeDeg, longitudeDeg, outwards };
  }
}
