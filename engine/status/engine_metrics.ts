/**
 * Metrics of the engine and its process as a whole.
 *
 * @module
 */
import { type MetricSpec, one, type Sample, secondsOf } from "./metric_spec.ts";
import type { EngineStatus, QuantilesStatus } from "./status.ts";

const STATES: readonly EngineStatus["state"][] = [
  "starting",
  "running",
  "stopping",
  "finished",
  "failed",
];

function quantiles({ p50, p99, p999, max }: QuantilesStatus): Sample[] {
  return Object.entries({ "0.5": p50, "0.99": p99, "0.999": p999, "1": max })
    .filter(([, ms]) => Number.isFinite(ms))
    .map(([quantile, ms]) => ({ labels: { quantile }, value: ms / 1_000 }));
}

function outcomes({ counts }: EngineStatus): Sample[] {
  const filtered = Object.values(counts.filtered);
  return Object.entries({
    tallied: counts.tallied,
    filtered: filtered.reduce((sum, count) => sum + count, 0),
    watermark_taken: counts.watermarksTaken,
    watermark_refused: counts.watermarksRefused,
    dead: counts.dead,
    late: counts.late,
    after_idle: counts.afterIdle,
    out_of_range: counts.outOfRange,
  }).map(([outcome, value]) => ({ labels: { outcome }, value }));
}

