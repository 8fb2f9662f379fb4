// Hot path: every event.
// Cost avoided: a pass in JavaScript, a row at a time, for the filters, for
//   what each row has failed, for its cell and for each of a key's zones: a
//   fifth of what an event costs from memory.
// Trick: all of it is one pass of WebAssembly vectors, two rows at once, over
//   the columns where the decoder has put them.
// Gives up: filters by zones of many boxes, and long geohashes.
// Breaks: `!` on typed-array reads.
// Shown by `perf/tally_bench.ts`. Plain twins: `EventFilter` and
//   `GeohashColumn`, which serve where this can't.
/**
 * Filters the rows of a batch, and computes what their keys are made of.
 *
 * @module
 */
import { columnBits, rowBits } from "../../engine/geo/geohash.ts";
import { zoneBoxes } from "../../engine/geo/zone.ts";
import { ZoneIndex } from "../../engine/geo/zone_index.ts";
import type {
  FilterPlan,
  JobPlan,
  KeyPartPlan,
} from "../../engine/job/plan.ts";
import { openOn } from "../../engine/kinesis/wasm_code.ts";
import { BATCH_ROWS_MAX, type ColumnsPlace } from "../decode/event_columns.ts";
import { PAIR_BYTES, sieveCode } from "./sieve_code.ts";
import type {
  SieveBox,
  SieveCells,
  SieveFilter,
  SievePlan,
} from "./sieve_plan.ts";

/** More boxes are asked for band by band, by `ZoneIndex`. */
const BOXES_MAX = 8;
/** Characters of the longest geohash whose rows and columns have 15 bits. */
const PRECISION_MAX = 6;
/** Locals of a function that are named by one byte. */
const LOCALS_MAX = 128;
const LIST_BYTES = BATCH_ROWS_MAX * Int32Array.BYTES_PER_ELEMENT;

type ZoneKeyPart = Extract<KeyPartPlan, { type: "zone" }>;
type GeohashKeyPart = Extract<KeyPartPlan, { type: "geohash" }>;

/** Rows that may lie in one of a key part's zones, once the sieve has run. */
export interface SievedRows {
  readonly rows: Int32Array;
  count: number;
}

interface KnownList {
  readonly part: ZoneKeyPart;
  readonly sieved: SievedRows;
}

interface KnownCells {
  readonly part: GeohashKeyPart;
  readonly cells: SievedCells;
}

/** Cells of a key part, once the sieve has run. */
export interface SievedCells {
  /** By row. */
  readonly words: Uint32Array;
  /** Those of the rows that passed, one behind the other. */
  readonly passed: Uint32Array;
}

function isSamePoint(a: KeyPartPlan, b: KeyPartPlan): boolean {
  const { latitudeSlot, longitudeSlot } = a;
  return latitudeSlot === b.latitudeSlot && longitudeSlot === b.longitudeSlot;
}

function isSamePart(a: KeyPartPlan, b: KeyPartPlan): boolean {
  if (!isSamePoint(a, b)) return false;
  return a.type === "zone"
    ? b.type === "zone" && a.zones.join() === b.zones.join()
    : b.type === "geohash" && a.precision === b.precision;
}

/** A zone's boxes; none when there are too many. */
function boxesOf(plan: JobPlan, zone: string): SieveBox[] {
  const boxes = zoneBoxes(plan.zones[zone]!);
  if (boxes.length > BOXES_MAX) return [];
  return boxes.map(([south, north, west, east]) => {
    return { south, north, west, east };
  });
}

/** The box around a zone. */
function boundsOf(plan: JobPlan, name: string): SieveBox {
  const zone = new ZoneIndex(plan.zones[name]!);
  return {
    ...{ south: zone.southDeg, north: zone.northDeg },
    ...{ west: zone.westDeg, east: zone.eastDeg },
  };
}

/** What a filter compares; undefined when that is too much. */
function filterOf(plan: JobPlan, filter: FilterPlan): SieveFilter | undefined {
  if (filter.type === "range") return filter;
  const { latitudeSlot, longitudeSlot, zone } = filter;
  const boxes = boxesOf(plan, zone);
  if (boxes.length === 0) return undefined;
  return { type: "boxes", latitudeSlot, longitudeSlot, boxes };
}

/** Whether what passes the filters has a value between two in a slot. */
function keepsWithin(
  filters: readonly SieveFilter[],
  slot: number,
  limit: number,
): boolean {
  const lies = (min: number, max: number) => min >= -limit && max <= limit;
  return filters.some((filter) => {
    if (filter.type === "range") {
      return filter.slot === slot && lies(filter.min, filter.max);
    }
    const { boxes, latitudeSlot, longitudeSlot } = filter;
    return (
      (latitudeSlot === slot && boxes.every((b) => lies(b.south, b.north))) ||
      (longitudeSlot === slot && boxes.every((b) => lies(b.west, b.east)))
    );
  });
}

/** Different key parts of an event's queries that it can do. */
function partsOf(
  plan: JobPlan,
  eventIndex: number,
  filters: readonly SieveFilter[],
): { lists: ZoneKeyPart[]; cells: GeohashKeyPart[] } {
  const lists: ZoneKeyPart[] = [];
  const cells: GeohashKeyPart[] = [];
  const queries = plan.queries.filter((one) => one.eventIndex === eventIndex);
  for (const part of queries.flatMap(({ key }) => key)) {
    const known: readonly KeyPartPlan[] = part.type === "zone" ? lists : cells;
    if (known.some((one) => isSamePart(one, part))) continue;
    if (part.type === "zone") lists.push(part);
    // A point that is off the globe has no cell.
    else if (
      part.precision <= PRECISION_MAX &&
      keepsWithin(filters, part.latitudeSlot, 90) &&
      keepsWithin(filters, part.longitudeSlot, 180)
    ) {
      cells.push(part);
    }
  }
  return { lists, cells };
}

