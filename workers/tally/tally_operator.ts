/**
 * The keyed tumbling-window operator: records in, partial tallies out.
 *
 * @module
 */

import { type JobPlan, UNDECLARED_KIND } from "../../engine/job/plan.ts";
import type { DeadLetterMessage } from "../../engine/messages.ts";
import {
  DEAD,
  type Decoder,
  UNDECLARED,
  WATERMARK,
} from "../decode/decoder.ts";
import type { RecordBatch } from "../record_batch.ts";
import { Counts } from "./counts.ts";
import { EventTally } from "./event_tally_kernel.ts";
import { WindowTables } from "./window_tables.ts";

/** What the operator keeps for a shard. */
export class ShardTally {
  readonly shardId: string;
  readonly counts: Counts;
  /** No later record has an event time at or before this; `-Infinity` at first. */
  watermarkMs: number;

  constructor(shardId: string, watermarkMs: number, reasonCount: number) {
    this.shardId = shardId;
    this.watermarkMs = watermarkMs;
    this.counts = new Counts(reasonCount);
  }
}

/** Options for {@linkcode TallyOperator}. */
export interface TallyOperatorOptions {
  readonly plan: JobPlan;
  readonly decoder: Decoder;
  /** Watermarks further past their arrival than this are refused. */
  readonly watermarkAheadMaxMs: number;
}

/** Decodes, filters and tallies the records of any number of shards. */
export class TallyOperator {
  readonly #plan: JobPlan;
  readonly #decoder: Decoder;
  readonly #watermarkAheadMaxMs: number;
  readonly #events: readonly EventTally[];
  readonly tables: WindowTables;
  #deadLetters: DeadLetterMessage[] = [];
  #deadLetterBytes = 0;
  #windowClosed = false;

  constructor(options: TallyOperatorOptions) {
    this.#plan = options.plan;
    this.#decoder = options.decoder;
    this.#watermarkAheadMaxMs = options.watermarkAheadMaxMs;
    this.tables = new WindowTables(options.plan.queries);
    this.#events = options.plan.events.map(
      (_, index) => new EventTally(options.plan, index, this.tables),
    );
  }

  /** A new shard's state. */
  shard(shardId: string, watermarkMs: number): ShardTally {
    const reasonCount = this.#plan.filterReasons.length;
    return new ShardTally(shardId, watermarkMs, reasonCount);
  }

  /** Bytes of dead letters that wait for a flush. */
  get deadLetterBytes(): number {
    return this.#deadLetterBytes;
  }

  /** Tallies a batch of one shard's records, in their order. */
  consume(shard: ShardTally, batch: RecordBatch): void {
    const { counts } = shard;
    const { bytes, starts, ends } = batch;
    counts.read += batch.count + batch.outOfRange;
    counts.outOfRange += batch.outOfRange;
    for (let i = 0; i < batch.count; i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      counts.bytes += end - start;
      const outcome = this.#decoder.decode(bytes, start, end);
      if (outcome >= 0) this.#addRow(outcome, shard);
      else if (outcome === WATERMARK) this.#takeWatermark(shard, batch, i);
      else if (outcome === UNDECLARED) {
        counts.filtered[UNDECLARED_KIND] =
          (counts.filtered[UNDECLARED_KIND] ?? 0) + 1;
      } else if (outcome === DEAD) this.#addDeadLetter(shard, batch, i);
    }
    this.#tally(shard);
  }

  #addRow(kind: number, shard: ShardTally): void {
    const rows = this.#decoder.events[kind];
    if (rows === undefined) return;
    rows.count++;
    if (rows.full) this.#events[kind]?.run(rows, shard);
  }

  /** Tallies the decoded rows; they belong to one shard and watermark. */
  #tally(shard: ShardTally): void {
    for (const [kind, rows] of this.#decoder.events.entries()) {
      if (rows.count > 0) this.#events[kind]?.run(rows, shard);
    }
  }

  #takeWatermark(shard: ShardTally, batch: RecordBatch, index: number): void {
    const { watermarkMs } = this.#decoder;
    const arrivalMs = batch.arrivalMs[batch.records[index] ?? 0] ?? 0;
    if (watermarkMs > arrivalMs + this.#watermarkAheadMaxMs) {
      shard.counts.watermarksRefused++;
      return;
    }
    shard.counts.watermarksTaken++;
    if (watermarkMs <= shard.watermarkMs) return;
    // What was decoded before the watermark is judged without it.
    this.#tally(shard);
    this.#windowClosed ||= this.#plan.queries.some(
      ({ windowMs }) =>
        Math.floor((watermarkMs + 1) / windowMs) >
        Math.floor((shard.watermarkMs + 1) / windowMs),
    );
    shard.watermarkMs = watermarkMs;
  }

  #addDeadLetter(shard: ShardTally, batch: RecordBatch, index: number): void {
    shard.counts.dead++;
    const record = batch.records[index] ?? 0;
    const bytes = Uint8Array.from(
      batch.bytes.subarray(batch.starts[index], batch.ends[index]),
    );
    this.#deadLetterBytes += bytes.length;
    this.#deadLetters.push({
      shardId: shard.shardId,
      sequenceNumber: batch.sequenceNumber(record),
      subSequenceNumber: batch.subSequenceNumbers[index] ?? 0,
      reason: this.#decoder.reason,
      bytes,
    });
  }

  /** The dead letters since the last call. */
  takeDeadLetters(): DeadLetterMessage[] {
    const letters = this.#deadLetters;
    this.#deadLetters = [];
    this.#deadLetterBytes = 0;
    return letters;
  }

  /** Whether a watermark has closed a window since the last call. */
  takeWindowClosed(): boolean {
    const closed = this.#windowClosed;
    this.#windowClosed = false;
    return closed;
  }
}