/** What was read, what became of it, and how far the job is. */
export const ENGINE_METRICS: readonly MetricSpec[] = [
  {
    type: "gauge",
    name: "info",
    help: "Version, job and source; always 1.",
    labels: ["version", "job", "source"],
    samples: ({ version, job, source }) => [
      { labels: { version, job: job.name, source }, value: 1 },
    ],
  },
  {
    type: "gauge",
    name: "state",
    help: "1 for the state that the engine is in, 0 for the others.",
    labels: ["state"],
    samples: (status) =>
      STATES.map((state) => ({
        labels: { state },
        value: status.state === state ? 1 : 0,
      })),
  },
  {
    type: "gauge",
    name: "start_time_seconds",
    help: "Start of the run, seconds since the epoch.",
    samples: ({ startedAtMs }) => secondsOf(startedAtMs),
  },
  {
    type: "counter",
    name: "records_read_total",
    help: "User records read, after de-aggregation.",
    samples: ({ counts }) => one(counts.read),
  },
  {
    type: "counter",
    name: "records_total",
    help: "What became of the records read; the outcomes add up to them.",
    labels: ["outcome"],
    samples: outcomes,
  },
  {
    type: "counter",
    name: "records_filtered_total",
    help: "Records that the job left out, by reason.",
    labels: ["reason"],
    samples: ({ counts }) =>
      Object.entries(counts.filtered).map(([reason, value]) => ({
        labels: { reason },
        value,
      })),
  },
  {
    type: "counter",
    name: "read_bytes_total",
    help: "Bytes of the records read.",
    samples: ({ bytes }) => one(bytes),
  },
  {
    type: "gauge",
    name: "watermark_seconds",
    help: "Global watermark, event time, seconds since the epoch.",
    samples: ({ watermarkMs }) => secondsOf(watermarkMs),
  },
  {
    type: "gauge",
    name: "behind_latest_seconds",
    help: "How far the slowest shard is behind its newest record.",
    samples: ({ behindLatestMs }) => secondsOf(behindLatestMs),
  },
  {
    type: "gauge",
    name: "windows_open",
    help: "Windows that have not fired.",
    samples: ({ windowsOpen }) => one(windowsOpen),
  },
  {
    type: "gauge",
    name: "keys_open",
    help: "Keys of the windows that are open or kept for late events.",
    samples: ({ keysOpen }) => one(keysOpen),
  },
  {
    type: "counter",
    name: "windows_fired_total",
    help: "Windows that have fired.",
    samples: ({ windowsFired }) => one(windowsFired),
  },
  {
    type: "counter",
    name: "documents_fired_total",
    help: "Documents of the windows fired.",
    samples: ({ documentsFired }) => one(documentsFired),
  },
  {
    type: "gauge",
    name: "workers_wanted",
    help: "Workers that there shall be.",
    samples: ({ workersWanted }) => one(workersWanted),
  },
  {
    type: "counter",
    name: "moves_total",
    help: "Moves of shards between workers, for balance or on request.",
    samples: ({ moves }) => one(moves.count),
  },
  {
    type: "counter",
    name: "shards_reopened_total",
    help: "Times that a shard was opened anew after silence.",
    samples: ({ shardsReopened }) => one(shardsReopened),
  },
  {
    type: "gauge",
    name: "windows_kept",
    help: "Fired windows that late events may still correct.",
    samples: ({ windowsKept }) => one(windowsKept),
  },
  {
    type: "counter",
    name: "windows_corrected_total",
    help: "Times that late events have changed a fired window.",
    samples: ({ windowsCorrected }) => one(windowsCorrected),
  },
  {
    type: "counter",
    name: "documents_early_total",
    help: "Documents written before their window had fired, each time.",
    samples: ({ early }) => one(early?.documents ?? 0),
  },
  {
    type: "counter",
    name: "tallies_left_out_total",
    help: "Partial tallies of shards that woke after their window had fired.",
    samples: ({ talliesLeftOut }) => one(talliesLeftOut),
  },
  {
    type: "counter",
    name: "documents_corrected_total",
    help: "Documents written again since late events changed them.",
    samples: ({ documentsCorrected }) => one(documentsCorrected),
  },
  {
    type: "gauge",
    name: "watermark_held_since_seconds",
    help: "Since when the slowest shard holds the watermark back.",
    samples: ({ watermarkHeldSinceMs }) => secondsOf(watermarkHeldSinceMs),
  },
  {
    type: "gauge",
    name: "dedupe_ids",
    help: "Ids that are remembered to know duplicates; none without dedupe.",
    samples: ({ dedupe }) => (dedupe === null ? [] : one(dedupe.ids)),
  },
  {
    type: "counter",
    name: "dedupe_ids_forgotten_total",
    help: "Ids forgotten for want of room before their time was over.",
    samples: ({ dedupe }) => (dedupe === null ? [] : one(dedupe.idsForgotten)),
  },
  {
    type: "counter",
    name: "event_times_refused_total",
    help: "Events too far ahead in time to move a bounded watermark.",
    samples: ({ eventTimesRefused }) => one(eventTimesRefused),
  },
  {
    type: "gauge",
    name: "trimmed_shards",
    help: "Shards of which this run may have missed records.",
    samples: ({ gaps }) => one(gaps.length),
  },
  {
    type: "counter",
    name: "dead_letters_total",
    help: "Dead letters written.",
    samples: ({ deadLetters }) => one(deadLetters),
  },
];

/** What the process costs and how quick it is. */
export const PROCESS_METRICS: readonly MetricSpec[] = [
  {
    type: "gauge",
    name: "resident_memory_bytes",
    help: "Resident memory of the process.",
    samples: ({ rssBytes }) => one(rssBytes),
  },
  {
    type: "counter",
    name: "cpu_seconds_total",
    help: "CPU time of the process, user and system.",
    samples: ({ cpuSeconds }) => one(cpuSeconds),
  },
  {
    type: "gauge",
    name: "event_loop_delay_seconds",
    help: "Delay of the coordinator's event loop since the start.",
    labels: ["quantile"],
    samples: ({ eventLoopDelayMs }) => quantiles(eventLoopDelayMs),
  },
  {
    type: "gauge",
    name: "fire_delay_seconds",
    help: "From a window's closing flush to its documents' acknowledgement.",
    labels: ["quantile"],
    samples: ({ fireDelayMs }) => quantiles(fireDelayMs),
  },
];
