/**
 * The shape of `GET /api/status`: everything that the live view, the metrics
 * and the dashboard show. The coordinator makes one on demand.
 *
 * @module
 */

/** What became of the records read; the parts always add up to `read`. */
export interface CountsStatus {
  /** User records read, after de-aggregation. */
  readonly read: number;
  /** Tallied by at least one query. */
  readonly tallied: number;
  /** Left out by the job, by reason (`undeclared_kind` among them). */
  readonly filtered: Readonly<Record<string, number>>;
  readonly watermarksTaken: number;
  readonly watermarksRefused: number;
  /** Could not be decoded; each is a dead letter. */
  readonly dead: number;
  /** Late in every query that wanted them. */
  readonly late: number;
  /**
   * Came in time by their own shard's watermark, but only after their window
   * had fired without the shard, which was idle; left out.
   */
  readonly afterIdle: number;
  /** In an aggregated record, with a hash key outside the shard's range. */
  readonly outOfRange: number;
}

/** How a shard is looked after. */
export interface ShardKeepingStatus {
  /** Share of a thread's time that it takes, 0 to 1, smoothed. */
  readonly load: number;
  /** Times that it changed its worker. */
  readonly moves: number;
  /** Epoch ms of the last time, or null. */
  readonly lastMovedAtMs: number | null;
  /** Times that its loop was opened anew as nothing was heard of it. */
  readonly reopened: number;
  /** Not read now, as it is too far ahead of others in event time. */
  readonly paused: boolean;
}

/** One shard (or the file input). */
export interface ShardStatus extends ShardKeepingStatus {
  readonly shardId: string;
  /** Index of the worker that reads it; -1 for none. */
  readonly worker: number;
  readonly state: "waiting" | "reading" | "moving" | "ended";
  /** Quiet for the idle time-out: it does not hold the watermark back. */
  readonly idle: boolean;
  /** Last position applied; empty before the first. */
  readonly sequenceNumber: string;
  /** Epoch ms, or null while it has none. */
  readonly watermarkMs: number | null;
  /**
   * Time by which it is behind the newest record: what the service said last
   * and, when the shard has not been read for a while, the time since then.
   */
  readonly behindLatestMs: number;
  readonly records: number;
  readonly bytes: number;
  /** Reads that the service throttled. */
  readonly throttled: number;
  /** How it is read at the moment: asked for, or pushed to a consumer. */
  readonly reading: "polling" | "fan_out";
  /** Times that subscriptions brought nothing, and it was polled instead. */
  readonly fallbacks: number;
}

/** A shard's way from one worker to another, to even out loads or on request. */
export interface MoveStatus {
  readonly shardId: string;
  readonly from: number;
  readonly to: number;
  readonly reason: "load" | "request";
  /** Epoch ms at which it began. */
  readonly atMs: number;
}

/** Moves of shards so far. */
export interface MovesStatus {
  readonly count: number;
  readonly last: MoveStatus | null;
}

/** One worker thread. */
export interface WorkerStatus {
  readonly worker: number;
  /**
   * `running`, `stopping` with a last flush, `restarting` after it was lost,
   * or `off` as fewer workers are wanted.
   */
  readonly state: "running" | "stopping" | "restarting" | "off";
  /** Which incarnation it is: 1 at first, one more with each start. */
  readonly epoch: number;
  /** How often it was lost and replaced. */
  readonly restarts: number;
  readonly shards: number;
  readonly flushes: number;
  readonly records: number;
  /** Flushes that wait to be merged. */
  readonly flushesWaiting: number;
  /** Heap that the thread used at its last flush, without its buffers. */
  readonly heapBytes: number;
  /**
   * Seconds that the thread was busy with records: its CPU time as long as it
   * has a core to itself (Node 20 can't tell a thread's CPU time).
   */
  readonly cpuSeconds: number;
  /** The same as a share of the last few seconds, 0 to 1. */
  readonly cpuShare: number;
}

