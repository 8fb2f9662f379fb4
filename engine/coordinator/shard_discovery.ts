/**
 * Looks for shards of the stream that nobody has told of.
 *
 * @module
 */
import type { Logger } from "pino";
import type { KinesisShard } from "../kinesis/shard.ts";

/** Options for {@linkcode ShardDiscovery}. */
export interface ShardDiscoveryOptions {
  readonly listShards: () => Promise<readonly KinesisShard[]>;
  readonly onShards: (shards: readonly KinesisShard[]) => void;
  readonly log: Logger;
}

/** One look at a time. */
export class ShardDiscovery {
  readonly #options: ShardDiscoveryOptions;
  #looking = false;

  constructor(options: ShardDiscoveryOptions) {
    this.#options = options;
  }

  /** Looks, unless that is under way. A failure is for the next time. */
  look(): void {
    if (this.#looking) return;
    this.#looking = true;
    const { listShards, onShards, log } = this.#options;
    listShards()
      .then(onShards)
      .catch((error: unknown) => {
        log.warn(
          { err: error },
          "cannot list the stream's shards: trying again",
        );
      })
      .finally(() => {
        this.#looking = false;
      });
  }
}
