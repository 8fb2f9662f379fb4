/**
 * What a schema finds wrong with a job, in the words of whoever wrote it: the
 * path, the value, and what to write instead.
 *
 * @module
 */
import type { z } from "zod";
import { PROBLEMS_MAX, QUOTED_CHARACTERS_MAX } from "./limits.ts";

/** One thing that is wrong with a job. */
export interface JobProblem {
  /** Members and indexes from the top, with dots between. */
  readonly path: string;
  /** Goes on from the path: `is 1.5: write a whole number`. */
  readonly problem: string;
}

type Issue = z.core.$ZodIssue;

/** A value as JSON, cut where it is long, on one line. */
export function quoteValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= QUOTED_CHARACTERS_MAX
    ? text
    : `${text.slice(0, QUOTED_CHARACTERS_MAX)}…`;
}

/** Lists what may be written: `"a", "b" or "c"`. */
function choiceOf(values: readonly unknown[]): string {
  const quoted = values.map(quoteValue);
  const last = quoted.pop() ?? "nothing";
  return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const UNIT_WORDS: Readonly<Record<string, string>> = {
  string: " characters",
  array: " entries",
};

/** What to write instead. */
function remedyOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `write ${TYPE_WORDS[issue.expected] ?? issue.expected}`;
    case "too_small":
      return `write ${issue.minimum}${UNIT_WORDS[issue.origin] ?? ""} or more`;
    case "too_big":
      return `write ${issue.maximum}${UNIT_WORDS[issue.origin] ?? ""} or less`;
    case "invalid_value":
      return `write ${choiceOf(issue.values)}`;
    default:
      return issue.message;
  }
}

/** The value at a path, or undefined. */
function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** How far a union's variant is from what was written; less is nearer. */
function distanceOf(issues: readonly Issue[]): number {
  let distance = 0;
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") distance += 4 * issue.keys.length;
    else if (issue.path.length === 0) distance += 100;
    else distance += issue.path.length > 1 ? 1 : 2;
  }
  return distance;
}

/** The issues of the variant that was most likely meant. */
function nearest(variants: readonly (readonly Issue[])[]): readonly Issue[] {
  let best: readonly Issue[] = variants[0] ?? [];
  for (const one of variants) {
    if (distanceOf(one) < distanceOf(best)) best = one;
  }
  return best;
}

/** Puts what is inside unions and records in their place. */
function flatten(
  issues: readonly Issue[],
  at: readonly PropertyKey[],
): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    const path = [...at, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors.length > 0) {
      return flatten(nearest(issue.errors), path);
    }
    return [{ ...issue, path }];
  });
}

function problemOf(issue: Issue, input: unknown): string {
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map(quoteValue).join(", ");
    const [members, them] =
      issue.keys.length === 1 ? ["member", "it"] : ["members", "them"];
    return `has the unknown ${members} ${keys}: take ${them} away, or see the schema for what is meant`;
  }
  if (issue.code === "invalid_key") {
    const inner = issue.issues[0];
    return `is no name: ${inner === undefined ? issue.message : remedyOf(inner)}`;
  }
  const value = valueAt(input, issue.path);
  const remedy = remedyOf(issue);
  return value === undefined
    ? `is missing: ${remedy}`
    : `is ${quoteValue(value)}: ${remedy}`;
}

/** The problems that a schema has found. */
export function schemaProblems(
  error: z.core.$ZodError,
  input: unknown,
): JobProblem[] {
  return flatten(error.issues, [])
    .slice(0, PROBLEMS_MAX)
    .map((issue) => ({
      path: issue.path.map(String).join(".") || "(top)",
      problem: problemOf(issue, input),
    }));
}
