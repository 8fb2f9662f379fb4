/**
 * How much time a chart beside the map spans.
 *
 * @module
 */
import {
  CHART_MS_MAX,
  CHART_POINTS_MAX,
  CHART_SPANS,
  CHART_WINDOWS_MIN,
} from "./limits.ts";

/** What a chart spans. */
export interface ChartSpan {
  readonly spanMs: number;
  /** Length of a point, whole windows. */
  readonly stepMs: number;
}

/**
 * The span of a chart.
 *
 * @param windows Windows that the map shows.
 * @param windowMs Length of a window.
 */
export function chartSpan(windows: number, windowMs: number): ChartSpan {
  const wanted = Math.max(windows * CHART_SPANS, CHART_WINDOWS_MIN) * windowMs;
  const spanMs = Math.max(Math.min(wanted, CHART_MS_MAX), windows * windowMs);
  const perPoint = Math.ceil(spanMs / windowMs / CHART_POINTS_MAX);
  return { spanMs, stepMs: perPoint * windowMs };
}
