/**
 * An engine's status as lines in CloudWatch's Embedded Metric Format: log
 * lines that CloudWatch makes metrics of. Counts are of the time since the
 * last line, so that their sum over any time is right.
 *
 * @module
 */
import type { EngineStatus } from "../../engine/status/status.ts";
import { EMF_SHARDS_MAX } from "./limits.ts";

/** Options for {@linkcode EmfLines}. */
export interface EmfLinesOptions {
  /** Value of the dimension `Name`: tells runs of one account apart. */
  readonly name: string;
  /** Where an agent puts the lines; left to it without. */
  readonly logGroup?: string | undefined;
  /** Whether each shard has two metrics of its own. */
  readonly hasShards: boolean;
}

/** CloudWatch's namespace of all of them. */
const NAMESPACE = "Flagdrop";

/** A metric's name, unit and value. */
type Metric = readonly [name: string, unit: Unit, value: number];
type Unit = "Count" | "Seconds" | "Bytes" | "Percent";

/** What only grows; the lines hold differences. */
function totalsOf(status: EngineStatus) {
  const { counts, workers, sinks, checkpoint } = status;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return {
    EventsRead: counts.read,
    EventsTallied: counts.tallied,
    EventsFiltered: sum(Object.values(counts.filtered)),
    EventsLate: counts.late + counts.afterIdle,
    EventsDead: counts.dead,
    DeadLetters: status.deadLetters,
    DocumentsFired: status.documentsFired,
    WindowsFired: status.windowsFired,
    SinkRetries: sum(sinks.map(({ retries }) => retries)),
    WorkerRestarts: sum(workers.map(({ restarts }) => restarts)),
    CheckpointFailures: checkpoint?.failures ?? 0,
  };
}

type Totals = ReturnType<typeof totalsOf>;

/** Where it stands at the moment. */
function gaugesOf(status: EngineStatus): Metric[] {
  const { nowMs, watermarkMs, watermarkHeldSinceMs, checkpoint } = status;
  const seconds = (ms: number) => Math.max(0, ms) / 1_000;
  const pending = status.sinks.reduce(
    (sum, { pendingDocuments }) => sum + pendingDocuments,
    0,
  );
  const found: (Metric | undefined)[] = [
    ["BehindLatest", "Seconds", seconds(status.behindLatestMs)],
    [
      "WatermarkHeld",
      "Seconds",
      watermarkHeldSinceMs === null ? 0 : seconds(nowMs - watermarkHeldSinceMs),
    ],
    watermarkMs === null
      ? undefined
      : ["WatermarkLag", "Seconds", seconds(nowMs - watermarkMs)],
    checkpoint === null
      ? undefined
      : ["CheckpointAge", "Seconds", seconds(checkpoint.ageMs)],
    ["DocumentsPending", "Count", pending],
    ["KeysOpen", "Count", status.keysOpen],
    ["Memory", "Bytes", status.rssBytes],
    ["FireDelayP99", "Seconds", seconds(status.fireDelayMs.p99)],
    ["Backpressure", "Percent", status.backpressure.share * 100],
  ];
  return found.filter(
    (one) => one !== undefined && Number.isFinite(one[2]),
  ) as Metric[];
}

/** Makes the lines of one run, one after the other. */
export class EmfLines {
  readonly #options: EmfLinesOptions;
  #before: Totals | undefined;
  #cpuSeconds = 0;
  #atMs = 0;
  readonly #shardRecords = new Map<string, number>();

  constructor(options: EmfLinesOptions) {
    this.#options = options;
  }

  /** The lines of now, each with its line feed. */
  next(status: EngineStatus): string[] {
    const totals = totalsOf(status);
    // A restored run's totals are those of its earlier lives too.
    const before = this.#before ?? { ...totals };
    const isFirst = this.#before === undefined;
    this.#before = totals;
    const counts = Object.entries(totals).map(
      ([name, value]): Metric => [
        name,
        "Count",
        Math.max(0, value - before[name as keyof Totals]),
      ],
    );
    const line = this.#line({
      atMs: status.nowMs,
      dimensions: { Name: this.#options.name },
      metrics: [
        ["Starts", "Count", isFirst ? 1 : 0],
        ...counts,
        ...gaugesOf(status),
        ["Cpu", "Percent", this.#cpuPercent(status)],
      ],
    });
    return this.#options.hasShards ? [line, ...this.#shards(status)] : [line];
  }

  /** Of one core, since the last line. */
  #cpuPercent({ cpuSeconds, nowMs, startedAtMs }: EngineStatus): number {
    const sinceMs = this.#atMs === 0 ? startedAtMs : this.#atMs;
    const seconds = Math.max(1, nowMs - sinceMs) / 1_000;
    const percent = ((cpuSeconds - this.#cpuSeconds) / seconds) * 100;
    this.#cpuSeconds = cpuSeconds;
    this.#atMs = nowMs;
    return Math.max(0, percent);
  }

  #shards({ nowMs, shards }: EngineStatus): string[] {
    const live = shards
      .filter(({ state }) => state !== "ended")
      .slice(-EMF_SHARDS_MAX);
    const lines = live.map(({ shardId, records, behindLatestMs }) => {
      const before = this.#shardRecords.get(shardId) ?? 0;
      return this.#line({
        atMs: nowMs,
        dimensions: { Name: this.#options.name, ShardId: shardId },
        metrics: [
          ["ShardRecords", "Count", Math.max(0, records - before)],
          ["ShardBehindLatest", "Seconds", behindLatestMs / 1_000],
        ],
      });
    });
    this.#shardRecords.clear();
    for (const { shardId, records } of live) {
      this.#shardRecords.set(shardId, records);
    }
    return lines;
  }

  #line(parts: {
    readonly atMs: number;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly metrics: readonly Metric[];
  }): string {
    const { atMs, dimensions, metrics } = parts;
    const { logGroup } = this.#options;
    return `${JSON.stringify({
      _aws: {
        Timestamp: Math.round(atMs),
        ...(logGroup === undefined ? {} : { LogGroupName: logGroup }),
        CloudWatchMetrics: [
          {
            Namespace: NAMESPACE,
            Dimensions: [Object.keys(dimensions)],
            Metrics: metrics.map(([Name, Unit]) => ({ Name, Unit })),
          },
        ],
      },
      ...dimensions,
      ...Object.fromEntries(metrics.map(([name, , value]) => [name, value])),
    })}\n`;
  }
}
