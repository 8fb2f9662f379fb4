/**
 * A case of the suite, and what it finds.
 *
 * @module
 */
import type { Spread } from "./samples.ts";

/** What a figure should be. */
export interface Goal {
  readonly value: number;
  readonly is: "at most" | "at least";
}

/** One figure of a case. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly spread: Spread;
  readonly goal: Goal | undefined;
}

/** What a case is given. */
export interface CaseContext {
  readonly rounds: number;
  readonly trips: number;
  /** Where a real OpenSearch node listens, for the case that needs one. */
  readonly opensearch: string;
}

/** One case. */
export interface SuiteCase {
  readonly name: string;
  /** What is measured, in one line. */
  readonly title: string;
  run(context: CaseContext): Promise<Measure[]>;
}

/** Whether a goal was reached by the median; undefined without one. */
export function isMet({ goal, spread }: Measure): boolean | undefined {
  if (goal === undefined || Number.isNaN(spread.median)) return undefined;
  return goal.is === "at most"
    ? spread.median <= goal.value
    : spread.median >= goal.value;
}

/** The goal that fits the runtime: from Node 24 on more is asked. */
export function byRuntime(node20: number, node24: number): number {
  const [major = 0] = process.versions.node.split(".").map(Number);
  return major >= 24 ? node24 : node20;
}
