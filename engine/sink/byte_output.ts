/**
 * Where bytes go, in order: a file that can be cut back and synced, or a
 * stream such as standard output.
 *
 * @module
 */
import assert from "node:assert/strict";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { FlagdropError } from "../errors.ts";
import { fileError } from "./file_error.ts";

/** A file that is continued must be there. */
const RESUME_FLAGS = constants.O_WRONLY | constants.O_APPEND;

/** An open output. Calls must not overlap. */
export interface ByteOutput {
  /** Bytes in the output, those from before it was opened included. */
  readonly lengthBytes: number;
  /**
   * Writes all of the bytes. They may be overwritten once it resolves.
   *
   * @throws {FlagdropError} `FD_SINK`.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes everything written durable, as far as the output can. */
  sync(): Promise<void>;
  /** Idempotent. Does not sync. */
  close(): Promise<void>;
}

/** Options for {@linkcode openFileOutput}. */
export interface FileOutputOptions {
  /** What is written, for error messages, e.g. `"results"`. */
  readonly subject: string;
  /**
   * Cuts the file to this length, in bytes, and goes on there.
   *
   * @default {0} the file is replaced
   */
  readonly resumeAtBytes?: number | undefined;
}

class FileOutput implements ByteOutput {
  readonly #file: FileHandle;
  readonly #action: string;
  readonly #isRegular: boolean;
  #lengthBytes: number;
  #closed = false;

  constructor(
    file: FileHandle,
    options: { action: string; isRegular: boolean; lengthBytes: number },
  ) {
    this.#file = file;
    this.#action = options.action;
    this.#isRegular = options.isRegular;
    this.#lengthBytes = options.lengthBytes;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    assert(!this.#closed);
    let at = 0;
    try {
      while (at < bytes.length) {
        const { bytesWritten } = await this.#file.write(bytes, at);
        at += bytesWritten;
        this.#lengthBytes += bytesWritten;
      }
    } catch (error) {
      throw fileError(this.#action, error);
    }
  }

  async sync(): Promise<void> {
    // Pipes and devices have nothing to sync.
    if (!this.#isRegular) return;
    try {
      await this.#file.datasync();
    } catch (error) {
      throw fileError(this.#action, error);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}

async function cut(file: FileHandle, path: string, atBytes: number) {
  const { size } = await file.stat();
  if (size < atBytes) {
    throw new FlagdropError(
      "FD_SINK",
      `Cannot go on with "${path}" as it has ${size} bytes where the checkpoint counts ${atBytes}: put the file back or start without the checkpoint`,
    );
  }
  await file.truncate(atBytes);
}

/**
 * Opens a file for writing.
 *
 * @param path The file; its folder must exist.
 * @param options What it is for, and whether it is continued.
 * @throws {FlagdropError} `FD_SINK`, one line with the remedy.
 */
export async function openFileOutput(
  path: string,
  options: FileOutputOptions,
): Promise<ByteOutput> {
  const { subject, resumeAtBytes = 0 } = options;
  const action = `write ${subject} to "${path}"`;
  let file: FileHandle | undefined;
  try {
    file = await open(path, resumeAtBytes === 0 ? "w" : RESUME_FLAGS);
    if (resumeAtBytes > 0) await cut(file, path, resumeAtBytes);
    return new FileOutput(file, {
      action,
      isRegular: (await file.stat()).isFile(),
      lengthBytes: resumeAtBytes,
    });
  } catch (error) {
    await file?.close();
    throw fileError(action, error);
  }
}

/** A stream that belongs to someone else: it is never ended. */
export class StreamOutput implements ByteOutput {
  readonly #stream: NodeJS.WritableStream;
  readonly #action: string;
  /** Errors arrive at the write that meets them; this keeps them from ending the process. */
  readonly #ignore = () => {};
  #lengthBytes = 0;

  /**
   * @param stream Where the bytes go.
   * @param name Its name in error messages, e.g. `"standard output"`.
   */
  constructor(stream: NodeJS.WritableStream, name: string) {
    this.#stream = stream;
    this.#action = `write results to ${name}`;
    stream.on("error", this.#ignore);
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error) reject(fileError(this.#action, error));
        else resolve();
      });
    });
    this.#lengthBytes += bytes.length;
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#stream.off("error", this.#ignore);
    return Promise.resolve();
  }
}
