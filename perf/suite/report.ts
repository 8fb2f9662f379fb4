/**
 * Results for people and as JSON.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import type { Environment } from "./environment.ts";
import { figure } from "./samples.ts";
import { isMet, type Measure, type SuiteCase } from "./suite_case.ts";

/** A case and what it found. */
export interface CaseResult {
  readonly name: string;
  readonly title: string;
  readonly measures: readonly Measure[];
}

/** What `--json` writes. */
export interface SuiteResult {
  readonly environment: Environment;
  readonly cases: readonly CaseResult[];
}

function goalText(measure: Measure): string {
  if (measure.goal === undefined) return "";
  const verdict = isMet(measure);
  const met = verdict === undefined ? "" : verdict ? ": met" : ": NOT met";
  const sign = measure.goal.is === "at most" ? "≤" : "≥";
  return `, goal ${sign} ${figure(measure.goal.value)}${met}`;
}

function measureLine(measure: Measure): string {
  const { name, unit, spread } = measure;
  const { median, least, most, samples } = spread;
  const range =
    samples > 1
      ? ` (${figure(least)} to ${figure(most)}, ${samples} samples)`
      : "";
  return `  ${name}: ${figure(median)} ${unit}${range}${goalText(measure)}`;
}

/** One case as lines. */
export function caseLines({ title, name, measures }: CaseResult): string[] {
  return [`${name}: ${title}`, ...measures.map(measureLine)];
}

/** Makes a result of what a case measured. */
export function resultOf(
  { name, title }: SuiteCase,
  measures: readonly Measure[],
): CaseResult {
  return { name, title, measures };
}

/** Writes everything for machines. */
export function writeJson(path: string, result: SuiteResult): void {
  writeFileSync(path, `${JSON.stringify(result, undefined, 2)}\n`);
}
