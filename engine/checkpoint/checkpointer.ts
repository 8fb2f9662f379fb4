/**
 * Takes checkpoints at intervals, one at a time. A failing store never stops
 * tallying, until the last good checkpoint is too old.
 *
 * @module
 */
import type { Logger } from "pino";
import type { CallOff, Clock } from "../clock.ts";
import { errorLine, FlagdropError } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointStore } from "./checkpoint_store.ts";
import { CHECKPOINT_AGE_MS_MAX } from "./limits.ts";

/** Everything of a checkpoint but its number. */
export type CheckpointContent = Omit<Checkpoint, "number">;

/** Options for {@linkcode Checkpointer}. */
export interface CheckpointerOptions {
  readonly store: CheckpointStore;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** A consistent cut, of what is durable. */
  readonly take: (finished: boolean) => Promise<CheckpointContent>;
  /** Ends the run. */
  readonly fail: (error: unknown) => void;
  /** @default {600000} */
  readonly ageMsMax?: number;
}

/** Takes checkpoints until it is closed. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #ageMsMax: number;
  #goodAtMs: number;
  #endTicks: CallOff = () => {};
  #pending: Promise<void> | undefined;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#ageMsMax = options.ageMsMax ?? CHECKPOINT_AGE_MS_MAX;
    this.#goodAtMs = options.clock.monotonicMs();
  }

  /** Begins. */
  start(): void {
    const { clock, intervalMs } = this.#options;
    this.#endTicks = clock.every(intervalMs, () => this.#tick());
  }

  #tick(): void {
    if (this.#pending !== undefined) return;
    this.#pending = this.#save(false)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#pending = undefined;
      });
  }

  #failed(error: unknown): void {
    const { clock, log, fail } = this.#options;
    const ageMs = clock.monotonicMs() - this.#goodAtMs;
    log.error({ ageMs: Math.round(ageMs) }, errorLine(error));
    if (ageMs <= this.#ageMsMax) return;
    fail(
      new FlagdropError(
        "FD_STORE",
        `Cannot go on as the last good checkpoint is ${Math.round(ageMs / 1_000)} s old: ${errorLine(error)}`,
        { cause: error },
      ),
    );
  }

  async #save(finished: boolean): Promise<void> {
    const { store, take, clock, log } = this.#options;
    const startMs = clock.monotonicMs();
    const number = store.lastNumber + 1;
    const content = await take(finished);
    const { bytes } = await store.save({ number, ...content });
    this.#goodAtMs = clock.monotonicMs();
    const durationMs = Math.round(this.#goodAtMs - startMs);
    log.debug({ number, bytes, durationMs }, "checkpoint");
  }

  /**
   * Takes the last one of the run.
   *
   * @param finished Whether there is nothing left to do.
   * @throws {FlagdropError} `FD_STORE` when it can't be written.
   */
  async saveLast(finished: boolean): Promise<void> {
    await this.close();
    await this.#save(finished);
  }

  /** Stops; one under way is waited for. */
  async close(): Promise<void> {
    this.#endTicks();
    await this.#pending;
  }
}
