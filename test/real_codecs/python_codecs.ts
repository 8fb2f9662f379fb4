/** Compressors that are not ours: Python's. */
import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { pythonPrograms } from "../helpers/python_environment.ts";

const PACKAGES = ["cramjam==2.14.0", "python-snappy==0.7.3"] as const;

/** Installs the packages, unless they are there. */
export async function installCodecs(): Promise<void> {
  await pythonPrograms(PACKAGES);
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
  const programs = await pythonPrograms(PACKAGES);
  const child = spawn(`${programs}/python`, ["-c", text], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(input);
  return await buffer(child.stdout);
}
