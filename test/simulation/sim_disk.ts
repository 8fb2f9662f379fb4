/** Where checkpoints are kept: outlives processes, and may be damaged. */

import type { Checkpoint } from "../../engine/checkpoint/checkpoint.ts";
import { decodeCheckpoint } from "../../engine/checkpoint/checkpoint_codec.ts";
import type {
  ObjectHead,
  ObjectStore,
} from "../../engine/checkpoint/object_store.ts";
import { decodeHead } from "../../engine/checkpoint/store_head.ts";
import { FlagdropError } from "../../engine/errors.ts";
import type { Life } from "./scheduler.ts";
import type { World } from "./world.ts";

export class SimDisk {
  readonly #objects = new Map<string, Buffer>();
  readonly #world: World;
  #head: ObjectHead | undefined;
  #generation = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** All checkpoints that the head names and that can be read. */
  checkpoints(): Checkpoint[] {
    const names = this.#head && decodeHead(this.#head.bytes)?.checkpoints;
    return (names ?? []).flatMap((name) => {
      try {
        const bytes = this.#objects.get(name) ?? Buffer.alloc(0);
        return [decodeCheckpoint(bytes, name)];
      } catch {
        return [];
      }
    });
  }

  /** Tears or spoils the newest checkpoint, if there is one before it. */
  damage(): void {
    const { random } = this.#world;
    // What a crash left behind is not one to go on from.
    const head = this.#head && decodeHead(this.#head.bytes);
    const names = head?.checkpoints ?? [];
    const newest = names[0];
    const bytes = newest && this.#objects.get(newest);
    // With none left to go on from, a run refuses to start.
    const isLast = this.checkpoints().length < 2;
    if (bytes === undefined || bytes === "" || isLast) return;
    this.#world.note(`${newest} is damaged`);
    const torn = random.chance(0.3)
      ? bytes.subarray(0, random.whole(0, bytes.length - 1))
      : Buffer.from(bytes);
    const at = random.whole(0, bytes.length - 1);
    if (torn.length === bytes.length) torn[at] = (torn[at] ?? 0) ^ 0xff;
    this.#objects.set(newest ?? "", torn);
    if (this.#head === undefined || random.chance(0.7)) return;
    this.#world.note("the head is damaged");
    this.#head = { ...this.#head, bytes: Buffer.from("{") };
  }

  /** The disk as one process sees it. */
  objects(life: Life, isCut: () => boolean): ObjectStore {
    const world = this.#world;
    const pause = () => world.scheduler.pause(life, world.latencyMs());
    /** The disk may fail before it has done something, and after. */
    const attempt = async <T>(effect: () => T): Promise<T> => {
      const { storeFailed } = world.faults.rates;
      await pause();
      if (isCut()) {
        await world.scheduler.pause(life, world.latencyMs(5_000));
        throw this.#failure();
      }
      if (world.goesWrong(storeFailed)) throw this.#failure();
      const result = effect();
      await pause();
      if (world.goesWrong(storeFailed)) throw this.#failure();
      return result;
    };
    return {
      name: "disk",
      kind: "checkpoint directory",
      list: () => attempt(() => [...this.#objects.keys()]),
      get: (name) => attempt(() => this.#objects.get(name)),
      put: (name, bytes) => {
        world.step("checkpoint begun", life);
        return attempt(() => {
          this.#objects.set(name, bytes);
          world.note(`${name} is written`);
          world.step("checkpoint written", life);
        });
      },
      remove: (name) => {
        world.step("checkpoint current", life);
        return attempt(() => {
          this.#objects.delete(name);
          world.step("old checkpoint dropped", life);
        });
      },
      readHead: () => attempt(() => this.#head),
      swapHead: (bytes, version) =>
        attempt(() => {
          if (this.#head?.version !== version) return undefined;
          const next = String(++this.#generation);
          this.#head = { bytes: Buffer.from(bytes), version: next };
          world.step("head swapped", life);
          return next;
        }),
      close: async () => {},
    };
  }

  #failure(): FlagdropError {
    this.#world.note("the disk fails");
    return new FlagdropError("FD_STORE", "the disk does not answer");
  }
}
