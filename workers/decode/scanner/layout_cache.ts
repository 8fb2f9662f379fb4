/**
 * The layouts that are known, and those that may become so.
 *
 * @module
 */
import type { JobPlan } from "../../../engine/job/plan.ts";
import { WATERMARK } from "../decoder.ts";
import { EventColumns } from "../event_columns.ts";
import {
  CANDIDATES_MAX,
  LAYOUTS_MAX,
  LEARNING_CREDIT_MAX_RECORDS,
  OUTLINE_COST_RECORDS,
  SCANNER_COST_RECORDS,
} from "../limits.ts";
import { LayoutRuns } from "../runs/run_learner.ts";
import {
  type Layout,
  layoutKey,
  type RecordPlace,
  reachBytes,
} from "./layout.ts";
import { LayoutLearner } from "./layout_learner.ts";
import {
  compileScanner,
  type MakeFunction,
  type Scanner,
} from "./scanner_kernel.ts";
import { trainScanner } from "./train_scanner.ts";

/** A layout that records are scanned for. */
export interface KnownLayout {
  readonly key: string;
  readonly outcome: number;
  readonly scan: Scanner;
  /** Where the values go; a batch of its own for watermarks. */
  readonly batch: EventColumns;
  /** Bytes that must lie behind a record. */
  readonly reachBytes: number;
  /** Of its records; undefined where they are no events. */
  readonly runs: LayoutRuns | undefined;
}

/** Options for {@linkcode LayoutCache}. */
export interface LayoutCacheOptions {
  readonly plan: JobPlan;
  readonly events: readonly EventColumns[];
  readonly makeFunction: MakeFunction;
}

/** Keeps layouts and learns new ones. */
export class LayoutCache {
  /** At most `LAYOUTS_MAX`, the one that served last first. */
  readonly known: KnownLayout[] = [];
  /** Takes the time of watermark records, in slot 0 of row 0. */
  readonly watermark: EventColumns = EventColumns.of(1);
  readonly #options: LayoutCacheOptions;
  readonly #learner: LayoutLearner;
  /** Keys of layouts that were seen once, the newest last. */
  readonly #candidates: string[] = [];
  /** In records that no known layout fitted; they earn what learning costs. */
  #credit = LEARNING_CREDIT_MAX_RECORDS;

  constructor(options: LayoutCacheOptions) {
    this.#options = options;
    this.#learner = new LayoutLearner(options.plan);
  }

  /** Puts the layout that has just served first. */
  promote(index: number): void {
    const { known } = this;
    const layout = known[index];
    if (layout === undefined) return;
    for (let i = index; i > 0; i--) known[i] = known[i - 1] ?? layout;
    known[0] = layout;
  }

  /**
   * Takes note of a record that no known layout fits. A layout becomes known
   * when it is seen the second time, since making its scanner is dear; the one
   * that has served least recently goes.
   *
   * @param bytes Buffer that holds the record; it isn't dead.
   * @param start Its first byte.
   * @param end One past its last byte.
   * @returns Whether its layout is known now, as the first.
   */
  note(bytes: Buffer, start: number, end: number): boolean {
    this.#credit = Math.min(this.#credit + 1, LEARNING_CREDIT_MAX_RECORDS);
    if (this.#credit < OUTLINE_COST_RECORDS) return false;
    this.#credit -= OUTLINE_COST_RECORDS;
    const layout = this.#learner.learn(bytes, start, end);
    return (
      layout !== undefined && this.#consider(layout, { bytes, start, end })
    );
  }

  #consider(layout: Layout, record: RecordPlace): boolean {
    const key = layoutKey(layout);
    if (this.known.some((one) => one.key === key)) return false;
    const seen = this.#candidates.indexOf(key);
    if (seen < 0) {
      this.#candidates.push(key);
      if (this.#candidates.length > CANDIDATES_MAX) this.#candidates.shift();
      return false;
    }
    if (this.#credit < SCANNER_COST_RECORDS) return false;
    this.#credit -= SCANNER_COST_RECORDS;
    this.#candidates.splice(seen, 1);
    this.known.unshift(this.#know(key, layout, record));
    if (this.known.length > LAYOUTS_MAX) this.known.pop();
    return true;
  }

  #know(key: string, layout: Layout, record: RecordPlace): KnownLayout {
    const { outcome } = layout;
    const { events, makeFunction } = this.#options;
    const batch =
      outcome === WATERMARK
        ? this.watermark
        : (events[outcome] ?? EventColumns.of(0));
    const { columns, count: row } = batch;
    const scan = compileScanner(layout, columns, makeFunction);
    trainScanner(scan, { ...record, layout, columns, row });
    return {
      key,
      outcome,
      batch,
      scan,
      reachBytes: reachBytes(layout),
      runs: outcome >= 0 ? new LayoutRuns(layout) : undefined,
    };
  }
}
