/**
 * What the engine expects of a kind of input.
 *
 * @module
 */
import type { InputPosition } from "../checkpoint/checkpoint.ts";
import type { WorkerMessage } from "../messages.ts";
import type { GapStatus, ShardStatus } from "../status/status.ts";
import type { KeepingStatus } from "./shard_keeper.ts";
import type { WatermarkHolder } from "./watermark_watch.ts";
import type { WorkerFigures } from "./worker_figures.ts";

/** The coordinator's side of an input: shards of a stream, or files. */
export interface Input {
  /**
   * Reads until the input ends or `stop` is called; then everything that was
   * read is merged.
   *
   * @returns Whether the input has ended, so that open windows may fire.
   */
  run(): Promise<"ended" | "stopped">;
  /** Stops reading; what is under way is finished and merged. */
  stop(): void;
  /** A message of a worker, of those that concern reading. */
  handle(worker: number, message: WorkerMessage): void;
  /** A worker has come, or come back, and may be given work. */
  onWorkerReady(worker: number): void;
  /**
   * A worker is gone: what it had not flushed is read again, by others, from
   * what is applied.
   */
  onWorkerLost(worker: number, inHand: number): void;
  /** What workers had in hand when they were lost, most often; for an error. */
  suspect(): string;
  /** The merger has room again. */
  onRoom(): void;
  /** Where the input goes on after what is merged; for a checkpoint. */
  position(): InputPosition;
  /** The input's shards as the status shows them. */
  shards(): ShardStatus[];
  /** What a worker has done. */
  figures(worker: number): WorkerFigures;
  /** Ids that `dedupe` remembers. */
  readonly dedupeIds: number;
  /** The shard that holds the watermark back, and since when; or null. */
  heldBy(): WatermarkHolder | null;
  /** The shards that hold it back, for an error; empty if it has none. */
  holding(): string;
  /**
   * Hands a shard to another worker; it is on its way when this returns.
   *
   * @throws {FlagdropError} When that can't be done.
   */
  moveShard(shardId: string, worker: number): void;
  /** What the run went on without, as the source had dropped it. */
  gaps(): readonly GapStatus[];
  /** What it does to keep shards going, for the status. */
  keeping(): KeepingStatus;
}
