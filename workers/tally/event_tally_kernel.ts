/**
 * Filters and tallies a batch of events of one kind.
 *
 * Hot path: everything between decoding and flushing.
 * Cost avoided: a closure call, an object or a string per event.
 * Trick: one simple loop over typed arrays for each filter, key part and
 * query, on a shrinking list of selected rows; the table of the last window is
 * remembered since events come nearly in order.
 * Gives up: one pass over memory for all steps (a batch fits the cache).
 * Breaks: non-null assertions on typed-array reads; five parameters.
 * Length: it is one thing, as all steps share selection, words and flags.
 * Bench: `perf/tally_bench.ts`. Plain twin: `test/workers/tally/plain_tally.ts`.
 *
 * @module
 */
import { ZoneIndex } from "../../engine/geo/zone_index.ts";
import type {
  AccumulatorPlan,
  FilterPlan,
  JobPlan,
  QueryPlan,
  ValuePlan,
} from "../../engine/job/plan.ts";
import { NO_QUERY } from "../../engine/job/plan.ts";
import type { TallyTable } from "../../engine/tally/tally_table_kernel.ts";
import { isClosed, windowStart } from "../../engine/tally/window.ts";
import { BATCH_ROWS_MAX, type EventColumns } from "../decode/event_columns.ts";
import type { Counts } from "./counts.ts";
import { GeohashColumn } from "./geohash_column_kernel.ts";
import type { WindowTables } from "./window_tables.ts";

const MINUTE_MS = 60_000;

/** Flags of a row: what its queries made of it. */
const TALLIED = 1;
const LATE = 2;

/** A geohash column and the slots that it is computed from. */
interface SharedCells {
  readonly latitudeSlot: number;
  readonly longitudeSlot: number;
  readonly precision: number;
  readonly cells: GeohashColumn;
}

/** A key part made executable: puts its bits into the key's words. */
type KeyStep =
  | {
      readonly type: "geohash";
      readonly cells: GeohashColumn;
      readonly word: 0 | 1;
      readonly shift: number;
      readonly restWord: 0 | 1;
      readonly restShift: number;
    }
  | {
      readonly type: "zone";
      readonly latitudeSlot: number;
      readonly longitudeSlot: number;
      readonly zones: readonly ZoneIndex[];
      readonly word: 0 | 1;
      readonly shift: number;
    };

/** A query made executable. */
interface QueryStep {
  readonly plan: QueryPlan;
  readonly key: readonly KeyStep[];
  /** Values of each accumulator, by row. */
  readonly values: readonly Float64Array[];
}

/** Where a batch comes from and what to count. */
export interface TallyContext {
  /**
   * The shard's watermark at the batch less the allowed lateness: what it has
   * passed is late.
   */
  readonly passedMs: number;
  /** The same before each row, when it moves within a batch. */
  readonly passedMsByRow: Float64Array | undefined;
  /** Event times by row, when they are not those of the event's field. */
  readonly timeMsByRow: Float64Array | undefined;
  /** Takes the rows that are late in every query, when anybody asks. */
  readonly lateRows: number[] | undefined;
  readonly counts: Counts;
}

