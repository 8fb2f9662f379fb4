/**
 * Files that a run writes: whether it may, and whether there is room.
 *
 * @module
 */
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errorLine } from "../../engine/errors.ts";
import { type Finding, ok, warning, wrong } from "./finding.ts";
import { DISK_FREE_BYTES_WARN } from "./limits.ts";

const GIB = 1024 ** 3;

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Checks a file that a run writes; nothing is touched.
 *
 * @param check Its name in the report.
 * @param path The file; it need not be there, but its folder must.
 */
export async function checkFile(check: string, path: string): Promise<Finding> {
  const folder = dirname(resolve(path));
  try {
    const isThere = await exists(path);
    await access(folder, constants.W_OK | constants.X_OK);
    if (isThere) await access(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    return wrong(check, `cannot write "${path}" (${errorLine(error)})`, {
      fix: `create "${folder}" for this user, or name another file`,
      code: "FD_SINK",
    });
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const gib = (free / GIB).toFixed(1);
  return free < DISK_FREE_BYTES_WARN
    ? warning(check, `"${path}": only ${gib} GiB are free`, "free some space")
    : ok(check, `"${path}" can be written, ${gib} GiB are free`);
}
