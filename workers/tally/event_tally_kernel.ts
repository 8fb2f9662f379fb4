/**
 * Filters and tallies a batch of events of one kind.
 *
 * Hot path: everything between decoding and flushing.
 * Cost avoided: a closure call, an object or a string per event.
 * Trick: one simple loop over typed arrays for each key part and query, on
 * a shrinking list of selected rows; the table of the last window is remembered
 * since events come nearly in order; what becomes of rows is noted only when
 * no query has tallied them all.
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
  GeohashPartPlan,
  JobPlan,
  QueryPlan,
  ValuePlan,
} from "../../engine/job/plan.ts";
import { NO_QUERY } from "../../engine/job/plan.ts";
import type { TallyTable } from "../../engine/tally/tally_table_kernel.ts";
import { isClosed, windowStart } from "../../engine/tally/window.ts";
import {
  BATCH_ROWS_MAX,
  type ColumnsPlace,
  type EventColumns,
} from "../decode/event_columns.ts";
import type { Counts } from "./counts.ts";
import { EventFilter } from "./event_filter_kernel.ts";
import { GeohashColumn } from "./geohash_column_kernel.ts";
import { Sieve, type SievedRows } from "./sieve_kernel.ts";
import type { WindowTables } from "./window_tables.ts";

const MINUTE_MS = 60_000;

/** Flags of a row: what its queries made of it. */
const TALLIED = 1;
const LATE = 2;

/** What a word of a key holds that no key part writes. */
const ZEROS = new Uint32Array(BATCH_ROWS_MAX);

/** A geohash column and the slots that it is computed from. */
interface SharedCells {
  readonly latitudeSlot: number;
  readonly longitudeSlot: number;
  readonly precision: number;
  readonly cells: GeohashColumn;
  /** Whether the sieve has computed them. */
  readonly isSieved: boolean;
}

/** Bits of a key and the column of words that they are put into. */
interface WordBits {
  readonly word: Uint32Array;
  readonly shift: number;
  /** Whether the word holds nothing of this key yet. */
  readonly isFirst: boolean;
}

/** A key part made executable: puts its bits into the key's words. */
type KeyStep =
  | {
      /** All of the key: the column of cells is that of words. */
      readonly type: "bare_geohash";
      readonly cells: GeohashColumn;
    }
  | {
      readonly type: "geohash";
      readonly cells: GeohashColumn;
      readonly first: WordBits;
      /** Characters after the sixth. */
      readonly rest: WordBits | undefined;
    }
  | {
      readonly type: "zone";
      readonly latitudeSlot: number;
      readonly longitudeSlot: number;
      readonly zones: readonly ZoneIndex[];
      readonly bits: WordBits;
      /** The only rows to look at, of those that have passed the filters. */
      readonly sieved: SievedRows | undefined;
    };

/** A query made executable. */
interface QueryStep {
  readonly plan: QueryPlan;
  readonly key: readonly KeyStep[];
  readonly word0: Uint32Array;
  readonly word1: Uint32Array;
  /** The keys of all rows that passed, in a row, when each is one cell. */
  readonly keys: Uint32Array | undefined;
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

/** Options for {@linkcode EventTally}. */
export interface EventTallyOptions {
  readonly plan: JobPlan;
  readonly eventIndex: number;
  readonly tables: WindowTables;
  /** Where all batches lie, when they lie in WebAssembly's memory. */
  readonly place: ColumnsPlace | undefined;
}

/** Filters and tallies the batches of one event kind. */
export class EventTally {
  readonly #plan: JobPlan["events"][number];
  readonly #tables: WindowTables;
  readonly #zones = new Map<string, ZoneIndex>();
  readonly #cells: SharedCells[] = [];
  readonly #filter: EventFilter;
  readonly #sieve: Sieve | undefined;
  /** Rows that have passed the filters. */
  readonly #passed: Int32Array;
  readonly #queries: readonly QueryStep[];
  readonly #selection = new Int32Array(BATCH_ROWS_MAX);
  readonly #words: readonly [Uint32Array, Uint32Array] = [
    new Uint32Array(BATCH_ROWS_MAX),
    new Uint32Array(BATCH_ROWS_MAX),
  ];
  /** All zero between batches. */
  readonly #flags = new Uint8Array(BATCH_ROWS_MAX);

