/**
 * Metrics of the engine's parts: shards, worker threads, sinks.
 *
 * @module
 */
import type { MetricSpec } from "./metric_spec.ts";
import type { EngineStatus } from "./status.ts";

/** A metric with one sample for each shard. */
function shardMetric(
  type: MetricSpec["type"],
  [name, help]: readonly [name: string, help: string],
  value: (shard: EngineStatus["shards"][number]) => number | null,
): MetricSpec {
  return {
    type,
    name: `shard_${name}`,
    help,
    labels: ["shard"],
    samples: ({ shards }) =>
      shards.flatMap((shard) => {
        const found = value(shard);
        if (found === null) return [];
        return [{ labels: { shard: shard.shardId }, value: found }];
      }),
  };
}

/** One sample a shard. */
export const SHARD_METRICS: readonly MetricSpec[] = [
  shardMetric(
    "counter",
    ["records_total", "User records read from the shard."],
    ({ records }) => records,
  ),
  shardMetric(
    "counter",
    ["read_bytes_total", "Bytes read from the shard."],
    ({ bytes }) => bytes,
  ),
  shardMetric(
    "counter",
    ["throttled_total", "Reads of the shard that the service throttled."],
    ({ throttled }) => throttled,
  ),
  shardMetric(
    "counter",
    [
      "fan_out_fallbacks_total",
      "Times that subscriptions brought nothing and the shard was polled.",
    ],
    ({ fallbacks }) => fallbacks,
  ),
  shardMetric(
    "gauge",
    ["behind_latest_seconds", "How far behind its newest record."],
    ({ behindLatestMs }) => behindLatestMs / 1_000,
  ),
  shardMetric(
    "gauge",
    [
      "idle",
      "1 while the shard is quiet and does not hold the watermark back.",
    ],
    ({ idle }) => Number(idle),
  ),
  shardMetric(
    "gauge",
    ["watermark_seconds", "The shard's watermark, seconds since the epoch."],
    ({ watermarkMs }) => (watermarkMs === null ? null : watermarkMs / 1_000),
  ),
  shardMetric(
    "gauge",
    ["load_ratio", "Share of a thread's time that the shard takes."],
    ({ load }) => load,
  ),
  shardMetric(
    "counter",
    ["moves_total", "Times that the shard changed its worker."],
    ({ moves }) => moves,
  ),
  shardMetric(
    "counter",
    ["reopened_total", "Times that the shard was opened anew after silence."],
    ({ reopened }) => reopened,
  ),
  shardMetric(
    "gauge",
    ["paused", "1 while the shard waits for others that are behind."],
    ({ paused }) => (paused ? 1 : 0),
  ),
];

/** A metric with one sample for each worker thread. */
function workerMetric(
  type: MetricSpec["type"],
  [name, help]: readonly [name: string, help: string],
  value: (worker: EngineStatus["workers"][number]) => number,
): MetricSpec {
  return {
    type,
    name: `worker_${name}`,
    help,
    labels: ["worker"],
    samples: ({ workers }) =>
      workers.map((worker) => ({
        labels: { worker: String(worker.worker) },
        value: value(worker),
      })),
  };
}

/** One sample a worker thread. */
export const WORKER_METRICS: readonly MetricSpec[] = [
  workerMetric(
    "counter",
    [
      "busy_seconds_total",
      "Time that the worker thread was busy with records.",
    ],
    ({ cpuSeconds }) => cpuSeconds,
  ),
  workerMetric(
    "counter",
    ["records_total", "User records that the worker has read."],
    ({ records }) => records,
  ),
  workerMetric(
    "counter",
    ["flushes_total", "Flushes that the worker has sent."],
    ({ flushes }) => flushes,
  ),
  workerMetric(
    "gauge",
    ["shards", "Shards that the worker reads."],
    ({ shards }) => shards,
  ),
  workerMetric(
    "counter",
    ["restarts_total", "Times that the worker was lost and replaced."],
    ({ restarts }) => restarts,
  ),
  workerMetric(
    "gauge",
    ["epoch", "Incarnation of the worker."],
    ({ epoch }) => epoch,
  ),
  workerMetric("gauge", ["up", "1 while the worker runs."], ({ state }) =>
    state === "running" ? 1 : 0,
  ),
];

/** A metric with one sample for each sink. */
function sinkMetric(
  type: MetricSpec["type"],
  [name, help]: readonly [name: string, help: string],
  value: (sink: EngineStatus["sinks"][number]) => number,
): MetricSpec {
  return {
    type,
    name: `sink_${name}`,
    help,
    labels: ["sink"],
    samples: ({ sinks }) =>
      sinks.map((sink) => ({
        labels: { sink: sink.name },
        value: value(sink),
      })),
  };
}

/** One sample a sink. */
export const SINK_METRICS: readonly MetricSpec[] = [
  sinkMetric(
    "counter",
    ["documents_total", "Documents that the sink has acknowledged."],
    ({ documents }) => documents,
  ),
  sinkMetric(
    "counter",
    ["written_bytes_total", "Bytes written, as the sink counts them."],
    ({ bytes }) => bytes,
  ),
  sinkMetric(
    "counter",
    ["retries_total", "Attempts that failed and were repeated."],
    ({ retries }) => retries,
  ),
  sinkMetric(
    "counter",
    ["refused_documents_total", "Documents that became dead letters."],
    ({ refused }) => refused ?? 0,
  ),
  sinkMetric(
    "gauge",
    ["in_trouble", "1 while something keeps the sink from writing."],
    ({ trouble }) => (trouble === undefined || trouble === null ? 0 : 1),
  ),
  sinkMetric(
    "gauge",
    ["pending_documents", "Fired documents not yet acknowledged."],
    ({ pendingDocuments }) => pendingDocuments,
  ),
];