/** Gives addresses one behind the other. */
function places(from: number): (byteLength: number) => number {
  let at = from;
  return (byteLength) => {
    const given = at;
    at += Math.ceil(byteLength / PAIR_BYTES) * PAIR_BYTES;
    return given;
  };
}

/** Filters batches whose columns lie in WebAssembly's memory. */
export class Sieve {
  /** The rows that passed, after `run()`. */
  readonly rows: Int32Array;
  readonly #sieve: (count: number) => number;
  readonly #rowsAt: number;
  /** Of each filter four words, of which two count; then lists' ends. */
  readonly #counts: Int32Array;
  readonly #reasons: readonly number[];
  readonly #lists: readonly KnownList[];
  readonly #cells: readonly KnownCells[];

  private constructor(
    made: {
      readonly plan: SievePlan;
      readonly sieve: (count: number) => number;
      readonly lists: readonly ZoneKeyPart[];
      readonly cells: readonly GeohashKeyPart[];
    },
    filters: readonly FilterPlan[],
    buffer: ArrayBuffer,
  ) {
    const { plan, sieve, lists, cells } = made;
    const rowsOf = (at: number) => new Int32Array(buffer, at, BATCH_ROWS_MAX);
    this.#sieve = sieve;
    this.#rowsAt = plan.rowsAt;
    this.rows = rowsOf(plan.rowsAt);
    this.#reasons = filters.map(({ reason }) => reason);
    const words = 4 * filters.length + lists.length;
    this.#counts = new Int32Array(buffer, plan.countsAt, words);
    this.#lists = lists.map((part, i) => {
      const rows = rowsOf(plan.lists[i]!.at);
      return { part, sieved: { rows, count: 0 } };
    });
    this.#cells = cells.map((part, i) => {
      const { at, passedAt } = plan.cells[i]!;
      const words = new Uint32Array(buffer, at, BATCH_ROWS_MAX);
      const passed = new Uint32Array(buffer, passedAt, BATCH_ROWS_MAX);
      return { part, cells: { words, passed } };
    });
  }

  /**
   * Makes one for the events of a kind.
   *
   * @param place Where their columns lie.
   * @returns Undefined when the job asks for more than it can do, or there are
   * no vectors.
   */
  static open(
    plan: JobPlan,
    eventIndex: number,
    place: ColumnsPlace | undefined,
  ): Sieve | undefined {
    const event = plan.events[eventIndex];
    if (event === undefined || place === undefined) return undefined;
    const filters = event.filters.flatMap((one) => filterOf(plan, one) ?? []);
    if (filters.length < event.filters.length) return undefined;
    const { lists, cells } = partsOf(plan, eventIndex, filters);
    const take = places(place.spareAt);
    const sievePlan: SievePlan = {
      filters,
      columnsAt: place.columnsAt,
      rowsAt: take(LIST_BYTES),
      lists: lists.map(({ latitudeSlot, longitudeSlot, zones }) => ({
        ...{ latitudeSlot, longitudeSlot, at: take(LIST_BYTES) },
        boxes: zones.map((zone) => boundsOf(plan, zone)),
      })),
      cells: cells.map(
        ({ latitudeSlot, longitudeSlot, precision }): SieveCells => ({
          ...{ latitudeSlot, longitudeSlot },
          ...{ at: take(LIST_BYTES), passedAt: take(LIST_BYTES) },
          rowBits: rowBits(precision),
          columnBits: columnBits(precision),
          isEven: precision % 2 === 0,
        }),
      ),
      countsAt: take(PAIR_BYTES * filters.length + 4 * lists.length),
      constantsAt: take(0),
    };
    const code = sieveCode(sievePlan);
    const { constants } = code;
    const end = sievePlan.constantsAt + constants.length;
    const isTooMuch =
      end > place.spareAt + place.spareBytes ||
      code.sieve.vectorCount + (code.sieve.integerCount ?? 0) >= LOCALS_MAX;
    if (isTooMuch) return undefined;
    const sieve = openOn(place.memory, code.sieve);
    if (sieve === undefined) return undefined;
    const { buffer } = place.memory;
    new Uint8Array(buffer).set(constants, sievePlan.constantsAt);
    const made = { plan: sievePlan, sieve, lists, cells };
    return new Sieve(made, event.filters, buffer);
  }

  /** Where it puts the cells of a key part; undefined when nowhere. */
  cellsOf(part: GeohashKeyPart): SievedCells | undefined {
    return this.#cells.find((one) => isSamePart(one.part, part))?.cells;
  }

  /** The rows that may have a key part. */
  listOf(part: ZoneKeyPart): SievedRows | undefined {
    return this.#lists.find((one) => isSamePart(one.part, part))?.sieved;
  }

  /**
   * Filters the first rows of the batch.
   *
   * @param filtered Gets one more for each row that fails, by reason.
   * @returns How many rows passed.
   */
  run(count: number, filtered: number[]): number {
    if (count === 0) return 0;
    const kept = (this.#sieve(count) - this.#rowsAt) >>> 2;
    const counts = this.#counts;
    const reasons = this.#reasons;
    let before = count;
    for (let i = 0; i < reasons.length && before > kept; i++) {
      const passed = counts[4 * i]! + counts[4 * i + 2]!;
      filtered[reasons[i]!]! += before - passed;
      before = passed;
    }
    for (let i = 0; i < this.#lists.length; i++) {
      const { sieved } = this.#lists[i]!;
      const end = counts[4 * reasons.length + i]!;
      sieved.count = (end - sieved.rows.byteOffset) >>> 2;
    }
    return kept;
  }
}
