/**
 * The blocks of a file input that are with workers, or tallied and not yet
 * applied. Their bytes are shared with the workers and not given away: when a
 * worker is lost, its blocks are dealt again.
 *
 * @module
 */
import { BLOCKS_PER_WORKER } from "../limits.ts";
import type { BlockFlushMessage } from "../messages.ts";
import type { Block } from "./block_reader.ts";

/** A block on its way. */
export interface DealtBlock extends Block {
  readonly blockNumber: number;
  /** Worker that has it or has tallied it, -1 while it waits for one. */
  worker: number;
  flush: BlockFlushMessage | undefined;
  /** Workers lost while they had it. */
  losses: number;
}

/** All blocks between reading and applying, in file order. */
export class DealtBlocks {
  readonly #blocks = new Map<number, DealtBlock>();
  #next = 0;

  /** Blocks on their way. */
  get size(): number {
    return this.#blocks.size;
  }

  /** Whether a worker has a block, or one is tallied and not applied. */
  get isUnderWay(): boolean {
    for (const { worker } of this.#blocks.values())
      if (worker >= 0) return true;
    return false;
  }

  /** The block that is to be applied next. */
  get first(): DealtBlock | undefined {
    for (const block of this.#blocks.values()) return block;
    return undefined;
  }

  /** A block by its number. */
  get(blockNumber: number): DealtBlock | undefined {
    return this.#blocks.get(blockNumber);
  }

  /** Enters a block behind the others. */
  add(block: Block): DealtBlock {
    const dealt: DealtBlock = {
      ...block,
      blockNumber: this.#next++,
      worker: -1,
      flush: undefined,
      losses: 0,
    };
    this.#blocks.set(dealt.blockNumber, dealt);
    return dealt;
  }

  /** Takes out a block that is applied. */
  delete({ blockNumber }: DealtBlock): void {
    this.#blocks.delete(blockNumber);
  }

  /** The first block without a worker. */
  waiting(): DealtBlock | undefined {
    for (const block of this.#blocks.values()) {
      if (block.worker < 0) return block;
    }
    return undefined;
  }

  /** Takes from a worker what it has not tallied. */
  takeFrom(worker: number): DealtBlock[] {
    const taken = [...this.#blocks.values()].filter(
      (block) => block.worker === worker && block.flush === undefined,
    );
    for (const block of taken) block.worker = -1;
    return taken;
  }

  /**
   * The worker to give a block to: the one with the fewest.
   *
   * @returns -1 when all have enough.
   */
  freeWorker(ready: readonly number[]): number {
    const counts = new Map(ready.map((worker) => [worker, 0]));
    for (const { worker } of this.#blocks.values()) {
      const count = counts.get(worker);
      if (count !== undefined) counts.set(worker, count + 1);
    }
    let free = -1;
    let least = BLOCKS_PER_WORKER;
    for (const [worker, count] of counts) {
      if (count >= least) continue;
      least = count;
      free = worker;
    }
    return free;
  }

  /** The block during which workers were lost most often. */
  suspect(): DealtBlock | undefined {
    let most: DealtBlock | undefined;
    for (const block of this.#blocks.values()) {
      if (block.losses > (most?.losses ?? 0)) most = block;
    }
    return most;
  }
}
