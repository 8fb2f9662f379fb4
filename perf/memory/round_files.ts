/**
 * A stream's rounds as files, one for each shard, JSON lines: how engines that
 * live outside of this process are given what the others find in memory.
 *
 * @module
 */
import {
  accessSync,
  constants,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TripStream } from "./trip_stream.ts";

/** Memory that looks like a folder; only Linux has it. */
const MEMORY_FOLDER = "/dev/shm";

/** Files in memory do not wait for a disk. */
function parentFolder(): string {
  try {
    accessSync(MEMORY_FOLDER, constants.W_OK);
    return MEMORY_FOLDER;
  } catch {
    return tmpdir();
  }
}

/** The files. They are gone when the process ends, or when it is told so. */
export class RoundFiles {
  /** A file for each shard. */
  readonly paths: readonly string[];
  readonly #stream: TripStream;
  /** Where they are; what else is put there goes with them. */
  readonly folder: string;
  readonly #onExit = (): void => this.remove();

  constructor(stream: TripStream) {
    this.#stream = stream;
    this.folder = mkdtempSync(join(parentFolder(), "flagdrop-perf-"));
    this.paths = stream.shared.shards.map(({ shardId }) =>
      join(this.folder, `${shardId}.jsonl`),
    );
    process.once("exit", this.#onExit);
  }

  /** Writes the round that the stream has prepared over the one before. */
  write(): void {
    for (const [
      i,
      { bytes, sequencesAt },
    ] of this.#stream.shared.shards.entries()) {
      writeFileSync(this.paths[i] ?? "", bytes.subarray(0, sequencesAt));
    }
  }

  remove(): void {
    process.off("exit", this.#onExit);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
