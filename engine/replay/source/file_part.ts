/**
 * Files as parts of a source.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { errorLine, FlagdropError } from "../../errors.ts";
import type { ByteRange, InputPart, Inputs } from "./input_part.ts";
import { FILE_READ_BYTES } from "./limits.ts";

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist: check the path",
  EACCES: "reading is not permitted: check its permissions",
  EISDIR: "it is a folder: name the files in it, such as file:DIR/*.jsonl",
};

function unreadable(path: string, error: unknown): FlagdropError {
  const { code = "" } = error as NodeJS.ErrnoException;
  const reason = REMEDIES[code] ?? errorLine(error);
  return new FlagdropError("FD_SOURCE", `Cannot read "${path}" as ${reason}`, {
    domain: "user",
    cause: error,
  });
}

async function* bytesOf(
  path: string,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array, void> {
  if (end !== undefined && end <= start) return;
  try {
    yield* createReadStream(path, {
      start,
      // Node's end belongs to the range.
      ...(end === undefined ? {} : { end: end - 1 }),
      highWaterMark: FILE_READ_BYTES,
    });
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function filePart(path: string): Promise<InputPart> {
  try {
    await access(path, constants.R_OK);
    const found = await stat(path);
    if (found.isDirectory()) {
      throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
    }
    const isFile = found.isFile();
    return {
      name: path,
      version: isFile
        ? `${found.size} bytes of ${found.mtime.toISOString()}`
        : "no file",
      // A pipe or device has no size, and is read once.
      sizeBytes: isFile ? found.size : undefined,
      path: isFile ? path : undefined,
      open: (range) => bytesOf(path, range),
    };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Files as inputs.
 *
 * @param paths In the order in which they are read.
 * @throws {FlagdropError} `FD_SOURCE` for the first that can't be read.
 */
export async function fileInputs(paths: readonly string[]): Promise<Inputs> {
  const parts: InputPart[] = [];
  for (const path of paths) parts.push(await filePart(path));
  return { name: paths.join(", "), parts, close: async () => {} };
}
