/**
 * Metrics of checkpoints; none for a run that keeps no checkpoints.
 *
 * @module
 */
import type { MetricSpec } from "./metric_spec.ts";
import type { CheckpointStatus } from "./status.ts";

function checkpointMetric(
  type: MetricSpec["type"],
  [name, help]: readonly [name: string, help: string],
  value: (checkpoint: CheckpointStatus) => number,
): MetricSpec {
  return {
    type,
    name: `checkpoint_${name}`,
    help,
    samples: ({ checkpoint }) =>
      checkpoint === null ? [] : [{ value: value(checkpoint) }],
  };
}

/** How fresh the last checkpoint is and what it costs. */
export const CHECKPOINT_METRICS: readonly MetricSpec[] = [
  checkpointMetric(
    "gauge",
    ["number", "Number of the newest good checkpoint."],
    ({ number }) => number,
  ),
  checkpointMetric(
    "gauge",
    ["age_seconds", "Since the last good checkpoint, or since the start."],
    ({ ageMs }) => ageMs / 1_000,
  ),
  checkpointMetric(
    "gauge",
    ["duration_seconds", "How long the last good checkpoint took."],
    ({ durationMs }) => durationMs / 1_000,
  ),
  checkpointMetric(
    "gauge",
    ["main_thread_seconds", "What of that the coordinator's thread was busy."],
    ({ mainThreadMs }) => mainThreadMs / 1_000,
  ),
  checkpointMetric(
    "gauge",
    ["size_bytes", "Size of the last good checkpoint."],
    ({ bytes }) => bytes,
  ),
  checkpointMetric(
    "counter",
    ["failures_total", "Attempts to take a checkpoint that failed."],
    ({ failures }) => failures,
  ),
];
