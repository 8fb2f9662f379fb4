/**
 * Dead letters as JSON lines in a file of bounded size:
 * `{"shard":…,"sequence":…,"subSequence":…,"reason":…,"bytes":"<base64>"}`; with
 * a `"detail"` where whoever refused it gave one.
 *
 * The file is made with the first letter. One that is there already is emptied
 * at the start of a fresh run, so that it never tells of another run's records.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type ByteOutput, openFileOutput } from "./byte_output.ts";
import { DEAD_LETTER_BYTES_MAX, RENDER_BUFFER_BYTES } from "./limits.ts";
import type { DeadLetter, DeadLetterSink } from "./sink.ts";

/** Options for {@linkcode DeadLetterFile.open}. */
export interface DeadLetterFileOptions {
  /**
   * Size of the file; letters beyond it are only counted.
   *
   * @default {1073741824}
   */
  readonly bytesMax?: number;
  /** Called once, with the first letter that finds no room. */
  readonly onFull?: (() => void) | undefined;
  /** Cuts the file to this length, in bytes, and goes on there. */
  readonly resumeAtBytes?: number | undefined;
}

/** One letter as its line. */
export function deadLetterLine(letter: DeadLetter): string {
  const { bytes } = letter;
  const base64 = Buffer.from(
    bytes.buffer,
    bytes.byteOffset,
    bytes.byteLength,
  ).toString("base64");
  const line = JSON.stringify({
    shard: letter.shardId,
    sequence: letter.sequenceNumber,
    subSequence: letter.subSequenceNumber,
    reason: letter.reason,
    detail: letter.detail,
    bytes: base64,
  });
  return `${line}\n`;
}

/**
 * Whether something is at the path that has to be opened at once: a file to
 * empty, or a folder to complain of. A pipe or device waits for a letter.
 */
async function isThere(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFile() || found.isDirectory();
  } catch {
    // A missing folder is better said now than with the first letter.
    const folder = await stat(dirname(path)).catch(() => undefined);
    return folder?.isDirectory() !== true;
  }
}

/** A file of dead letters. */
export class DeadLetterFile implements DeadLetterSink {
  readonly #path: string;
  readonly #options: DeadLetterFileOptions;
  readonly #bytesMax: number;
  #output: ByteOutput | undefined;
  #count = 0;
  #droppedCount = 0;
  #isFull = false;
  #closed = false;
  /** Calls run one after the other; each waits for the one before. */
  #tail: Promise<void> = Promise.resolve();

  private constructor(path: string, options: DeadLetterFileOptions) {
    this.#path = path;
    this.#options = options;
    this.#bytesMax = options.bytesMax ?? DEAD_LETTER_BYTES_MAX;
    assert(this.#bytesMax >= 0);
  }

  /**
   * Makes ready to write letters to a file.
   *
   * @param path The file; its folder must exist by the first letter.
   * @throws {FlagdropError} `FD_SINK` when the path can't be used.
   */
  static async open(
    path: string,
    options: DeadLetterFileOptions = {},
  ): Promise<DeadLetterFile> {
    const letters = new DeadLetterFile(path, options);
    if ((options.resumeAtBytes ?? 0) > 0 || (await isThere(path))) {
      await letters.#opened();
    }
    return letters;
  }

  get count(): number {
    return this.#count;
  }

  /** Letters that found no room. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Length of the file, for a checkpoint. */
  get lengthBytes(): number {
    return this.#output?.lengthBytes ?? 0;
  }

  write(letters: readonly DeadLetter[]): Promise<void> {
    const written = this.#tail.then(() => this.#write(letters));
    this.#tail = written.catch(() => {});
    return written;
  }

  /** Makes everything written durable; a checkpoint may then count on it. */
  async sync(): Promise<void> {
    await this.#tail;
    await this.#output?.sync();
  }

  async close(): Promise<void> {
    await this.#tail;
    this.#closed = true;
    await this.#output?.close();
  }

  async #write(letters: readonly DeadLetter[]): Promise<void> {
    assert(!this.#closed);
    let chunk: Buffer[] = [];
    let chunkBytes = 0;
    const flush = async () => {
      if (chunk.length === 0) return;
      const output = await this.#opened();
      await output.write(Buffer.concat(chunk));
      this.#count += chunk.length;
      chunk = [];
      chunkBytes = 0;
    };
    for (const letter of letters) {
      const line = this.#isFull
        ? undefined
        : Buffer.from(deadLetterLine(letter));
      const lengthBytes = this.lengthBytes + chunkBytes;
      if (line === undefined || lengthBytes + line.length > this.#bytesMax) {
        this.#drop();
        continue;
      }
      chunkBytes += line.length;
      chunk.push(line);
      if (chunkBytes >= RENDER_BUFFER_BYTES) await flush();
    }
    await flush();
  }

  #drop(): void {
    this.#droppedCount++;
    if (this.#isFull) return;
    this.#isFull = true;
    this.#options.onFull?.();
  }

  async #opened(): Promise<ByteOutput> {
    this.#output ??= await openFileOutput(this.#path, {
      subject: "dead letters",
      resumeAtBytes: this.#options.resumeAtBytes,
    });
    return this.#output;
  }
}
