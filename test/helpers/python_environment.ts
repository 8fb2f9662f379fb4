/**
 * Python's packages for suites that compare with what is not ours: an
 * environment for each set of packages, made once and kept under `.cache/`.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, "../../.cache");

/**
 * Installs packages, unless they are there.
 *
 * @param packages Such as `cfn-lint==1.58.0`.
 * @returns The folder of their programs, `python` among them.
 */
export async function pythonPrograms(
  packages: readonly string[],
): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  // Programs name their interpreter by its path, which must outlast a link.
  const name = packages.join("-").replaceAll(/[^\w.-]+/g, "-");
  const folder = join(realpathSync(CACHE), "python", name);
  const programs = join(folder, "bin");
  const mark = join(folder, "installed");
  if (existsSync(mark)) return programs;
  rmSync(folder, { recursive: true, force: true });
  await run("python3", ["-m", "venv", folder]);
  await run(join(programs, "pip"), ["install", "--quiet", ...packages]);
  await writeFile(mark, "");
  return programs;
}
