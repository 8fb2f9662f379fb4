/**
 * The plain twin of `TallyTable`: a Map and objects.
 */
import type { AccumulatorPlan } from "../../../engine/job/plan.ts";

/** One key's tallies. */
export interface PlainEntry {
  count: number;
  readonly values: number[];
}

/** Adds events one by one. */
export class PlainTable {
  readonly entries = new Map<string, PlainEntry>();
  readonly #plans: readonly AccumulatorPlan[];

  constructor(plans: readonly AccumulatorPlan[]) {
    this.#plans = plans;
  }

  add(key: string, values: readonly number[]): void {
    const entry = this.entries.get(key);
    if (entry === undefined) {
      this.entries.set(key, { count: 1, values: [...values] });
      return;
    }
    entry.count++;
    for (const [i, { op }] of this.#plans.entries()) {
      const old = entry.values[i] as number;
      const value = values[i] as number;
      entry.values[i] =
        op === "sum"
          ? old + value
          : op === "min"
            ? Math.min(old, value)
            : Math.max(old, value);
    }
  }
}
