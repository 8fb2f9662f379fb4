/**
 * The shards that are told to wait.
 *
 * @module
 */

/** Which shards are paused, and a way to wait for a change. */
export class ShardPauses {
  #paused: ReadonlySet<string> = new Set();
  #waiting: (() => void)[] = [];

  /** Whether a shard must not be read now. */
  isPaused(shardId: string): boolean {
    return this.#paused.has(shardId);
  }

  /** Resolves when other shards are paused, or none. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Pauses these shards and no others. */
  set(shardIds: readonly string[]): void {
    this.#paused = new Set(shardIds);
    for (const wake of this.#waiting) wake();
    this.#waiting = [];
  }
}
