/**
 * Reads a file that an option names, up to a size.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import {
  type ErrorCode,
  errorLine,
  FlagdropError,
} from "../../engine/errors.ts";

/** What is read, and how much of it at most. */
export interface BoundedFile {
  /** What it is called in messages. */
  readonly what: string;
  readonly code: ErrorCode;
  readonly bytesMax: number;
}

/**
 * Reads a whole file.
 *
 * @throws {FlagdropError} Of the given code when it can't be read, is no file,
 * or has more bytes than it may.
 */
export async function readBounded(
  path: string,
  { what, code, bytesMax }: BoundedFile,
): Promise<Buffer> {
  const refusal = (reason: string, cause?: unknown) =>
    new FlagdropError(code, `Cannot read ${what} "${path}": ${reason}`, {
      domain: "user",
      cause,
    });
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stat = await file.stat();
    if (!stat.isFile()) throw refusal("it is no file");
    if (stat.size > bytesMax) {
      const mib = bytesMax / 2 ** 20;
      throw refusal(`it has ${stat.size} bytes and may have ${mib} MiB`);
    }
    return await file.readFile();
  } catch (error) {
    if (error instanceof FlagdropError) throw error;
    throw refusal(errorLine(error), error);
  } finally {
    await file?.close();
  }
}
