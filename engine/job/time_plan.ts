/**
 * The parts of a plan that concern event time and its order.
 *
 * @module
 */
import type { WatermarkStrategy } from "./spec.ts";

/** Where watermarks come from. */
export interface WatermarkPlan {
  readonly strategy: WatermarkStrategy;
  readonly kind: string;
  readonly field: string;
  /** 0 unless `bounded`. */
  readonly boundMs: number;
}

/** How duplicates are known. */
export interface DedupePlan {
  readonly field: string;
  readonly withinMs: number;
  readonly idsMax: number;
}
