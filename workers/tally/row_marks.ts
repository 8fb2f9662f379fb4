/**
 * What a watermark strategy notes of each decoded row until its batch is
 * tallied: columns beside the event's own.
 *
 * @module
 */
import type { JobPlan } from "../../engine/job/plan.ts";
import { BATCH_ROWS_MAX } from "../decode/event_columns.ts";

/** Columns beside those of one event kind, by row. */
export interface RowMarks {
  /** The watermark before the row, less the allowed lateness; `bounded`. */
  readonly passedMs: Float64Array | undefined;
  /** Event time; `ingestion`. */
  readonly timeMs: Float64Array | undefined;
  /** Index of the row's record in its batch; with late dead letters. */
  readonly records: Uint32Array | undefined;
}

/** Makes the columns that a job needs, for each of its event kinds. */
export function rowMarks(plan: JobPlan, keepsLate: boolean): RowMarks[] {
  const { strategy } = plan.watermark;
  const column = (isNeeded: boolean) =>
    isNeeded ? new Float64Array(BATCH_ROWS_MAX) : undefined;
  return plan.events.map(() => ({
    passedMs: column(strategy === "bounded"),
    timeMs: column(strategy === "ingestion"),
    records: keepsLate ? new Uint32Array(BATCH_ROWS_MAX) : undefined,
  }));
}

/**
 * The least watermark that closes a window which `watermarkMs` has not closed,
 * of any query.
 */
export function nextCloseMs(plan: JobPlan, watermarkMs: number): number {
  if (watermarkMs === Number.NEGATIVE_INFINITY) return watermarkMs;
  let least = Number.POSITIVE_INFINITY;
  for (const { windowMs } of plan.queries) {
    const endMs = (Math.floor((watermarkMs + 1) / windowMs) + 1) * windowMs;
    least = Math.min(least, endMs - 1);
  }
  return least;
}

/**
 * The least watermark that makes events of another window late, given how far
 * `watermarkMs` has got: until then all rows of a batch are judged alike.
 */
export function nextLateMs(plan: JobPlan, watermarkMs: number): number {
  const { allowedLatenessMs } = plan;
  return nextCloseMs(plan, watermarkMs - allowedLatenessMs) + allowedLatenessMs;
}