/** Filters and tallies the batches of one event kind. */
export class EventTally {
  readonly #plan: JobPlan["events"][number];
  readonly #tables: WindowTables;
  readonly #zones = new Map<string, ZoneIndex>();
  readonly #cells: SharedCells[] = [];
  readonly #queries: readonly QueryStep[];
  readonly #selection = new Int32Array(BATCH_ROWS_MAX);
  readonly #querySelection = new Int32Array(BATCH_ROWS_MAX);
  readonly #words: readonly [Uint32Array, Uint32Array] = [
    new Uint32Array(BATCH_ROWS_MAX),
    new Uint32Array(BATCH_ROWS_MAX),
  ];
  readonly #flags = new Uint8Array(BATCH_ROWS_MAX);

  constructor(plan: JobPlan, eventIndex: number, tables: WindowTables) {
    this.#plan = plan.events[eventIndex]!;
    this.#tables = tables;
    for (const [name, zone] of Object.entries(plan.zones)) {
      this.#zones.set(name, new ZoneIndex(zone));
    }
    this.#queries = plan.queries
      .filter((query) => query.eventIndex === eventIndex)
      // The longest windows first: they are the last to be gone, so an event
      // is counted where it stays longest.
      .sort((a, b) => b.windowMs - a.windowMs)
      .map((query) => this.#compile(query));
  }

  #compile(plan: QueryPlan): QueryStep {
    const key = plan.key.map((part): KeyStep => {
      const { word, shift } = part.bits[0]!;
      if (part.type === "zone") {
        const { latitudeSlot, longitudeSlot } = part;
        const zones = part.zones.map((name) => this.#zones.get(name)!);
        return {
          type: "zone",
          latitudeSlot,
          longitudeSlot,
          zones,
          word,
          shift,
        };
      }
      const rest = part.bits[1] ?? { word: 0, shift: 0 };
      const cells = this.#sharedCells(part);
      const { word: restWord, shift: restShift } = rest;
      return { type: "geohash", cells, word, shift, restWord, restShift };
    });
    // Zones first: they drop rows, and cells are computed only once anyway.
    key.sort((a, b) => Number(b.type === "zone") - Number(a.type === "zone"));
    const values = plan.accumulators.map(
      () => new Float64Array(BATCH_ROWS_MAX),
    );
    return { plan, key, values };
  }

  #sharedCells(part: Omit<SharedCells, "cells">): GeohashColumn {
    const { latitudeSlot, longitudeSlot, precision } = part;
    const same = this.#cells.find(
      (one) =>
        one.latitudeSlot === latitudeSlot &&
        one.longitudeSlot === longitudeSlot &&
        one.precision === precision,
    );
    if (same !== undefined) return same.cells;
    const cells = new GeohashColumn(precision);
    this.#cells.push({ latitudeSlot, longitudeSlot, precision, cells });
    return cells;
  }

  /** Tallies a batch and empties it. */
  run(batch: EventColumns, context: TallyContext): void {
    const { columns } = batch;
    const { counts } = context;
    const selection = this.#selection;
    let count = batch.count;
    for (let row = 0; row < count; row++) selection[row] = row;
    batch.count = 0;
    for (const filter of this.#plan.filters) {
      const kept = this.#filter(filter, columns, count);
      counts.filtered[filter.reason]! += count - kept;
      count = kept;
    }
    for (const { latitudeSlot, longitudeSlot, cells } of this.#cells) {
      cells.compute(
        columns[latitudeSlot]!,
        columns[longitudeSlot]!,
        selection,
        count,
      );
    }
    for (let i = 0; i < count; i++) this.#flags[selection[i]!] = 0;
    for (const query of this.#queries) {
      const selected = this.#keys(query, columns, count);
      this.#values(query, columns, selected);
      if (context.passedMsByRow === undefined) {
        this.#tally(query, columns, selected, context);
      } else {
        this.#tallyByRow(query, columns, selected, context);
      }
    }
    this.#count(count, context);
  }

  #filter(
    filter: FilterPlan,
    columns: readonly Float64Array[],
    count: number,
  ): number {
    const selection = this.#selection;
    let kept = 0;
    if (filter.type === "range") {
      const column = columns[filter.slot]!;
      const { min, max } = filter;
      for (let i = 0; i < count; i++) {
        const row = selection[i]!;
        const value = column[row]!;
        if (value >= min && value <= max) selection[kept++] = row;
      }
      return kept;
    }
    const zone = this.#zones.get(filter.zone)!;
    const latitudes = columns[filter.latitudeSlot]!;
    const longitudes = columns[filter.longitudeSlot]!;
    for (let i = 0; i < count; i++) {
      const row = selection[i]!;
      if (zone.holds(latitudes[row]!, longitudes[row]!))
        selection[kept++] = row;
    }
    return kept;
  }

  /** Selects the rows that have a key in the query and makes their keys. */
  #keys(
    query: QueryStep,
    columns: readonly Float64Array[],
    count: number,
  ): number {
    const selection = this.#querySelection;
    const [word0, word1] = this.#words;
    let selected = count;
    for (let i = 0; i < count; i++) {
      const row = this.#selection[i]!;
      selection[i] = row;
      word0[row] = 0;
      word1[row] = 0;
    }
    for (const step of query.key) {
      selected =
        step.type === "zone"
          ? this.#zoneKey(step, columns, selected)
          : this.#cellKey(step, selected);
    }
    return selected;
  }

  #zoneKey(
    step: Extract<KeyStep, { type: "zone" }>,
    columns: readonly Float64Array[],
    count: number,
  ): number {
    const selection = this.#querySelection;
    const latitudes = columns[step.latitudeSlot]!;
    const longitudes = columns[step.longitudeSlot]!;
    const word = this.#words[step.word];
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = selection[i]!;
      for (let zone = 0; zone < step.zones.length; zone++) {
        if (!step.zones[zone]!.holds(latitudes[row]!, longitudes[row]!))
          continue;
        word[row]! |= zone << step.shift;
        selection[kept++] = row;
        break;
      }
    }
    return kept;
  }

  #cellKey(step: Extract<KeyStep, { type: "geohash" }>, count: number): number {
    const selection = this.#querySelection;
    const { first, rest, valid } = step.cells;
    const word = this.#words[step.word];
    const restWord = this.#words[step.restWord];
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = selection[i]!;
      if (valid[row] === 0) continue;
      word[row]! |= first[row]! << step.shift;
      restWord[row]! |= rest[row]! << step.restShift;
      selection[kept++] = row;
    }
    return kept;
  }

  #values(
    query: QueryStep,
    columns: readonly Float64Array[],
    count: number,
  ): void {
    for (const [i, { op, value }] of query.plan.accumulators.entries()) {
      const into = query.values[i]!;
      for (let j = 0; j < count; j++) {
        const row = this.#querySelection[j]!;
        into[row] = eventValue(value, op, columns, row);
      }
    }
  }

  #tally(
    { plan, values }: QueryStep,
    columns: readonly Float64Array[],
    count: number,
    context: TallyContext,
  ): void {
    const times = context.timeMsByRow ?? columns[this.#plan.eventTimeSlot]!;
    const flags = this.#flags;
    const [word0, word1] = this.#words;
    const { windowMs, accumulators } = plan;
    let startMs = Number.NaN;
    let table: TallyTable | undefined;
    let firstTallied = 0;
    for (let i = 0; i < count; i++) {
      const row = this.#querySelection[i]!;
      const timeMs = times[row]!;
      if (!(timeMs >= startMs && timeMs < startMs + windowMs)) {
        if (table !== undefined) table.firstTallied += firstTallied;
        firstTallied = 0;
        startMs = windowStart(timeMs, windowMs);
        table = isClosed(startMs, windowMs, context.passedMs)
          ? undefined
          : this.#tables.table(plan.index, startMs);
      }
      if (table === undefined) {
        flags[row]! |= LATE;
        continue;
      }
      firstTallied += ~flags[row]! & TALLIED;
      flags[row]! |= TALLIED;
      const entry = table.entryOf(word0[row]!, word1[row]!);
      add(table, entry, row, accumulators, values);
    }
    if (table !== undefined) table.firstTallied += firstTallied;
  }

  /** The same with a watermark that moves from row to row. */
  #tallyByRow(
    { plan, values }: QueryStep,
    columns: readonly Float64Array[],
    count: number,
    context: TallyContext,
  ): void {
    const times = columns[this.#plan.eventTimeSlot]!;
    const passed = context.passedMsByRow!;
    const flags = this.#flags;
    const [word0, word1] = this.#words;
    const { windowMs, accumulators } = plan;
    let startMs = Number.NaN;
    let table: TallyTable | undefined;
    for (let i = 0; i < count; i++) {
      const row = this.#querySelection[i]!;
      const timeMs = times[row]!;
      if (!(timeMs >= startMs && timeMs < startMs + windowMs)) {
        startMs = windowStart(timeMs, windowMs);
        table = undefined;
      }
      if (isClosed(startMs, windowMs, passed[row]!)) {
        flags[row]! |= LATE;
        continue;
      }
      table ??= this.#tables.table(plan.index, startMs);
      table.firstTallied += ~flags[row]! & TALLIED;
      flags[row]! |= TALLIED;
      const entry = table.entryOf(word0[row]!, word1[row]!);
      add(table, entry, row, accumulators, values);
    }
  }

  #count(count: number, { counts, lateRows }: TallyContext): void {
    for (let i = 0; i < count; i++) {
      const row = this.#selection[i]!;
      const flags = this.#flags[row]!;
      if ((flags & TALLIED) !== 0) counts.tallied++;
      else if ((flags & LATE) !== 0) {
        counts.late++;
        lateRows?.push(row);
      } else counts.filtered[NO_QUERY]!++;
    }
  }
}