/** One sink. */
export interface SinkStatus {
  readonly name: string;
  readonly documents: number;
  readonly bytes: number;
  readonly retries: number;
  /**
   * Documents that it never takes, those from before a restored run's
   * checkpoint among them; each is a dead letter. @default {0}
   */
  readonly refused?: number;
  /** What keeps it from writing at present, one line; null when nothing. */
  readonly trouble?: string | null;
  /** Fired documents that it has not acknowledged yet. */
  readonly pendingDocuments: number;
}

/** A cell or route of the newest fired window. */
export interface TopStatus {
  /** The document's key parts by output name, e.g. `{"location":"dr5ru7"}`. */
  readonly key: Readonly<Record<string, string>>;
  readonly count: number;
}

/** The newest fired window of one query, summed up. */
export interface LatestStatus {
  readonly query: string;
  readonly timestampMs: number;
  readonly documents: number;
  /** Keys with the most events, at most ten. */
  readonly top: readonly TopStatus[];
  /**
   * For queries with a zone in their key and an average: the average over all
   * keys of each zone, e.g. `{"JFK":41.2}`.
   */
  readonly averageByZone: Readonly<Record<string, number>>;
}

/** What `dedupe` remembers. Duplicates are `counts.filtered.duplicate`. */
export interface DedupeStatus {
  /** Ids remembered, of all shards. */
  readonly ids: number;
  /** Ids forgotten for want of room before their time was over. */
  readonly idsForgotten: number;
  /** Events without an id, which were let pass. */
  readonly withoutId: number;
}

/** What was written of windows before they fired. */
export interface EarlyStatus {
  readonly intervalMs: number;
  /** Times that open windows were looked through. */
  readonly emissions: number;
  /** Documents written early, each time it was written. */
  readonly documents: number;
  /** Times left out, as documents waited or there were too many keys. */
  readonly skipped: number;
}

/** A window that late events have changed. */
export interface CorrectionStatus {
  readonly query: string;
  readonly timestampMs: number;
  readonly times: number;
  /** Documents written again, or made; each time. */
  readonly documents: number;
  /** Epoch ms of the last time. */
  readonly lastAtMs: number;
}

/** What merging has to wait for; workers then fill their tables and wait too. */
export interface BackpressureStatus {
  /** A sink's name, `dead letters`, `checkpoint`, or null for nothing. */
  readonly from: string | null;
  /** Share of the last ten seconds, 0 to 1. */
  readonly share: number;
}

/** Delays of a length: more than the bucket before, up to this. */
export interface DelayBucket {
  /** Null for the last: whatever is longer. */
  readonly upToMs: number | null;
  readonly count: number;
}

