/**
 * The names that a job looks for in its events, as bytes.
 *
 * @module
 */
import type { JobPlan } from "../../engine/job/plan.ts";

/** What undecodable bytes become; no name with it can be compared as bytes. */
const REPLACEMENT = "\uFFFD";

/** Every text of a plan that is compared with the events' bytes. */
function textsOf(plan: JobPlan): string[] {
  return [
    plan.kindField,
    plan.watermark.kind,
    plan.watermark.field,
    ...plan.events.flatMap(({ kind, fields }) => [
      kind,
      ...fields.flatMap(({ from }) => from),
    ]),
  ];
}

/**
 * Whether equal bytes mean equal names: not with lone surrogates, which have
 * no bytes, nor with the character that wrong bytes decode to.
 */
export function comparesAsBytes(plan: JobPlan): boolean {
  return textsOf(plan).every(
    (text) =>
      !text.includes(REPLACEMENT) && Buffer.from(text).toString() === text,
  );
}

/** The names of all fields that any event of the job is read from. */
export function fieldNames(plan: JobPlan): string[] {
  return [
    ...new Set([
      plan.kindField,
      plan.watermark.field,
      ...plan.events.flatMap(({ fields }) =>
        fields.flatMap(({ from }) => from),
      ),
    ]),
  ];
}
