/**
 * Compressors that are not ours: Python's, in an environment of its own that is
 * made once, under `.cache/`.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const PACKAGES = ["cramjam==2.14.0", "python-snappy==0.7.3"] as const;
const FOLDER = fileURLToPath(
  new URL(`../../.cache/${PACKAGES.join("-")}`, import.meta.url),
);
const PYTHON = `${FOLDER}/bin/python`;

/** Installs the packages, unless they are there. */
export async function installCodecs(): Promise<void> {
  if (existsSync(PYTHON)) return;
  await run("python3", ["-m", "venv", FOLDER]);
  await run(`${FOLDER}/bin/pip`, ["install", "--quiet", ...PACKAGES]);
}

/**
 * Runs a script.
 *
 * @param script Reads `data` and writes what `out` is, both bytes.
 */
export async function python(script: string, input: Buffer): Promise<Buffer> {
  const text = [
    "import sys",
    "data = sys.stdin.buffer.read()",
    script,
    "sys.stdout.buffer.write(bytes(out))",
  ].join("\n");
  const child = spawn(PYTHON, ["-c", text], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(input);
  return await buffer(child.stdout);
}