  constructor({ plan, eventIndex, tables, place }: EventTallyOptions) {
    this.#plan = plan.events[eventIndex]!;
    this.#tables = tables;
    for (const [name, zone] of Object.entries(plan.zones)) {
      this.#zones.set(name, new ZoneIndex(zone));
    }
    this.#filter = new EventFilter(this.#plan.filters, this.#zones);
    this.#sieve = Sieve.open(plan, eventIndex, place);
    this.#passed = this.#sieve?.rows ?? this.#filter.selection;
    this.#queries = plan.queries
      .filter((query) => query.eventIndex === eventIndex)
      // The longest windows first: they are the last to be gone, so an event
      // is counted where it stays longest.
      .sort((a, b) => b.windowMs - a.windowMs)
      .map((query) => this.#compile(query));
  }

  #compile(plan: QueryPlan): QueryStep {
    const isWritten: [boolean, boolean] = [false, false];
    const bitsOf = (bits: { readonly word: 0 | 1; readonly shift: number }) => {
      const isFirst = !isWritten[bits.word];
      isWritten[bits.word] = true;
      return { word: this.#words[bits.word], shift: bits.shift, isFirst };
    };
    // Zones first: they drop rows, and cells are computed only once anyway.
    const parts = [...plan.key].sort(
      (a, b) => Number(b.type === "zone") - Number(a.type === "zone"),
    );
    const key = parts.map((part, i): KeyStep => {
      const first = bitsOf(part.bits[0]!);
      if (part.type === "zone") {
        const { latitudeSlot, longitudeSlot } = part;
        const zones = part.zones.map((name) => this.#zones.get(name)!);
        return {
          type: "zone",
          latitudeSlot,
          longitudeSlot,
          zones,
          bits: first,
          // A part behind it has fewer rows to look at.
          sieved: i === 0 ? this.#sieve?.listOf(part) : undefined,
        };
      }
      const [, restBits] = part.bits;
      const rest = restBits === undefined ? undefined : bitsOf(restBits);
      return { type: "geohash", cells: this.#sharedCells(part), first, rest };
    });
    const values = plan.accumulators.map(
      () => new Float64Array(BATCH_ROWS_MAX),
    );
    const [only] = key.length === 1 ? key : [];
    const isBare =
      only?.type === "geohash" &&
      only.rest === undefined &&
      only.first.word === this.#words[0] &&
      only.first.shift === 0;
    if (isBare) {
      const { cells } = only;
      return {
        ...{ plan, key: [{ type: "bare_geohash", cells }], values },
        ...{ word0: cells.first, word1: ZEROS, keys: cells.passed },
      };
    }
    const word0 = isWritten[0] ? this.#words[0] : ZEROS;
    const word1 = isWritten[1] ? this.#words[1] : ZEROS;
    return { plan, key, word0, word1, keys: undefined, values };
  }

  #sharedCells(part: GeohashPartPlan): GeohashColumn {
    const { latitudeSlot, longitudeSlot, precision } = part;
    const same = this.#cells.find(
      (one) =>
        one.latitudeSlot === latitudeSlot &&
        one.longitudeSlot === longitudeSlot &&
        one.precision === precision,
    );
    if (same !== undefined) return same.cells;
    const sieved = this.#sieve?.cellsOf(part);
    const cells = new GeohashColumn(precision, sieved);
    const isSieved = sieved !== undefined;
    this.#cells.push({
      ...{ latitudeSlot, longitudeSlot, precision, cells, isSieved },
    });
    return cells;
  }

  /** Tallies a batch and empties it. */
  run(batch: EventColumns, context: TallyContext): void {
    const { columns } = batch;
    const { counts } = context;
    const rowCount = batch.count;
    const count = this.#select(columns, rowCount, counts.filtered);
    batch.count = 0;
    this.#tables.tallies += count * this.#queries.length;
    let isCovered = false;
    let isFlagged = false;
    for (const [i, query] of this.#queries.entries()) {
      const selected = this.#keys(query, columns, count);
      this.#values(query, columns, selected);
      if (context.passedMsByRow !== undefined) {
        this.#tallyByRow(query, columns, selected, context);
      } else if (i > 0 && !isCovered) {
        this.#tallyFlagged(query, columns, selected, context);
      } else {
        const tallied = this.#tally(query, columns, selected, context, i === 0);
        isFlagged ||= tallied < selected;
        if (i > 0) continue;
        isCovered = tallied === count;
        if (!isCovered) this.#flagTallied(tallied);
      }
    }
    if (!isCovered) this.#count(count, context);
    else {
      counts.tallied += count;
      if (isFlagged) this.#flags.fill(0, 0, rowCount);
    }
  }

  /** Selects the rows that pass the filters, and computes their cells. */
  #select(
    columns: readonly Float64Array[],
    rowCount: number,
    filtered: number[],
  ): number {
    const count =
      this.#sieve === undefined
        ? this.#filter.run(columns, rowCount, filtered)
        : this.#sieve.run(rowCount, filtered);
    for (const { latitudeSlot, longitudeSlot, cells, isSieved } of this
      .#cells) {
      if (isSieved) continue;
      cells.compute(
        columns[latitudeSlot]!,
        columns[longitudeSlot]!,
        this.#passed,
        count,
      );
    }
    return count;
  }

  /** Selects the rows that have a key in the query and makes their keys. */
  #keys(
    query: QueryStep,
    columns: readonly Float64Array[],
    count: number,
  ): number {
    let from = this.#passed;
    let selected = count;
    for (const step of query.key) {
      if (step.type === "zone") {
        const { rows, count } = step.sieved ?? { rows: from, count: selected };
        selected = this.#zoneKey(step, columns, rows, count);
      } else {
        selected = this.#onGlobe(step.cells, from, selected);
        if (step.type === "geohash") this.#cellKey(step, selected);
      }
      from = this.#selection;
    }
    if (query.key.length === 0) this.#selection.set(from);
    return selected;
  }

  #zoneKey(
    step: Extract<KeyStep, { type: "zone" }>,
    columns: readonly Float64Array[],
    from: Int32Array,
    count: number,
  ): number {
    const { zones } = step;
    const { word, shift, isFirst } = step.bits;
    const selection = this.#selection;
    const latitudes = columns[step.latitudeSlot]!;
    const longitudes = columns[step.longitudeSlot]!;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = from[i]!;
      const latitude = latitudes[row]!;
      const longitude = longitudes[row]!;
      for (let zone = 0; zone < zones.length; zone++) {
        if (!zones[zone]!.holds(latitude, longitude)) continue;
        word[row] = isFirst ? zone << shift : word[row]! | (zone << shift);
        selection[kept++] = row;
        break;
      }
    }
    return kept;
  }

  /** Selects the rows whose points have a cell. */
  #onGlobe(
    { valid, areAllValid }: GeohashColumn,
    from: Int32Array,
    count: number,
  ) {
    const selection = this.#selection;
    if (areAllValid) {
      if (from !== selection) selection.set(from.subarray(0, count));
      return count;
    }
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = from[i]!;
      selection[kept] = row;
      kept += valid[row]!;
    }
    return kept;
  }

  #cellKey(
    { cells, first, rest }: Extract<KeyStep, { type: "geohash" }>,
    count: number,
  ): void {
    putBits(first, cells.first, this.#selection, count);
    if (rest !== undefined) putBits(rest, cells.rest, this.#selection, count);
  }

  #values(
    query: QueryStep,
    columns: readonly Float64Array[],
    count: number,
  ): void {
    for (const [i, { op, value }] of query.plan.accumulators.entries()) {
      const into = query.values[i]!;
      for (let j = 0; j < count; j++) {
        const row = this.#selection[j]!;
        into[row] = eventValue(value, op, columns, row);
      }
    }
  }

  /**
   * Tallies the selected rows of the first query, or when the first has tallied
   * all: then no row needs a flag, but those that are late. They leave the
   * selection.
   *
   * @returns How many are left.
   */
  #tally(
    { plan, word0, word1, keys, values }: QueryStep,
    columns: readonly Float64Array[],
    count: number,
    context: TallyContext,
    isFirst: boolean,
  ): number {
    const times = context.timeMsByRow ?? columns[this.#plan.eventTimeSlot]!;
    const selection = this.#selection;
    const { windowMs, accumulators } = plan;
    let tallied = 0;
    for (let from = 0; from < count; ) {
      const startMs = windowStart(times[selection[from]!]!, windowMs);
      const endMs = startMs + windowMs;
      let to = from + 1;
      for (; to < count; to++) {
        const timeMs = times[selection[to]!]!;
        if (!(timeMs >= startMs && timeMs < endMs)) break;
      }
      if (isClosed(startMs, windowMs, context.passedMs)) {
        for (let i = from; i < to; i++) this.#flags[selection[i]!]! |= LATE;
        from = to;
        continue;
      }
      const table = this.#tables.table(plan.index, startMs);
      if (isFirst) table.firstTallied += to - from;
      if (accumulators.length === 0 && keys !== undefined) {
        table.countKeys(keys, from, to);
      } else if (accumulators.length === 0) {
        table.countRows(word0, word1, selection, from, to);
      } else {
        for (let i = from; i < to; i++) {
          const row = selection[i]!;
          const entry = table.entryOf(word0[row]!, word1[row]!);
          add(table, entry, row, accumulators, values);
        }
      }
      if (tallied < from) selection.copyWithin(tallied, from, to);
      tallied += to - from;
      from = to;
    }
    return tallied;
  }

  #flagTallied(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#flags[this.#selection[i]!]! |= TALLIED;
    }
  }

  /** Tallies the selected rows of a query that isn't the first. */
  #tallyFlagged(
    { plan, word0, word1, values }: QueryStep,
    columns: readonly Float64Array[],
    count: number,
    context: TallyContext,
  ): void {
    const times = context.timeMsByRow ?? columns[this.#plan.eventTimeSlot]!;
    const flags = this.#flags;
    const { windowMs, accumulators } = plan;
    let startMs = Number.NaN;
    let table: TallyTable | undefined;
    let firstTallied = 0;
    for (let i = 0; i < count; i++) {
      const row = this.#selection[i]!;
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
    { plan, word0, word1, values }: QueryStep,
    columns: readonly Float64Array[],
    count: number,
    context: TallyContext,
  ): void {
    const times = columns[this.#plan.eventTimeSlot]!;
    const passed = context.passedMsByRow!;
    const flags = this.#flags;
    const { windowMs, accumulators } = plan;
    let startMs = Number.NaN;
    let table: TallyTable | undefined;
    for (let i = 0; i < count; i++) {
      const row = this.#selection[i]!;
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

  /** Counts the rows by what became of them, and forgets that. */
  #count(count: number, { counts, lateRows }: TallyContext): void {
    for (let i = 0; i < count; i++) {
      const row = this.#passed[i]!;
      const flags = this.#flags[row]!;
      this.#flags[row] = 0;
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

/** Puts a column's bits into the words of the selected rows. */
function putBits(
  { word, shift, isFirst }: WordBits,
  bits: Uint32Array,
  selection: Int32Array,
  count: number,
): void {
  if (isFirst) {
    for (let i = 0; i < count; i++) {
      const row = selection[i]!;
      word[row] = bits[row]! << shift;
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    const row = selection[i]!;
    word[row]! |= bits[row]! << shift;
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
