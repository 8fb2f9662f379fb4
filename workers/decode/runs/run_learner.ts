/**
 * Learns the form that most records of a layout have, from some of them.
 *
 * @module
 */
import {
  RUN_FORMS_MAX,
  RUN_SAMPLE_BYTES_MAX,
  RUN_WAIT_MAX,
  RUN_WAIT_MIN,
} from "../limits.ts";
import {
  type Layout,
  type RecordPlace,
  valueTexts,
} from "../scanner/layout.ts";
import { runForm } from "./run_form.ts";
import type { RunMemory } from "./run_memory.ts";
import { RunForm } from "./run_scanner_kernel.ts";

/** What is known of the runs of a layout's records. */
export class LayoutRuns {
  readonly layout: Layout;
  /** Undefined until it is known, and when there is none. */
  form: RunForm | undefined;
  /** Texts of the values of some records. */
  samples: string[][] = [];
  /** Records to let pass before it is tried again. */
  wait = 0;
  nextWait: number = RUN_WAIT_MIN;

  constructor(layout: Layout) {
    this.layout = layout;
  }
}

/** Learns forms. */
export class RunLearner {
  readonly #memory: RunMemory;
  /** Those that have a form, the oldest first. */
  readonly #known: LayoutRuns[] = [];

  readonly #sampleCount: number;

  /**
   * @param memory Where runs are scanned.
   * @param sampleCount Records that a form is learnt from.
   */
  constructor(memory: RunMemory, sampleCount: number) {
    this.#memory = memory;
    this.#sampleCount = sampleCount;
  }

  /**
   * Takes note of an event that its layout's own scanner has just read.
   *
   * @param runs Of the layout.
   * @param row Where its values are.
   */
  note(runs: LayoutRuns, row: number, place: RecordPlace): void {
    if (runs.form !== undefined) {
      runs.form.learnDates(row);
      if (!runs.form.gauge.resting) return;
    }
    if (runs.wait > 0) {
      runs.wait--;
      return;
    }
    if (place.end - place.start > RUN_SAMPLE_BYTES_MAX) return;
    runs.samples.push(valueTexts(runs.layout, place));
    if (runs.samples.length < this.#sampleCount) return;
    runs.wait = runs.nextWait;
    runs.nextWait = Math.min(2 * runs.nextWait, RUN_WAIT_MAX);
    // It fits too few: others have come to be more frequent.
    if (runs.form !== undefined) this.#forget(runs);
    this.#learn(runs);
    runs.samples = [];
    runs.form?.learnDates(row);
  }

  #forget(runs: LayoutRuns): void {
    runs.form = undefined;
    this.#known.splice(this.#known.indexOf(runs), 1);
  }

  #learn(runs: LayoutRuns): void {
    const { layout, samples } = runs;
    const parts = runForm(layout, samples);
    if (parts === undefined) return;
    const kind = layout.outcome;
    const place = this.#place();
    const made = this.#memory.compile(kind, parts, place);
    if (made === undefined) return;
    const { scan, code } = made;
    const { times } = code;
    const before = this.#known.find(({ form }) => form?.place === place);
    if (before !== undefined) this.#forget(before);
    runs.form = new RunForm(this.#memory, kind, { scan, times, place });
    this.#known.push(runs);
  }

  /** Where the patterns of a new form go: a free place, or the oldest one's. */
  #place(): number {
    const taken = this.#known.map(({ form }) => form?.place ?? 0);
    for (let place = 0; place < RUN_FORMS_MAX; place++) {
      if (!taken.includes(place)) return place;
    }
    return taken[0] ?? 0;
  }
}
