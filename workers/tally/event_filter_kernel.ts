/**
 * Selects the events of a batch that the job's filters let through.
 *
 * Hot path: every event.
 * Cost avoided: a pass over the batch for each bound of each filter.
 * Trick: bounds of the same column are put together into one, and two columns
 * (as a rule latitude and longitude) are compared in one pass; only what fails
 * is asked filter by filter, for the reason.
 * Gives up: nothing.
 * Breaks: non-null assertions on typed-array reads.
 * Bench: `perf/tally_bench.ts`. Plain twin: `test/workers/tally/plain_tally.ts`.
 *
 * @module
 */
import type { ZoneIndex } from "../../engine/geo/zone_index.ts";
import type { FilterPlan } from "../../engine/job/plan.ts";
import { BATCH_ROWS_MAX } from "../decode/event_columns.ts";

/** What two columns must lie between. */
interface BoundsPair {
  readonly slotA: number;
  readonly minA: number;
  readonly maxA: number;
  readonly slotB: number;
  readonly minB: number;
  readonly maxB: number;
}

type ZoneFilter = Extract<FilterPlan, { type: "zone" }>;

/** The filters of one event kind. */
export class EventFilter {
  /** Rows that passed, after `run()`. */
  readonly selection: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  readonly #filters: readonly FilterPlan[];
  readonly #zones: ReadonlyMap<string, ZoneIndex>;
  readonly #pairs: readonly BoundsPair[];
  /** Zones of more than one box, which bounds don't settle. */
  readonly #others: readonly ZoneFilter[];

  constructor(
    filters: readonly FilterPlan[],
    zones: ReadonlyMap<string, ZoneIndex>,
  ) {
    this.#filters = filters;
    this.#zones = zones;
    this.#pairs = pairsOf(filters, zones);
    this.#others = filters.filter(
      (filter): filter is ZoneFilter =>
        filter.type === "zone" && !zones.get(filter.zone)!.isBox,
    );
  }

  /**
   * Fills the selection.
   *
   * @param columns The batch.
   * @param count Its rows.
   * @param filtered Gets one more for each row that fails, by reason.
   * @returns How many rows passed.
   */
  run(
    columns: readonly Float64Array[],
    count: number,
    filtered: number[],
  ): number {
    const { selection } = this;
    for (let row = 0; row < count; row++) selection[row] = row;
    let kept = count;
    for (const pair of this.#pairs) {
      kept = keepBetween(
        pair,
        columns[pair.slotA]!,
        columns[pair.slotB]!,
        selection,
        kept,
      );
    }
    for (const filter of this.#others) {
      kept = keepInside(
        this.#zones.get(filter.zone)!,
        columns[filter.latitudeSlot]!,
        columns[filter.longitudeSlot]!,
        selection,
        kept,
      );
    }
    if (kept < count) this.#countFiltered(columns, count, kept, filtered);
    return kept;
  }

  #countFiltered(
    columns: readonly Float64Array[],
    count: number,
    kept: number,
    filtered: number[],
  ): void {
    const { selection } = this;
    let next = 0;
    for (let row = 0; row < count; row++) {
      if (next < kept && selection[next] === row) next++;
      else filtered[this.#reason(columns, row)]!++;
    }
  }

  /** The first filter that a row fails. */
  #reason(columns: readonly Float64Array[], row: number): number {
    for (const filter of this.#filters) {
      if (filter.type === "range") {
        const value = columns[filter.slot]![row]!;
        if (!(value >= filter.min && value <= filter.max)) return filter.reason;
      } else {
        const latitude = columns[filter.latitudeSlot]![row]!;
        const longitude = columns[filter.longitudeSlot]![row]!;
        const zone = this.#zones.get(filter.zone)!;
        if (!zone.holds(latitude, longitude)) return filter.reason;
      }
    }
    throw new RangeError("Cannot find what has filtered a row");
  }
}

/** The bounds of all filters, by slot, two by two. */
function pairsOf(
  filters: readonly FilterPlan[],
  zones: ReadonlyMap<string, ZoneIndex>,
): BoundsPair[] {
  const bounds = new Map<number, [min: number, max: number]>();
  const narrow = (slot: number, min: number, max: number) => {
    const [least, most] = bounds.get(slot) ?? [-Infinity, Infinity];
    bounds.set(slot, [Math.max(least, min), Math.min(most, max)]);
  };
  for (const filter of filters) {
    if (filter.type === "range") narrow(filter.slot, filter.min, filter.max);
    else {
      const zone = zones.get(filter.zone)!;
      narrow(filter.latitudeSlot, zone.southDeg, zone.northDeg);
      narrow(filter.longitudeSlot, zone.westDeg, zone.eastDeg);
    }
  }
  const list = [...bounds];
  const pairs: BoundsPair[] = [];
  for (let i = 0; i < list.length; i += 2) {
    const [slotA, [minA, maxA]] = list[i]!;
    const [slotB, [minB, maxB]] = list[i + 1] ?? list[i]!;
    pairs.push({ slotA, minA, maxA, slotB, minB, maxB });
  }
  return pairs;
}

function keepBetween(
  { minA, maxA, minB, maxB }: BoundsPair,
  columnA: Float64Array,
  columnB: Float64Array,
  selection: Int32Array,
  count: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = selection[i]!;
    const a = columnA[row]!;
    const b = columnB[row]!;
    // No branch: a third of the city's trips fail, and none can be foreseen.
    selection[kept] = row;
    kept +=
      Number(a >= minA) &
      Number(a <= maxA) &
      Number(b >= minB) &
      Number(b <= maxB);
  }
  return kept;
}

function keepInside(
  zone: ZoneIndex,
  latitudes: Float64Array,
  longitudes: Float64Array,
  selection: Int32Array,
  count: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = selection[i]!;
    if (zone.holds(latitudes[row]!, longitudes[row]!)) selection[kept++] = row;
  }
  return kept;
}
