/**
 * Keeps memory flat while shards are far apart in event time: while more keys
 * are open than may be, only those shards are read that hold the global
 * watermark back, and those that must end before an ended one lets go of it.
 *
 * @module
 */
import { FlagdropError } from "../errors.ts";
import type { ShardEntry } from "./shard_table.ts";

/** Options for {@linkcode SkewLimit}. */
export interface SkewLimitOptions {
  /** Open keys from which on the shards ahead must wait. */
  readonly openKeysMax: number;
  /** Length of the longest window. */
  readonly windowMs: number;
}

/** Of `openKeysMax`: the shards ahead are read again below it. */
const RELEASE_SHARE = 0.8;

/** Decides which shards must wait. */
export class SkewLimit {
  readonly #options: SkewLimitOptions;
  #active = false;

  constructor(options: SkewLimitOptions) {
    this.#options = options;
  }

  /** Whether shards may have to wait. */
  get active(): boolean {
    return this.#active;
  }

  /**
   * The shards that must not be read now.
   *
   * @param keysOpen Keys of all open windows.
   * @param live Shards that count for the watermark.
   * @param awaitedBy Shards that must end before the children of given ones can
   * be read: where an ended shard holds the watermark back, they do.
   */
  paused(
    keysOpen: number,
    live: readonly ShardEntry[],
    awaitedBy: (ended: readonly ShardEntry[]) => ReadonlySet<ShardEntry>,
  ): string[] {
    const { openKeysMax } = this.#options;
    if (keysOpen > openKeysMax) this.#active = true;
    else if (keysOpen < RELEASE_SHARE * openKeysMax) this.#active = false;
    if (!this.#active) return [];
    const holding = this.holding(live);
    const needed = new Set([...holding, ...awaitedBy(holding)]);
    return live
      .filter((entry) => !entry.idle && !needed.has(entry))
      .map(({ shardId }) => shardId);
  }

  /**
   * The shards that hold the watermark back: those within one window of the
   * last, so that some that go along with each other are read together. Idle
   * ones hold nothing.
   */
  holding(live: readonly ShardEntry[]): ShardEntry[] {
    const awake = live.filter(({ idle }) => !idle);
    const least = Math.min(...awake.map(({ watermarkMs }) => watermarkMs));
    const untilMs = least + this.#options.windowMs;
    return awake.filter(({ watermarkMs }) => watermarkMs <= untilMs);
  }
}

/**
 * The error of a run with more open keys than it can keep.
 *
 * @param limit How many that are.
 * @param windowCount Open windows.
 * @param holding The shards that hold the watermark back; empty for none.
 */
export function tooManyKeys(
  limit: number,
  windowCount: number,
  holding: string,
): FlagdropError {
  const why =
    holding === ""
      ? "the watermark stands still"
      : `the watermark is held back by ${holding}`;
  return new FlagdropError(
    "FD_LIMIT",
    `Cannot keep more than ${limit} open keys in ${windowCount} open windows as ${why}: look at what is put there`,
  );
}
