/** Where checkpoints are kept: outlives processes, and may be damaged. */
import {
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../engine/checkpoint/checkpoint_codec.ts";
import type { CheckpointStore } from "../../engine/checkpoint/directory_store.ts";
import { FlagdropError } from "../../engine/errors.ts";
import type { Life } from "./scheduler.ts";
import type { World } from "./world.ts";

const KEPT = 3;

export class SimDisk {
  readonly files = new Map<number, Buffer>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Tears or spoils the newest checkpoint, if there is one before it. */
  damage(): void {
    if (this.files.size < 2) return;
    const newest = Math.max(...this.files.keys());
    const bytes = this.files.get(newest);
    if (bytes === undefined) return;
    const { random } = this.#world;
    this.#world.note(`checkpoint ${newest} is damaged`);
    if (random.chance(0.5)) {
      this.files.set(newest, bytes.subarray(0, random.whole(0, bytes.length)));
    } else {
      const at = random.whole(0, bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    }
  }

  store(life: Life): CheckpointStore {
    const world = this.#world;
    const { files } = this;
    const pause = () => world.scheduler.pause(life, world.latencyMs());
    return {
      name: "disk",
      load: async (onDamaged) => {
        await pause();
        for (const number of [...files.keys()].sort((a, b) => b - a)) {
          try {
            const bytes = files.get(number) ?? Buffer.alloc(0);
            return decodeCheckpoint(bytes, `checkpoint ${number}`);
          } catch (error) {
            onDamaged(error);
          }
        }
        if (files.size === 0) return undefined;
        throw new FlagdropError("FD_STORE", "all checkpoints are damaged");
      },
      save: async (checkpoint) => {
        const bytes = encodeCheckpoint(checkpoint);
        world.step("checkpoint begun", life);
        await pause();
        if (world.goesWrong(world.faults.rates.storeFailed)) {
          throw new FlagdropError("FD_STORE", "the disk is full");
        }
        world.step("checkpoint written", life);
        await pause();
        files.set(checkpoint.number, bytes);
        world.note(`checkpoint ${checkpoint.number} is current`);
        world.step("checkpoint current", life);
        await pause();
        for (const number of files.keys()) {
          if (number <= checkpoint.number - KEPT) files.delete(number);
        }
        world.step("old checkpoint dropped", life);
        return bytes.length;
      },
    };
  }
}
