/**
 * What the file system refuses, as one line with a remedy.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../errors.ts";

/** Reason and remedy of each error code that a user can do something about. */
const REMEDIES: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ["its folder does not exist", "create the folder or name another"],
  ENOTDIR: ["its path goes through a file", "name another path"],
  EISDIR: ["it is a folder", "name a file in it"],
  EACCES: ["permission is denied", "name a file that this user may write"],
  EPERM: ["permission is denied", "name a file that this user may write"],
  EROFS: ["its file system is read-only", "name a file elsewhere"],
  ENOSPC: ["the disk is full", "free some space or name a file elsewhere"],
  EDQUOT: ["the disk quota is used up", "free some space"],
  EFBIG: ["it has reached the largest size allowed", "raise the limit"],
  EMFILE: ["too many files are open", "raise the limit with ulimit -n"],
  EPIPE: ["its reader has gone", "keep the reader open until the run ends"],
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/**
 * Turns an error of the file system into what the user is shown.
 *
 * @param action What could not be done, e.g. `'write dead letters to "x"'`.
 * @param error The error as it was thrown.
 * @returns An error with code `FD_SINK` and the error as its cause.
 */
export function fileError(action: string, error: unknown): FlagdropError {
  if (error instanceof FlagdropError) return error;
  const [reason, remedy] = REMEDIES[codeOf(error)] ?? [];
  return new FlagdropError(
    "FD_SINK",
    reason === undefined
      ? `Cannot ${action}: ${errorLine(error)}`
      : `Cannot ${action} as ${reason}: ${remedy}`,
    { cause: error },
  );
}
