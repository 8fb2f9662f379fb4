/**
 * Takes checkpoints at intervals, one at a time. A failing store never stops
 * tallying, until the last good checkpoint is too old.
 *
 * @module
 */
import type { Logger } from "pino";
import type { CallOff, Clock } from "../clock.ts";
import type { Savepoint } from "../engine_options.ts";
import { errorLine, FlagdropError } from "../errors.ts";
import type { CheckpointStatus } from "../status/status.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointStore, SavedCheckpoint } from "./checkpoint_store.ts";
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
  readonly take: (finished: boolean) => Promise<{
    readonly taken: CheckpointContent;
    readonly mainThreadMs: number;
  }>;
  /** Ends the run. */
  readonly fail: (error: unknown) => void;
  /** What the run went on from. */
  readonly restored?: Checkpoint | undefined;
  /** @default {600000} */
  readonly ageMsMax?: number | undefined;
}

/** Figures of the last good checkpoint. */
interface Good {
  readonly number: number;
  readonly takenAtMs: number | null;
  readonly durationMs: number;
  readonly mainThreadMs: number;
  readonly bytes: number;
}

/** Takes checkpoints until it is closed. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #ageMsMax: number;
  #good: Good = {
    number: 0,
    takenAtMs: null,
    durationMs: 0,
    mainThreadMs: 0,
    bytes: 0,
  };
  /** On the monotonic clock; the start while there is none. */
  #goodAtMs: number;
  #failures = 0;
  #lastError: unknown;
  #endTicks: CallOff = () => {};
  #isClosed = false;
  #pending: Promise<void> | undefined;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#ageMsMax = options.ageMsMax ?? CHECKPOINT_AGE_MS_MAX;
    this.#goodAtMs = options.clock.monotonicMs();
  }

  /**
   * Begins, with one at once for a run that begins anew: from where it reads
   * must not depend on whether it lives until the first interval is over.
   */
  start(): void {
    const { clock, intervalMs, restored } = this.#options;
    if (restored === undefined) this.#tick();
    this.#endTicks = clock.every(intervalMs, () => this.#tick());
  }

  /** What there is to know. */
  status(): CheckpointStatus {
    const { store, restored } = this.#options;
    return {
      store: store.name,
      ...this.#good,
      ageMs: this.#ageMs,
      failures: this.#failures,
      restoredFrom: restored
        ? { number: restored.number, takenAtMs: restored.takenAtMs }
        : null,
    };
  }

  get #ageMs(): number {
    return Math.round(this.#options.clock.monotonicMs() - this.#goodAtMs);
  }

  #tick(): void {
    // One that hangs must not hide how old the last good one is.
    this.#checkAge();
    if (this.#pending !== undefined) return;
    this.#once(() => this.#save(false)).catch((error: unknown) => {
      this.#options.log.error({ ageMs: this.#ageMs }, errorLine(error));
    });
  }

  /** Runs while nothing else is pending; failures are counted. */
  async #once<T>(work: () => Promise<T>): Promise<T> {
    const working = work();
    this.#pending = working.then(
      () => {},
      (error: unknown) => {
        this.#failures++;
        this.#lastError = error;
      },
    );
    try {
      return await working;
    } finally {
      this.#pending = undefined;
    }
  }

  #checkAge(): void {
    const ageMs = this.#ageMs;
    if (ageMs <= this.#ageMsMax || this.#isClosed) return;
    const reason =
      this.#lastError === undefined
        ? `"${this.#options.store.name}" does not answer`
        : errorLine(this.#lastError);
    this.#options.fail(
      new FlagdropError(
        "FD_STORE",
        `Cannot go on as the last good checkpoint is ${Math.round(ageMs / 1_000)} s old: ${reason}`,
        { cause: this.#lastError },
      ),
    );
  }

  async #save(finished: boolean): Promise<void> {
    const { store, clock, log } = this.#options;
    const startMs = clock.monotonicMs();
    const number = store.lastNumber + 1;
    const { taken, saved, mainThreadMs } = await this.#write(
      finished,
      (content) => store.save({ number, ...content }),
    );
    this.#goodAtMs = clock.monotonicMs();
    this.#good = {
      number,
      takenAtMs: taken.takenAtMs,
      durationMs: this.#goodAtMs - startMs,
      mainThreadMs,
      bytes: saved.bytes,
    };
    log.debug(
      {
        number,
        bytes: saved.bytes,
        durationMs: Math.round(this.#good.durationMs),
        mainThreadMs: Math.round(mainThreadMs),
      },
      "checkpoint",
    );
  }

  async #write(
    finished: boolean,
    save: (content: CheckpointContent) => Promise<SavedCheckpoint>,
  ) {
    const { taken, mainThreadMs } = await this.#options.take(finished);
    const saved = await save(taken);
    return { taken, saved, mainThreadMs: mainThreadMs + saved.encodeMs };
  }

  /**
   * Takes one that is kept; waits for one under way.
   *
   * @throws {FlagdropError} `FD_STORE` when it can't be written.
   */
  async savepoint(): Promise<Savepoint> {
    const { store, clock, log } = this.#options;
    while (this.#pending !== undefined) await this.#pending;
    const time = new Date(clock.nowMs()).toISOString();
    const name = time.replaceAll(/[:.]/g, "-");
    const number = store.lastNumber + 1;
    const { taken, saved } = await this.#once(() =>
      this.#write(false, (content) =>
        store.saveNamed(name, { number, ...content }),
      ),
    );
    log.info({ name, bytes: saved.bytes }, "savepoint");
    const { takenAtMs } = taken;
    return { store: store.name, name, bytes: saved.bytes, takenAtMs };
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

  /**
   * Saves what a sink that can't go on has not taken, with everything read so
   * far, until its trouble is mended. Without success the one before stands.
   *
   * @param error What ends the run.
   */
  async saveAfter(error: unknown): Promise<void> {
    if (error instanceof FlagdropError && error.code === "FD_LEASE") return;
    try {
      await this.saveLast(false);
    } catch (cause) {
      this.#options.log.error(`no last checkpoint: ${errorLine(cause)}`);
    }
  }

  /** Stops; what is under way is waited for. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endTicks();
    while (this.#pending !== undefined) await this.#pending;
  }
}