/** Adds one event to an entry. */
function add(
  table: TallyTable,
  entry: number,
  row: number,
  accumulators: readonly AccumulatorPlan[],
  values: readonly Float64Array[],
): void {
  table.counts[entry]! += 1;
  for (let j = 0; j < accumulators.length; j++) {
    const column = table.accumulators[j]!;
    const value = values[j]![row]!;
    const { op } = accumulators[j]!;
    if (op === "sum") column[entry]! += value;
    else if (op === "min") column[entry] = Math.min(column[entry]!, value);
    else column[entry] = Math.max(column[entry]!, value);
  }
}

/**
 * Multiples to which summed fields are rounded, about a millionth: sums of them
 * are exact up to 2^33, so they don't depend on the order of adding.
 */
const SUM_GRID = 2 ** 20;

function eventValue(
  value: ValuePlan,
  op: "sum" | "min" | "max",
  columns: readonly Float64Array[],
  row: number,
): number {
  if (value.type === "minutes") {
    const ms = columns[value.toSlot]![row]! - columns[value.fromSlot]![row]!;
    // Plus zero: a negative part of a minute must not become -0.
    return Math.trunc(ms / MINUTE_MS) + 0;
  }
  const field = columns[value.slot]![row]!;
  return op === "sum" ? Math.round(field * SUM_GRID) / SUM_GRID : field;
}