/** Quantiles in milliseconds. */
export interface QuantilesStatus {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Checkpoints of a run. */
export interface CheckpointStatus {
  /** The store, as the user named it. */
  readonly store: string;
  /** Of the newest good one; 0 before the first. */
  readonly number: number;
  /** Epoch ms; null before the first. */
  readonly takenAtMs: number | null;
  /** Since the last good one, or since the start while there is none. */
  readonly ageMs: number;
  /** How long the last good one took, from the cut to being current. */
  readonly durationMs: number;
  /** What of that the coordinator's thread could do nothing else in. */
  readonly mainThreadMs: number;
  readonly bytes: number;
  /** Attempts that failed. */
  readonly failures: number;
  /** What the run went on from; null when it began anew. */
  readonly restoredFrom: {
    readonly number: number;
    readonly takenAtMs: number;
  } | null;
}

/** Records of a shard that the stream may have dropped before they were read. */
export interface GapStatus {
  readonly shardId: string;
  /** They arrived from then, epoch ms, */
  readonly fromMs: number;
  /** to then. */
  readonly toMs: number;
}

/** The whole engine at one moment. */
export interface EngineStatus {
  readonly version: string;
  readonly state: "starting" | "running" | "stopping" | "finished" | "failed";
  /** Why it failed, one line; null while it did not. */
  readonly error: string | null;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly job: { readonly name: string; readonly hash: string };
  /** As the user named it, e.g. `"kinesis:taxi"` or `"file:trips.jsonl"`. */
  readonly source: string;
  readonly counts: CountsStatus;
  readonly bytes: number;
  /** User records read each second, over the last few seconds. */
  readonly eventsPerSecond: number;
  /** Global watermark, epoch ms, or null while there is none. */
  readonly watermarkMs: number | null;
  /** `punctuated`, `bounded` or `ingestion`. */
  readonly watermarkStrategy: string;
  /** The shard that holds the watermark back, or null. */
  readonly watermarkHeldBy: string | null;
  /**
   * Since when, epoch ms: from then on that shard has been the slowest and the
   * global watermark has not moved. Null with `watermarkHeldBy`.
   */
  readonly watermarkHeldSinceMs: number | null;
  /** Events whose time was too far ahead to move a `bounded` watermark. */
  readonly eventTimesRefused: number;
  /** Greatest `behindLatestMs` of the live shards. */
  readonly behindLatestMs: number;
  readonly windowsOpen: number;
  /** Keys of open and kept windows. */
  readonly keysOpen: number;
  /** Fired windows, or such that had no event, kept for late events. */
  readonly windowsKept: number;
  readonly windowsFired: number;
  /** Documents, each counted once however often it was corrected. */
  readonly documentsFired: number;
  /** Times that late events have changed a fired window. */
  readonly windowsCorrected: number;
  /**
   * Partial tallies, one a key and window, of shards that woke after the window
   * had fired without them. Their events count as `afterIdle` unless another,
   * longer window took them.
   */
  readonly talliesLeftOut: number;
  /** Documents written again since late events changed them. */
  readonly documentsCorrected: number;
  /** The windows that were changed last, the newest change first. */
  readonly corrections: readonly CorrectionStatus[];
  readonly backpressure: BackpressureStatus;
  /** What `--emit-early` does; null when it is off. */
  readonly early: EarlyStatus | null;
  /** What `dedupe` does; null when it is off. */
  readonly dedupe: DedupeStatus | null;
  readonly shards: readonly ShardStatus[];
  readonly workers: readonly WorkerStatus[];
  /** Workers that there shall be. */
  readonly workersWanted: number;
  /** Moves of shards between workers; losses of workers don't count. */
  readonly moves: MovesStatus;
  /** Times that a shard's loop was opened anew after silence. */
  readonly shardsReopened: number;
  readonly sinks: readonly SinkStatus[];
  /**
   * Letters in the file: records and refused documents, those from before a
   * restored run's checkpoint among them.
   */
  readonly deadLetters: number;
  /** What this run went on without; see `--on-trimmed`. */
  readonly gaps: readonly GapStatus[];
  /** Null for a run that keeps none. */
  readonly checkpoint: CheckpointStatus | null;
  readonly latest: readonly LatestStatus[];
  readonly rssBytes: number;
  /** CPU seconds of the whole process, user + system. */
  readonly cpuSeconds: number;
  readonly eventLoopDelayMs: QuantilesStatus;
  /** From a window's last closing flush to its documents being acknowledged. */
  readonly fireDelayMs: QuantilesStatus;
  /** The same, counted by length; all buckets, in order. */
  readonly fireDelays: readonly DelayBucket[];
}

/** Sum of the parts that must equal `counts.read`. */
export function accountedFor(counts: CountsStatus): number {
  let filtered = 0;
  for (const count of Object.values(counts.filtered)) filtered += count;
  return (
    counts.tallied +
    filtered +
    counts.watermarksTaken +
    counts.watermarksRefused +
    counts.dead +
    counts.late +
    counts.afterIdle +
    counts.outOfRange
  );
}
