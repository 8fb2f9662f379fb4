// Hot path: every record.
// Cost avoided: JSON.parse is nine tenths of what a record costs.
// Trick: records of one producer differ in their values only. A scanner made
//   for their layout verifies the bytes between the values, four at a time,
//   and reads the values where they lie; other records are walked over, and
//   JSON.parse decides what the walk can't.
// Gives up: the time to make a scanner, some milliseconds a layout.
// Breaks: `!` on byte reads.
// Shown by `perf/decode_bench.ts`. Plain twin: `JsonDecoder`.
/**
 * The decoder: exactly what `JsonDecoder` gives, sooner.
 *
 * @module
 */
import type { JobPlan } from "../../engine/job/plan.ts";
import type { TextMemory } from "../../engine/kinesis/text_memory_kernel.ts";
import { AttemptGauge } from "./attempt_gauge.ts";
import {
  DEAD,
  type DeadReason,
  type Decoder,
  type Records,
  UNDECLARED,
  WATERMARK,
} from "./decoder.ts";
import type { EventColumns } from "./event_columns.ts";
import { JsonDecoder } from "./json_decoder.ts";
import { COPIED_RECORD_BYTES_MAX, RUN_SAMPLES } from "./limits.ts";
import { type LayoutRuns, RunLearner } from "./runs/run_learner.ts";
import type { RunMemory } from "./runs/run_memory.ts";
import { RunScanner } from "./runs/run_scanner_kernel.ts";
import { REACH_BYTES_MAX } from "./scanner/layout.ts";
import { type KnownLayout, LayoutCache } from "./scanner/layout_cache.ts";
import type { MakeFunction } from "./scanner/scanner_kernel.ts";
import { UNSURE, Walk } from "./walk_kernel.ts";

/** A scan instead of a walk saves eight times what a scan in vain costs. */
const SCAN_GAIN = 8;
const SCAN_COST = 1;

/** Walking saves two thirds of what JSON.parse costs, or loses one third. */
const WALK_GAIN = 2;
const WALK_COST = 4;

const EMPTY = Buffer.alloc(0);

/** Options for {@linkcode ExactDecoder}. */
export interface ExactDecoderOptions {
  /** A plan whose names compare as bytes. */
  readonly plan: JobPlan;
  /** How functions are made; undefined where that is forbidden. */
  readonly makeFunction: MakeFunction | undefined;
  /** Where runs are scanned; undefined where there are no vectors. */
  readonly runMemory: RunMemory | undefined;
  /** Records that a run's form is learnt from. @default {RUN_SAMPLES} */
  readonly runSamples?: number;
}

/** Decodes by known layouts, by walking, or by JSON.parse. */
export class ExactDecoder implements Decoder {
  readonly memory: TextMemory | undefined;
  readonly events: readonly EventColumns[];
  watermarkMs: number = Number.NaN;
  reason: DeadReason = "not_json";
  readonly #judge: JsonDecoder;
  readonly #walk: Walk;
  readonly #layouts: LayoutCache | undefined;
  readonly #walking = new AttemptGauge();
  readonly #scanning = new AttemptGauge();
  /** Whether JSON.parse has decoded the last record that no layout fitted. */
  #judged = false;
  /** The layout that served last. */
  #layout: KnownLayout | undefined;
  /** Of the layout that served last but for watermarks', which come between. */
  #eventRuns: LayoutRuns | undefined;
  #bytes: Buffer = EMPTY;
  #view: DataView = new DataView(EMPTY.buffer, 0, 0);
  /** Records at the very end of their buffer are scanned here. */
  #copy: Buffer = EMPTY;
  #copyView: DataView = this.#view;
  readonly #runs: RunScanner | undefined;
  readonly #learner: RunLearner | undefined;
  /** Whether records come in batches that runs may be found in. */
  #hasBegun = false;
  runKind: number = UNDECLARED;

  constructor(options: ExactDecoderOptions) {
    const { plan, makeFunction, runMemory, runSamples = RUN_SAMPLES } = options;
    this.memory = runMemory?.text;
    this.#judge = new JsonDecoder(plan, runMemory?.events);
    if (runMemory !== undefined) {
      this.#runs = new RunScanner(runMemory);
      this.#learner = new RunLearner(runMemory, runSamples);
    }
    this.events = this.#judge.events;
    this.#walk = new Walk(plan, this.events);
    if (makeFunction !== undefined) {
      const { events } = this;
      this.#layouts = new LayoutCache({ plan, events, makeFunction });
    }
  }

