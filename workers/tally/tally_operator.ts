/**
 * The keyed tumbling-window operator: records in, partial tallies out.
 *
 * @module
 */

import {
  DUPLICATE,
  type JobPlan,
  UNDECLARED_KIND,
  WATERMARK_IGNORED,
} from "../../engine/job/plan.ts";
import { MAGIC_FIRST } from "../../engine/kinesis/kpl_format.ts";
import type {
  DeadLetterMessage,
  LatePolicy,
  ShardAssignment,
} from "../../engine/messages.ts";
import {
  DEAD,
  type Decoder,
  UNDECLARED,
  WATERMARK,
} from "../decode/decoder.ts";
import type { EventColumns } from "../decode/event_columns.ts";
import { payloadBytes, type RecordBatch } from "../record_batch.ts";
import { Counts } from "./counts.ts";
import { DeadLetters } from "./dead_letters.ts";
import { EventId } from "./event_id.ts";
import { EventTally } from "./event_tally_kernel.ts";
import {
  nextCloseMs,
  nextLateMs,
  type RowMarks,
  rowMarks,
} from "./row_marks.ts";
import { ShardIds } from "./shard_ids.ts";
import { WindowTables } from "./window_tables.ts";

/** Where a shard begins; a `ShardAssignment` is one. */
export type ShardBeginning = Pick<
  ShardAssignment,
  "shardId" | "watermarkMs" | "dedupe"
>;

/** What the operator keeps for a shard. */
export class ShardTally {
  readonly shardId: string;
  readonly counts: Counts;
  /** No later record has an event time at or before this; `-Infinity` at first. */
  watermarkMs: number;
  /** The least watermark that closes another window. */
  nextCloseMs: number;
  /** The least watermark that makes events of another window late. */
  nextLateMs: number;

  /** Ids that it remembers, with `dedupe`. */
  readonly ids: ShardIds | undefined;

  constructor({ shardId, watermarkMs, dedupe }: ShardBeginning, plan: JobPlan) {
    this.shardId = shardId;
    this.ids =
      plan.dedupe === null ? undefined : new ShardIds(plan.dedupe, dedupe);
    this.watermarkMs = watermarkMs;
    this.nextCloseMs = nextCloseMs(plan, watermarkMs);
    this.nextLateMs = nextLateMs(plan, watermarkMs);
    this.counts = new Counts(plan.filterReasons.length);
  }
}

/** A batch being tallied, and the shard that it is of. */
interface Reading {
  readonly shard: ShardTally;
  readonly batch: RecordBatch;
}

function arrivalOf({ batch }: Reading, index: number): number {
  return batch.arrivalMs[batch.records[index] ?? 0] ?? 0;
}

