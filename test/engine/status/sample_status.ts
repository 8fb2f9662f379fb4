/** A status with something in every field, for tests of what shows it. */
import type { EngineStatus } from "../../../engine/status/status.ts";

const QUANTILES = { p50: 1, p99: 4, p999: 8, max: 16 } as const;

/** The status, with some fields changed. */
export function sampleStatus(
  changes: Partial<EngineStatus> = {},
): EngineStatus {
  return {
    version: "0.1.0",
    state: "running",
    error: null,
    startedAtMs: Date.UTC(2026, 0, 5, 12, 0, 0),
    nowMs: Date.UTC(2026, 0, 5, 12, 1, 5),
    job: { name: "nyc-taxi", hash: "00ff" },
    source: "kinesis:taxi",
    counts: {
      read: 1_000_000,
      tallied: 900_000,
      filtered: { pickup_outside_city: 60_000, undeclared_kind: 1 },
      watermarksTaken: 39_000,
      watermarksRefused: 2,
      dead: 950,
      late: 40,
      outOfRange: 7,
    },
    bytes: 460_000_000,
    eventsPerSecond: 23_104.4,
    watermarkMs: Date.UTC(2016, 0, 3, 11, 50),
    watermarkHeldBy: "shardId-000000000001",
    behindLatestMs: 420,
    windowsOpen: 3,
    keysOpen: 2_100,
    windowsFired: 412,
    documentsFired: 180_233,
    shards: [
      {
        shardId: "shardId-000000000000",
        worker: 0,
        state: "reading",
        sequenceNumber: "49",
        watermarkMs: Date.UTC(2016, 0, 3, 11, 50),
        behindLatestMs: 0,
        records: 600_000,
        bytes: 276_000_000,
        throttled: 1,
      },
      {
        shardId: "shardId-000000000001",
        worker: 1,
        state: "waiting",
        sequenceNumber: "",
        watermarkMs: null,
        behindLatestMs: 420,
        records: 400_000,
        bytes: 184_000_000,
        throttled: 0,
      },
    ],
    workers: [
      {
        worker: 0,
        state: "running",
        epoch: 1,
        restarts: 0,
        shards: 1,
        flushes: 640,
        records: 600_000,
        cpuSeconds: 12.5,
        cpuShare: 0.38,
      },
      {
        worker: 1,
        state: "running",
        epoch: 3,
        restarts: 2,
        shards: 1,
        flushes: 610,
        records: 400_000,
        cpuSeconds: 9,
        cpuShare: 0.05,
      },
    ],
    sinks: [
      {
        name: "duckdb:.flagdrop/demo.duckdb",
        documents: 180_000,
        bytes: 5_000_000,
        retries: 0,
        pendingDocuments: 233,
      },
    ],
    deadLetters: 950,
    latest: [
      {
        query: "pickup_count",
        timestampMs: Date.UTC(2016, 0, 3, 11, 50) - 1,
        documents: 400,
        top: [
          { key: { location: "dr5ru7" }, count: 118 },
          { key: { location: "dr5rsn" }, count: 59 },
        ],
        averageByZone: {},
      },
      {
        query: "trip_duration",
        timestampMs: Date.UTC(2016, 0, 3, 11, 50) - 1,
        documents: 12,
        top: [{ key: { location: "dr5ru7", airport_code: "JFK" }, count: 9 }],
        averageByZone: { LGA: 23.94, JFK: 41.21 },
      },
    ],
    rssBytes: 222_298_112,
    cpuSeconds: 30,
    eventLoopDelayMs: QUANTILES,
    fireDelayMs: QUANTILES,
    ...changes,
  };
}
