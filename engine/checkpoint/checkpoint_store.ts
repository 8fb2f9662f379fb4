/**
 * What a run expects of the place where its checkpoints are kept.
 *
 * @module
 */
import type { WriteGuard } from "../sink/sink.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** A checkpoint that was written. */
export interface SavedCheckpoint {
  readonly bytes: number;
  /** What encoding it took of the thread, ms. */
  readonly encodeMs: number;
}

/**
 * The store of one run, which owns it: nobody else writes there meanwhile, and
 * when that is no longer sure, nothing is written here.
 */
export interface CheckpointStore {
  /** As the user named it. */
  readonly name: string;
  /** Number of the newest checkpoint ever written there, else 0. */
  readonly lastNumber: number;
  /**
   * The newest sound checkpoint, or undefined when there is none at all.
   *
   * @param onDamaged Told of each damaged one that is skipped.
   * @throws {FlagdropError} `FD_STORE` when all are damaged or it can't be read.
   */
  load(onDamaged: (error: unknown) => void): Promise<Checkpoint | undefined>;
  /**
   * Writes a checkpoint and makes it the current one.
   *
   * @throws {FlagdropError} `FD_STORE` when it can't be written, `FD_LEASE`
   * when the store is another's by now.
   */
  save(checkpoint: Checkpoint): Promise<SavedCheckpoint>;
  /**
   * Writes a checkpoint under a name of its own; it is kept until it is
   * deleted by hand.
   *
   * @throws {FlagdropError} As `save`, and when the name is taken.
   */
  saveNamed(name: string, checkpoint: Checkpoint): Promise<SavedCheckpoint>;
  /**
   * To be awaited before anything is written outside, to a sink too. Resolves
   * at once while the store is ours for sure; waits while the store can't be
   * reached to make sure of it.
   *
   * @throws {FlagdropError} `FD_LEASE` when it is another's by now or may be.
   */
  readonly guard: WriteGuard;
  /** Is told once, when the store is no longer ours. */
  onLost(listener: (error: unknown) => void): void;
  /** From now on `guard` and `save` refuse; those that wait are let go. */
  seal(): void;
  /** Gives the store up, so that the next run need not wait. Idempotent. */
  close(): Promise<void>;
}
