/**
 * Objects in a directory. Each is written under another name, synced, and
 * renamed.
 *
 * The head is a row of numbered files, of which the highest counts. Making the
 * next one by a hard link either succeeds whole or finds that someone else has
 * made it: that is what keeps two processes apart without a lock that a crash
 * could leave behind.
 *
 * @module
 */
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
} from "node:fs/promises";
import { join } from "node:path";
import { errorLine, FlagdropError } from "../errors.ts";
import { HEADS_KEPT } from "./limits.ts";
import type { ObjectHead, ObjectStore } from "./object_store.ts";

const HEAD_REGEXP = /^head-(\d{10})\.json$/;
/** What a write that was cut off leaves behind. */
const PARTIAL_SUFFIX = ".partial";

function headName(generation: number): string {
  return `head-${String(generation).padStart(10, "0")}.json`;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Keeps objects in a directory, which is made when it is missing. */
export class DirectoryObjects implements ObjectStore {
  readonly name: string;
  readonly kind = "checkpoint directory";
  /** Tells this process' partial files from another's. */
  readonly #tag: string;
  #isMade = false;

  constructor(path: string, tag = String(process.pid)) {
    this.name = path;
    this.#tag = tag;
  }

  /** Runs an operation; what it fails with becomes one line. */
  async #try<T>(action: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw new FlagdropError(
        "FD_STORE",
        `Cannot ${action} checkpoint directory "${this.name}": ${errorLine(error)}`,
        { cause: error },
      );
    }
  }

  async list(): Promise<string[]> {
    return await this.#try("read", async () =>
      (await readdir(this.name)).filter((name) => !HEAD_REGEXP.test(name)),
    ).catch((error: unknown) => {
      if (error instanceof Error && codeOf(error.cause) === "ENOENT") return [];
      throw error;
    });
  }

  async get(name: string): Promise<Buffer | undefined> {
    return await this.#try("read", async () => {
      try {
        return await readFile(join(this.name, name));
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
      }
    });
  }

  async put(name: string, bytes: Buffer): Promise<void> {
    await this.#try("write to", async () => {
      const partial = await this.#writePartial(name, bytes);
      await rename(partial, join(this.name, name));
      await this.#syncDirectory();
    });
  }

  async remove(name: string): Promise<void> {
    await this.#try("write to", () =>
      rm(join(this.name, name), { force: true }),
    );
  }

  async readHead(): Promise<ObjectHead | undefined> {
    return await this.#try("open", async () => {
      // A head that is gone was replaced by a newer one: look again.
      for (let attempt = 0; attempt < HEADS_KEPT; attempt++) {
        const generation = Math.max(0, ...(await this.#generations()));
        if (generation === 0) return undefined;
        try {
          const bytes = await readFile(join(this.name, headName(generation)));
          return { bytes, version: String(generation) };
        } catch (error) {
          if (codeOf(error) !== "ENOENT") throw error;
        }
      }
      throw new Error("its head changes all the time");
    });
  }

  async swapHead(
    bytes: Buffer,
    version: string | undefined,
  ): Promise<string | undefined> {
    const generation = Number(version ?? 0) + 1;
    const name = headName(generation);
    return await this.#try("write to", async () => {
      const partial = await this.#writePartial(name, bytes);
      try {
        await link(partial, join(this.name, name));
      } catch (error) {
        const code = codeOf(error);
        // ENOENT: who has just become the owner has tidied up our partial file.
        if (code === "EEXIST" || code === "ENOENT") return undefined;
        throw error;
      } finally {
        await rm(partial, { force: true });
      }
      const generations = await this.#generations();
      // Someone far ahead has tidied up our name: ours is not the newest.
      if (Math.max(...generations) > generation) {
        await rm(join(this.name, name), { force: true });
        return undefined;
      }
      await this.#syncDirectory();
      for (const old of generations) {
        if (old > generation - HEADS_KEPT) continue;
        await rm(join(this.name, headName(old)), { force: true });
      }
      return String(generation);
    });
  }

  async #generations(): Promise<number[]> {
    const names = await readdir(this.name).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    });
    return names
      .flatMap((name) => HEAD_REGEXP.exec(name)?.[1] ?? [])
      .map(Number);
  }

  async #writePartial(name: string, bytes: Buffer): Promise<string> {
    if (!this.#isMade) await mkdir(this.name, { recursive: true });
    this.#isMade = true;
    const path = join(this.name, `${name}.${this.#tag}${PARTIAL_SUFFIX}`);
    const file = await open(path, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  }

  /** A rename is durable only once its directory is. */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.name, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async close(): Promise<void> {}
}