  decode(bytes: Buffer, start: number, end: number): number {
    const layout = this.#layout;
    if (layout === undefined || !this.#hasRoom(layout, bytes, end)) {
      return this.#decodeOther(bytes, start, end, 0);
    }
    if (layout.scan(bytes, this.#view, start, end, layout.batch.count)) {
      this.#scanning.hit(SCAN_GAIN);
      if (layout.outcome === WATERMARK) return this.#takeWatermark();
      if (this.#hasBegun) this.#noteEvent(layout, bytes, start, end);
      return layout.outcome;
    }
    this.#scanning.miss(SCAN_COST);
    return this.#decodeOther(bytes, start, end, 1);
  }

  begin(records: Records): void {
    if (this.#runs === undefined) return;
    this.#hasBegun = true;
    this.#runs.begin(records);
  }

  decodeRun(index: number): number {
    const form = this.#eventRuns?.form;
    if (form === undefined || this.#runs === undefined) return 0;
    this.runKind = form.kind;
    const taken = this.#runs.scan(form, index);
    // The layout has fitted, too.
    if (taken > 0) this.#scanning.hit(SCAN_GAIN);
    return taken;
  }

  /** Takes note of an event that is read but not yet counted. */
  #noteEvent(
    { runs, batch }: KnownLayout,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (runs !== undefined) {
      this.#learner?.note(runs, batch.count, { bytes, start, end });
    }
  }

  /** Whether a record may be scanned where it lies. */
  #hasRoom(layout: KnownLayout, bytes: Buffer, end: number): boolean {
    return bytes === this.#bytes && end + layout.reachBytes <= bytes.length;
  }

  /**
   * Decodes what the last layout doesn't fit, or has no room to be scanned.
   *
   * @param first The first layout that may fit.
   */
  #decodeOther(
    bytes: Buffer,
    start: number,
    end: number,
    first: number,
  ): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    const layouts = this.#layouts;
    if (layouts === undefined) return this.#decodeSlowly(bytes, start, end);
    if (this.#scanning.tries()) {
      for (let i = first; i < layouts.known.length; i++) {
        const layout = layouts.known[i]!;
        if (this.#scan(layout, bytes, start, end)) {
          layouts.promote(i);
          return this.#served(layout);
        }
        this.#scanning.miss(SCAN_COST);
      }
    }
    if (this.#scanning.resting) this.#use(undefined);
    const outcome = this.#decodeSlowly(bytes, start, end);
    // What needed JSON.parse has no layout that could be learnt.
    const isPlain = outcome !== DEAD && !this.#judged;
    if (isPlain && layouts.note(bytes, start, end)) {
      this.#use(layouts.known[0]);
      this.#scanning.refill();
    }
    return outcome;
  }

  /** A layout has fitted: it is the first to be tried on the next record. */
  #served(layout: KnownLayout): number {
    this.#scanning.hit(SCAN_GAIN);
    this.#use(layout);
    return layout.outcome === WATERMARK
      ? this.#takeWatermark()
      : layout.outcome;
  }

  /** The layout that comes next, likely. */
  #use(layout: KnownLayout | undefined): void {
    this.#layout = layout;
    if (layout?.outcome !== WATERMARK) this.#eventRuns = layout?.runs;
  }

  #takeWatermark(): number {
    this.watermarkMs = this.#layouts!.watermark.columns[0]![0]!;
    return WATERMARK;
  }

  /** Scans a record, in a copy when it has no room where it lies. */
  #scan(
    layout: KnownLayout,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    const row = layout.batch.count;
    if (this.#hasRoom(layout, bytes, end)) {
      return layout.scan(bytes, this.#view, start, end, row);
    }
    const length = end - start;
    if (length > COPIED_RECORD_BYTES_MAX) return false;
    if (this.#copy.length === 0) {
      this.#copy = Buffer.alloc(COPIED_RECORD_BYTES_MAX + REACH_BYTES_MAX);
      this.#copyView = viewOf(this.#copy);
    }
    bytes.copy(this.#copy, 0, start, end);
    return layout.scan(this.#copy, this.#copyView, 0, length, row);
  }

  /** Decodes by the walk or by JSON.parse. */
  #decodeSlowly(bytes: Buffer, start: number, end: number): number {
    if (this.#walking.tries()) {
      const outcome = this.#walk.decode(bytes, start, end);
      if (outcome !== UNSURE) {
        this.#judged = false;
        this.#walking.hit(WALK_GAIN);
        return this.#take(outcome, this.#walk);
      }
      this.#walking.miss(WALK_COST);
    }
    this.#judged = true;
    return this.#take(this.#judge.decode(bytes, start, end), this.#judge);
  }

  /** Takes over what comes with an outcome. */
  #take(outcome: number, from: Walk | JsonDecoder): number {
    if (outcome === DEAD) this.reason = from.reason;
    const isWatermark = outcome === DEAD && from.reason === "bad_watermark";
    if (outcome === WATERMARK || isWatermark) {
      this.watermarkMs = from.watermarkMs;
    }
    return outcome;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
