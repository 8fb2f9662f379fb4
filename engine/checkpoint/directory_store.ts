/**
 * Checkpoints in a directory. Each is written under another name, synced, and
 * made current by a rename; the last three are kept.
 *
 * @module
 */
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorLine, FlagdropError } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint_codec.ts";
import { CHECKPOINTS_KEPT } from "./limits.ts";

const NAME_REGEXP = /^checkpoint-(\d{10})\.fdc$/;
/** What a write that was cut off leaves behind. */
const PARTIAL_SUFFIX = ".partial";

/** Where checkpoints are kept. */
export interface CheckpointStore {
  /** As the user named it. */
  readonly name: string;
  /**
   * The newest sound checkpoint, or undefined when there is none at all.
   *
   * @param onDamaged Told of each damaged one that is skipped.
   * @throws {FlagdropError} `FD_STORE` when all are damaged or it can't be read.
   */
  load(onDamaged: (error: unknown) => void): Promise<Checkpoint | undefined>;
  /** Writes a checkpoint and makes it the current one; resolves to its bytes. */
  save(checkpoint: Checkpoint): Promise<number>;
}

function fileName(number: number): string {
  return `checkpoint-${String(number).padStart(10, "0")}.fdc`;
}

/** Keeps checkpoints in a directory, which is made when it is missing. */
export class DirectoryStore implements CheckpointStore {
  readonly name: string;
  readonly #path: string;

  constructor(path: string) {
    this.name = path;
    this.#path = path;
  }

  #problem(action: string, error: unknown): FlagdropError {
    return new FlagdropError(
      "FD_STORE",
      `Cannot ${action} checkpoint directory "${this.#path}": ${errorLine(error)}`,
      { cause: error },
    );
  }

  /** Numbers of the checkpoints there, newest first. */
  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#path);
    return names
      .flatMap((name) => NAME_REGEXP.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);
  }

  async load(
    onDamaged: (error: unknown) => void,
  ): Promise<Checkpoint | undefined> {
    let numbers: number[];
    try {
      await mkdir(this.#path, { recursive: true });
      numbers = await this.#numbers();
    } catch (error) {
      throw this.#problem("open", error);
    }
    for (const number of numbers) {
      const path = join(this.#path, fileName(number));
      try {
        return decodeCheckpoint(await readFile(path), path);
      } catch (error) {
        onDamaged(error);
      }
    }
    if (numbers.length === 0) return undefined;
    throw new FlagdropError(
      "FD_STORE",
      `Cannot restore from "${this.#path}" as all ${numbers.length} checkpoints in it are damaged: delete the directory to begin anew`,
    );
  }

  async save(checkpoint: Checkpoint): Promise<number> {
    const path = join(this.#path, fileName(checkpoint.number));
    const partial = `${path}${PARTIAL_SUFFIX}`;
    const bytes = encodeCheckpoint(checkpoint);
    try {
      const file = await open(partial, "w");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, path);
      await this.#syncDirectory();
      await this.#dropOld();
    } catch (error) {
      throw this.#problem("write to", error);
    }
    return bytes.length;
  }

  /** A rename is durable only once its directory is. */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async #dropOld(): Promise<void> {
    const old = (await this.#numbers()).slice(CHECKPOINTS_KEPT);
    for (const number of old) {
      await rm(join(this.#path, fileName(number)), { force: true });
    }
  }
}