function count(counts: number[], index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

/** Options for {@linkcode TallyOperator}. */
export interface TallyOperatorOptions {
  readonly plan: JobPlan;
  readonly decoder: Decoder;
  /** Watermarks further past their arrival than this are refused. */
  readonly watermarkAheadMaxMs: number;
  readonly late: LatePolicy;
}

/** Decodes, filters and tallies the records of any number of shards. */
export class TallyOperator {
  readonly #plan: JobPlan;
  readonly #decoder: Decoder;
  readonly #watermarkAheadMaxMs: number;
  readonly #events: readonly EventTally[];
  readonly tables: WindowTables;
  readonly #marks: readonly RowMarks[];
  /** Rows that the kernel found late, when they become dead letters. */
  readonly #lateRows: number[] | undefined;
  readonly #eventId: EventId | undefined;
  /** Whether rows need nothing but being counted. */
  readonly #isPlain: boolean;
  readonly #deadLetters = new DeadLetters();
  #windowClosed = false;

  constructor(options: TallyOperatorOptions) {
    const { plan, late } = options;
    this.#plan = plan;
    this.#decoder = options.decoder;
    this.#watermarkAheadMaxMs = options.watermarkAheadMaxMs;
    this.tables = new WindowTables(plan.queries, plan.allowedLatenessMs);
    const { tables } = this;
    this.#events = plan.events.map((_, eventIndex) => {
      const place = this.#decoder.events[eventIndex]?.place;
      return new EventTally({ plan, eventIndex, tables, place });
    });
    const keepsLate = late === "dead-letter";
    this.#lateRows = keepsLate ? [] : undefined;
    this.#marks = rowMarks(plan, keepsLate);
    this.#eventId = plan.dedupe ? new EventId(plan.dedupe.field) : undefined;
    this.#isPlain =
      plan.watermark.strategy === "punctuated" &&
      plan.dedupe === null &&
      !keepsLate;
  }

  /** A new shard's state. */
  shard(beginning: ShardBeginning): ShardTally {
    return new ShardTally(beginning, this.#plan);
  }

  /** Bytes of dead letters that wait for a flush. */
  get deadLetterBytes(): number {
    return this.#deadLetters.byteLength;
  }

  /** Tallies a batch of one shard's records, in their order. */
  consume(shard: ShardTally, batch: RecordBatch): void {
    const reading = { shard, batch };
    const firstLetter = this.#deadLetters.count;
    while (!this.#consumeAll(reading));
    if (this.#lateRows !== undefined) this.#deadLetters.sort(firstLetter);
  }

  /** Tallies a batch; false when it has begun anew. */
  #consumeAll(reading: Reading): boolean {
    const { shard, batch } = reading;
    const { counts } = shard;
    const { bytes, starts, ends } = batch;
    const byArrival = this.#plan.watermark.strategy === "ingestion";
    if (this.#isPlain) this.#decoder.begin(batch);
    for (let i = 0; i < batch.count; i++) {
      if (this.#isPlain) {
        i += this.#addRun(reading, i);
        if (i >= batch.count) break;
      }
      const start = starts[i] as number;
      if (bytes[start] === MAGIC_FIRST && this.#takeApart(reading, i)) {
        return false;
      }
      if (byArrival) this.#advance(shard, arrivalOf(reading, i) - 1);
      const outcome = this.#decoder.decode(bytes, start, ends[i] as number);
      if (outcome >= 0) this.#addRow(outcome, reading, i);
      else if (outcome === WATERMARK) this.#takeWatermark(reading, i);
      else if (outcome === UNDECLARED) count(counts.filtered, UNDECLARED_KIND);
      else if (outcome === DEAD) {
        counts.dead++;
        this.#deadLetters.add(reading, i, this.#decoder.reason);
      }
    }
    this.#tally(reading);
    counts.read += batch.count + batch.outOfRange;
    counts.outOfRange += batch.outOfRange;
    counts.bytes += payloadBytes(batch, batch.count);
    return true;
  }

  /** Whether there are aggregated records from an index on, now taken apart. */
  #takeApart(reading: Reading, index: number): boolean {
    const { batch, shard } = reading;
    if (batch.takeApart === undefined) return false;
    this.#tally(reading);
    const bytes = payloadBytes(batch, index);
    if (!batch.takeApart(index)) return false;
    shard.counts.read += index;
    shard.counts.bytes += bytes;
    return true;
  }

  /** Takes a batch of one record that is no text at all: a dead letter. */
  refuse(shard: ShardTally, batch: RecordBatch, reason: string): void {
    const { counts } = shard;
    const reading = { shard, batch };
    if (this.#plan.watermark.strategy === "ingestion") {
      this.#advance(shard, arrivalOf(reading, 0) - 1);
    }
    counts.read++;
    counts.dead++;
    counts.bytes += (batch.ends[0] ?? 0) - (batch.starts[0] ?? 0);
    this.#deadLetters.add(reading, 0, reason);
  }

  /** Adds records that are decoded together; gives how many. */
  #addRun(reading: Reading, index: number): number {
    const { count } = reading.batch;
    let added = 0;
    for (;;) {
      const taken =
        index + added < count ? this.#decoder.decodeRun(index + added) : 0;
      if (taken === 0) return added;
      added += taken;
      const kind = this.#decoder.runKind;
      if (this.#decoder.events[kind]?.full) this.#run(kind, reading);
    }
  }

  #addRow(kind: number, reading: Reading, index: number): void {
    const rows = this.#decoder.events[kind];
    if (rows === undefined) return;
    if (!this.#isPlain) {
      if (this.#isDuplicate(reading, index)) return;
      this.#markRow(kind, reading, index);
    }
    rows.count++;
    if (rows.full) this.#run(kind, reading);
  }

  /** Whether an event was read before; counts it then. */
  #isDuplicate(reading: Reading, index: number): boolean {
    const { shard, batch } = reading;
    const { counts, ids } = shard;
    const id = this.#eventId;
    if (ids === undefined || id === undefined) return false;
    const { bytes, starts, ends } = batch;
    if (!id.find(bytes, starts[index] as number, ends[index] as number)) {
      counts.withoutId++;
      return false;
    }
    const verdict = ids.note(id.word0, id.word1, arrivalOf(reading, index));
    if (verdict === "crowded") counts.idsForgotten++;
    if (verdict !== "known") return false;
    count(counts.filtered, DUPLICATE);
    return true;
  }

  /** Notes of a row what its strategy needs, and moves the watermark. */
  #markRow(kind: number, reading: Reading, index: number): void {
    const { shard } = reading;
    const { passedMs, timeMs, records } = this.#marks[kind] as RowMarks;
    const rows = this.#decoder.events[kind] as EventColumns;
    const row = rows.count;
    if (records !== undefined) records[row] = index;
    // An arrival before the watermark counts as just after it.
    if (timeMs !== undefined) timeMs[row] = shard.watermarkMs + 1;
    if (passedMs === undefined) return;
    passedMs[row] = shard.watermarkMs - this.#plan.allowedLatenessMs;
    const slot = this.#plan.events[kind]?.eventTimeSlot ?? 0;
    const eventMs = rows.columns[slot]?.[row] ?? Number.NaN;
    if (eventMs > arrivalOf(reading, index) + this.#watermarkAheadMaxMs) {
      shard.counts.eventTimesRefused++;
    } else this.#advance(shard, eventMs - this.#plan.watermark.boundMs - 1);
  }

  /** Tallies the decoded rows; they belong to one shard. */
  #tally(reading: Reading): void {
    for (const [kind, rows] of this.#decoder.events.entries()) {
      if (rows.count > 0) this.#run(kind, reading);
    }
  }

  #run(kind: number, reading: Reading): void {
    const { shard } = reading;
    const marks = this.#marks[kind];
    const lateRows = this.#lateRows;
    const rows = this.#decoder.events[kind] as EventColumns;
    this.#events[kind]?.run(rows, {
      counts: shard.counts,
      // By arrival nothing is late: each record moves the watermark itself.
      passedMs:
        marks?.timeMs === undefined
          ? shard.watermarkMs - this.#plan.allowedLatenessMs
          : Number.NEGATIVE_INFINITY,
      passedMsByRow: marks?.passedMs,
      timeMsByRow: marks?.timeMs,
      lateRows,
    });
    if (lateRows === undefined) return;
    for (const row of lateRows) {
      this.#deadLetters.add(reading, marks?.records?.[row] ?? 0, "late");
    }
    lateRows.length = 0;
  }

  #takeWatermark(reading: Reading, index: number): void {
    const { shard } = reading;
    if (this.#plan.watermark.strategy !== "punctuated") {
      count(shard.counts.filtered, WATERMARK_IGNORED);
      return;
    }
    const { watermarkMs } = this.#decoder;
    if (watermarkMs > arrivalOf(reading, index) + this.#watermarkAheadMaxMs) {
      shard.counts.watermarksRefused++;
      return;
    }
    shard.counts.watermarksTaken++;
    if (watermarkMs <= shard.watermarkMs) return;
    // What was decoded before the watermark is judged without it. Where that
    // makes no difference the batch goes on: cut at each watermark it would be
    // a few rows, and cost more to begin than to tally.
    if (watermarkMs >= shard.nextLateMs) this.#tally(reading);
    this.#advance(shard, watermarkMs);
  }

  /** Raises a shard's watermark; a lower one changes nothing. */
  #advance(shard: ShardTally, watermarkMs: number): void {
    if (!(watermarkMs > shard.watermarkMs)) return;
    shard.watermarkMs = watermarkMs;
    if (watermarkMs >= shard.nextLateMs) {
      shard.nextLateMs = nextLateMs(this.#plan, watermarkMs);
    }
    if (watermarkMs < shard.nextCloseMs) return;
    this.#windowClosed = true;
    shard.nextCloseMs = nextCloseMs(this.#plan, watermarkMs);
  }

  /** The dead letters since the last call. */
  takeDeadLetters(): DeadLetterMessage[] {
    return this.#deadLetters.take();
  }

  /** Whether a watermark has closed a window since the last call. */
  takeWindowClosed(): boolean {
    const closed = this.#windowClosed;
    this.#windowClosed = false;
    return closed;
  }
}
