/**
 * Checkpoints in a store that one run owns: the last three by number, and
 * savepoints by name.
 *
 * A checkpoint is written under a name of its own and then made current by
 * swapping the head, which fails when the store is another's by now.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../errors.ts";
import type { WriteGuard } from "../sink/sink.ts";
import { acquireLease } from "./acquire_lease.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint_codec.ts";
import type { CheckpointStore, SavedCheckpoint } from "./checkpoint_store.ts";
import type { Lease } from "./lease.ts";
import type { LeaseOptions } from "./lease_options.ts";
import { CHECKPOINTS_KEPT } from "./limits.ts";
import type { ObjectStore } from "./object_store.ts";
import {
  checkpointName,
  isDisposable,
  numberOf,
  savepointObject,
} from "./store_head.ts";

/** A store that this process owns. */
export class LeasedStore implements CheckpointStore {
  readonly name: string;
  readonly guard: WriteGuard = () => this.#lease.guard();
  readonly #objects: ObjectStore;
  readonly #lease: Lease;
  readonly #options: LeaseOptions;
  #lastNumber: number;
  /** Objects to delete; what can't be is tried again with the next save. */
  readonly #garbage: Set<string>;

  private constructor(
    objects: ObjectStore,
    lease: Lease,
    options: LeaseOptions & { readonly garbage: readonly string[] },
  ) {
    this.name = objects.name;
    this.#objects = objects;
    this.#lease = lease;
    this.#options = options;
    this.#lastNumber = Math.max(0, ...lease.head.checkpoints.map(numberOf));
    this.#garbage = new Set(options.garbage);
  }

  /**
   * Becomes the store's owner; see {@linkcode acquireLease} for how long that
   * can take.
   *
   * @throws {FlagdropError} `FD_LEASE` when it is another's, `FD_STORE` when it
   * can't be used.
   */
  static async open(
    objects: ObjectStore,
    options: LeaseOptions,
  ): Promise<LeasedStore> {
    const lease = await acquireLease(objects, options);
    const current = new Set(lease.head.checkpoints);
    const garbage = (await objects.list()).filter(
      (name) => isDisposable(name) && !current.has(name),
    );
    const store = new LeasedStore(objects, lease, { ...options, garbage });
    // Should the head be damaged later, checkpoints are found by name: one that
    // was never current counts on what the files no longer have.
    await store.#tidy();
    return store;
  }

  get lastNumber(): number {
    return this.#lastNumber;
  }

  async load(
    onDamaged: (error: unknown) => void,
  ): Promise<Checkpoint | undefined> {
    const names = this.#lease.head.checkpoints;
    for (const name of names) {
      // What can't be read now may be sound: going on from an older one would
      // cut files to its lengths, and the next start would find it again.
      const bytes = await this.#objects.get(name);
      try {
        return soundCheckpoint(bytes, { name, store: this.name });
      } catch (error) {
        onDamaged(error);
      }
    }
    if (names.length === 0) return undefined;
    throw new FlagdropError(
      "FD_STORE",
      `Cannot restore from "${this.name}" as all ${names.length} checkpoints in it are damaged: give another --checkpoint to begin anew`,
    );
  }

  async save(checkpoint: Checkpoint): Promise<SavedCheckpoint> {
    const { epoch } = this.#lease.head;
    const name = checkpointName(checkpoint.number, epoch);
    const saved = await this.#write(name, checkpoint);
    let dropped: readonly string[] = [];
    await this.#lease.swap((head) => {
      const others = head.checkpoints.filter((one) => one !== name);
      dropped = others.slice(CHECKPOINTS_KEPT - 1);
      return { checkpoints: [name, ...others.slice(0, CHECKPOINTS_KEPT - 1)] };
    });
    this.#lastNumber = checkpoint.number;
    for (const old of dropped) this.#garbage.add(old);
    await this.#tidy();
    return saved;
  }

  async saveNamed(
    name: string,
    checkpoint: Checkpoint,
  ): Promise<SavedCheckpoint> {
    const object = savepointObject(name);
    if ((await this.#objects.list()).includes(object)) {
      throw new FlagdropError(
        "FD_STORE",
        `Cannot write savepoint "${name}" to "${this.name}" as there is one of that name: give another`,
        { domain: "user" },
      );
    }
    // A swap proves that the store is ours.
    await this.#lease.swap(() => ({}));
    return await this.#write(object, checkpoint);
  }

  /** Deletes a checkpoint; the one before is then the newest. */
  async forget(object: string): Promise<void> {
    await this.#lease.swap((head) => ({
      checkpoints: head.checkpoints.filter((one) => one !== object),
    }));
    await this.#objects.remove(object);
  }

  async #write(name: string, checkpoint: Checkpoint): Promise<SavedCheckpoint> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    const bytes = encodeCheckpoint(checkpoint);
    const encodeMs = clock.monotonicMs() - startMs;
    await this.#lease.guard();
    await this.#objects.put(name, bytes);
    return { bytes: bytes.length, encodeMs };
  }

  async #tidy(): Promise<void> {
    for (const name of this.#garbage) {
      try {
        await this.#objects.remove(name);
        this.#garbage.delete(name);
      } catch (error) {
        this.#options.log.debug({ name }, errorLine(error));
      }
    }
  }

  onLost(listener: (error: unknown) => void): void {
    this.#lease.onLost(listener);
  }

  seal(): void {
    this.#lease.seal();
  }

  async close(): Promise<void> {
    await this.#lease.release().catch((error: unknown) => {
      this.#options.log.debug(errorLine(error));
    });
    await this.#objects.close();
  }
}

/**
 * The checkpoint in an object.
 *
 * @throws {FlagdropError} `FD_STORE` when it is missing or damaged.
 */
function soundCheckpoint(
  bytes: Buffer | undefined,
  { name, store }: { readonly name: string; readonly store: string },
): Checkpoint {
  if (bytes === undefined) {
    throw new FlagdropError(
      "FD_STORE",
      `Cannot use checkpoint "${name}" of "${store}": it is missing`,
    );
  }
  return decodeCheckpoint(bytes, name);
}
