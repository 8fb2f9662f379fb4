/**
 * Reads files as blocks of whole lines, decompressing what ends in `.gz`.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { access, constants, open, stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { errorLine, FlagdropError } from "../errors.ts";
import { BLOCK_BYTES, LINE_BYTES_MAX } from "../limits.ts";

const NEWLINE = 10;
/** Read at once from a plain file. */
const READ_BYTES = 1024 * 1024;

/**
 * Whole lines of one file. The buffer belongs to the receiver, and can be
 * shared with worker threads.
 */
export interface Block {
  readonly path: string;
  /** Index of the file among all. */
  readonly fileIndex: number;
  /** Offset of the first byte in the file, decompressed. */
  readonly offset: number;
  readonly bytes: SharedArrayBuffer;
  readonly byteLength: number;
}

/** Fills `into` from `at`; resolves to the bytes read, 0 at the end. */
type Fill = (into: Uint8Array, at: number) => Promise<number>;

interface OpenFile {
  readonly fill: Fill;
  close(): Promise<void>;
}

function fileError(path: string, error: unknown): FlagdropError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const remedy =
    code === "ENOENT"
      ? "it does not exist: check the path"
      : code === "EACCES"
        ? "reading is not permitted: check its permissions"
        : code === "EISDIR"
          ? "it is a folder: name the files in it, such as file:DIR/*.jsonl"
          : code.startsWith("Z_")
            ? `it is no sound gzip file: ${errorLine(error)}`
            : errorLine(error);
  return new FlagdropError("FD_SOURCE", `Cannot read "${path}" as ${remedy}`, {
    domain: "user",
    cause: error,
  });
}

async function openPlain(path: string, offset: number): Promise<OpenFile> {
  const handle = await open(path);
  let position = offset;
  return {
    fill: async (into, at) => {
      const length = Math.min(READ_BYTES, into.length - at);
      const { bytesRead } = await handle.read(into, at, length, position);
      position += bytesRead;
      return bytesRead;
    },
    close: () => handle.close(),
  };
}

async function openGzip(path: string, offset: number): Promise<OpenFile> {
  // Opened first, so that a missing file fails here and not in the stream.
  const handle = await open(path);
  const source = createReadStream("", { fd: handle });
  const stream = source.pipe(createGunzip());
  source.on("error", (error) => stream.destroy(error));
  const chunks = stream[Symbol.asyncIterator]();
  let chunk: Buffer = Buffer.alloc(0);
  let skip = offset;
  return {
    fill: async (into, at) => {
      while (chunk.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return 0;
        chunk = next.value as Buffer;
        const skipped = Math.min(skip, chunk.length);
        chunk = chunk.subarray(skipped);
        skip -= skipped;
      }
      const copied = chunk.copy(into, at);
      chunk = chunk.subarray(copied);
      return copied;
    },
    close: async () => {
      stream.destroy();
      source.destroy();
    },
  };
}

/**
 * Checks that files are there and may be read, before anything is started.
 *
 * @throws {FlagdropError} `FD_SOURCE` for the first that is not.
 */
export async function checkFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await access(path, constants.R_OK);
      if ((await stat(path)).isDirectory()) {
        throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
      }
    } catch (error) {
      throw fileError(path, error);
    }
  }
}

/** Options for {@linkcode readBlocks}. */
export interface ReadBlocksOptions {
  readonly paths: readonly string[];
  /** Where to begin. @default {the first byte of the first file} */
  readonly from?: { readonly fileIndex: number; readonly offset: number };
  /** A buffer to fill, of at least `BLOCK_BYTES`; new ones when absent. */
  readonly takeBuffer?: () => SharedArrayBuffer;
}

/**
 * The blocks of some files, in order. A block never spans two files; a line
 * longer than `LINE_BYTES_MAX` is cut.
 *
 * @throws {FlagdropError} `FD_SOURCE` when a file can't be read.
 */
export async function* readBlocks(
  options: ReadBlocksOptions,
): AsyncGenerator<Block> {
  const take = options.takeBuffer ?? (() => new SharedArrayBuffer(BLOCK_BYTES));
  const { paths, from = { fileIndex: 0, offset: 0 } } = options;
  for (const [fileIndex, path] of paths.entries()) {
    if (fileIndex < from.fileIndex) continue;
    const offset = fileIndex === from.fileIndex ? from.offset : 0;
    let file: OpenFile | undefined;
    try {
      file = await (path.endsWith(".gz") ? openGzip : openPlain)(path, offset);
      yield* blocksOf({ path, fileIndex, offset }, file.fill, take);
    } catch (error) {
      throw error instanceof FlagdropError ? error : fileError(path, error);
    } finally {
      await file?.close();
    }
  }
}

async function* blocksOf(
  start: Pick<Block, "path" | "fileIndex" | "offset">,
  fill: Fill,
  take: () => SharedArrayBuffer,
): AsyncGenerator<Block> {
  const { path, fileIndex } = start;
  let { offset } = start;
  let buffer = new Uint8Array(take());
  let length = 0;
  for (;;) {
    const read = await fill(buffer, length);
    length += read;
    if (read === 0) {
      if (length > 0) {
        const bytes = buffer.buffer;
        yield { path, fileIndex, offset, bytes, byteLength: length };
      }
      return;
    }
    if (length < buffer.length) continue;
    const cut = buffer.lastIndexOf(NEWLINE, length - 1) + 1;
    if (cut === 0 && length < LINE_BYTES_MAX) {
      const longer = new Uint8Array(
        new SharedArrayBuffer(Math.min(length * 2, LINE_BYTES_MAX)),
      );
      longer.set(buffer);
      buffer = longer;
      continue;
    }
    const byteLength = cut === 0 ? length : cut;
    let next = new Uint8Array(take());
    if (next.length <= length - byteLength) {
      next = new Uint8Array(new SharedArrayBuffer(length));
    }
    next.set(buffer.subarray(byteLength, length));
    yield { path, fileIndex, offset, bytes: buffer.buffer, byteLength };
    offset += byteLength;
    length -= byteLength;
    buffer = next;
  }
}
