/**
 * What a run is given, and what it gives back.
 *
 * @module
 */
import type { Logger } from "pino";
import type { Checkpoint } from "./checkpoint/checkpoint.ts";
import type { CheckpointStore } from "./checkpoint/checkpoint_store.ts";
import type { EngineHost } from "./coordinator/engine_host.ts";
import type { JobSpec } from "./job/spec.ts";
import type { LatePolicy } from "./messages.ts";
import type { DeadLetterSink, FiredWindow, Sink } from "./sink/sink.ts";
import type { Source } from "./source.ts";
import type { EngineStatus } from "./status/status.ts";

/** Options for {@linkcode startEngine}. */
export interface EngineOptions {
  readonly spec: JobSpec;
  readonly source: Source;
  /** Number of worker threads at first. */
  readonly workers: number;
  /** Most worker threads, whatever `setWorkers` says. @default {64} */
  readonly workersMax?: number | undefined;
  /**
   * Losses of workers that are made good within ten minutes; one more ends the
   * run.
   *
   * @default {5}
   */
  readonly workerRestartsMax?: number | undefined;
  /** Documents that may wait for one sink. @default {500000} */
  readonly documentsPendingMax?: number | undefined;
  /** Opened and closed by the engine. */
  readonly sinks: readonly Sink[];
  /** Called once nothing speaks against the run; closed by the engine. */
  readonly openDeadLetters: () => Promise<DeadLetterSink>;
  readonly log: Logger;
  /** Where to keep checkpoints; without it a run that is killed begins anew. */
  readonly checkpoints?: RunCheckpoints | undefined;
  /** What surrounds the run. @default {machineHost} */
  readonly host?: EngineHost;
  /** See `WorkerStart`; 0 for never. @default {5 minutes} */
  readonly idleTimeoutMs?: number;
  /** What becomes of late records. @default {"drop"} */
  readonly late?: LatePolicy;
  /**
   * Open keys from which on only the shards behind are read; twice as many end
   * the run.
   *
   * @default {2,000,000}
   */
  readonly openKeysMax?: number | undefined;
  /** @default {36,500 days} */
  readonly watermarkAheadMaxMs?: number;
  /**
   * How often open windows are written before they fire.
   *
   * @default {undefined} never
   */
  readonly emitEarlyMs?: number | undefined;
}

/** Checkpoints of a run. */
export interface RunCheckpoints {
  /** Owned by this process; closed by the engine. */
  readonly store: CheckpointStore;
  readonly intervalMs: number;
  /** Age of the last good one at which the run ends. @default {10 minutes} */
  readonly ageMsMax?: number | undefined;
  /**
   * When the checkpoint is of another job: `adapt` keeps the windows of
   * unchanged queries and starts new ones at a whole window.
   *
   * @default {"refuse"}
   */
  readonly onJobChange?: "refuse" | "adapt" | undefined;
  /** What the run goes on from: the store's newest, or another one. */
  readonly restored: Checkpoint | undefined;
}

/** What has become of the number of workers. */
export interface SetWorkersResult {
  readonly before: number;
  readonly count: number;
}

/** A checkpoint that is kept. */
export interface Savepoint {
  readonly store: string;
  /** As `--from checkpoint:NAME` takes it. */
  readonly name: string;
  readonly bytes: number;
  readonly takenAtMs: number;
}

/** Which open windows are asked for. */
export interface OpenWindowsChoice {
  /** Windows of this query, by its name. */
  readonly query: string;
  /** The earliest, at most so many. */
  readonly windowsMax: number;
  /** None at all while there are more open keys: that would take too long. */
  readonly keysMax: number;
}

/** A run under way. */
export interface Engine {
  /** Everything at this moment. */
  status(): EngineStatus;
  /** Windows that have not fired, as they would now, the earliest first. */
  openWindows(choice: OpenWindowsChoice): readonly FiredWindow[];
  /** Stops reading, finishes what is under way; resolves with `finished`. */
  stop(): Promise<void>;
  /**
   * Changes the number of workers. New ones get shards from the others, those
   * too many hand theirs over after a last flush; the status shows how far
   * that is.
   *
   * @throws {FlagdropError} `FD_OPTION` for a number that is not allowed.
   */
  setWorkers(count: number): Promise<SetWorkersResult>;
  /**
   * Hands a shard to another worker.
   *
   * @throws {FlagdropError} `FD_OPTION` when there is no such shard or worker,
   * or the shard is on its way already.
   */
  moveShard(shardId: string, worker: number): Promise<void>;
  /**
   * Takes a checkpoint that is kept until it is deleted by hand.
   *
   * @throws {FlagdropError} `FD_STORE` when the run keeps no checkpoints, is
   * over, or the store can't be written to.
   */
  savepoint(): Promise<Savepoint>;
  /**
   * Resolves with the last status once the input has ended or the run was
   * stopped; rejects with a `FlagdropError` when it can't go on.
   */
  readonly finished: Promise<EngineStatus>;
}
