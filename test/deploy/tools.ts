/**
 * What the suites of the deployment need of this machine: Debian's packages, a
 * clean root and the package, installed or made when missing and kept in
 * `.cache`.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** The project's folder. */
export const ROOT = join(import.meta.dirname, "../..");

const CACHE = join(ROOT, ".cache", "deploy");

/** What Debian's release the clean root is of. */
const SUITE = "bookworm";

/** Runs a command; its output is in the error when it fails. */
export async function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(file, [...args], {
    cwd: ROOT,
    // Not the loader of the tests themselves.
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    maxBuffer: 64 * 1024 ** 2,
  });
  return `${stdout}${stderr}`;
}

/** Runs a command that may fail. */
export async function attempt(
  file: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  try {
    return { code: 0, output: await run(file, args) };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    return { code, output: `${stdout}${stderr}` };
  }
}

/** Installs Debian's packages of these programs, those that are missing. */
export async function debian(
  programs: Readonly<Record<string, string>>,
): Promise<void> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(programs)) {
    const found = await attempt("sh", ["-c", `command -v ${program}`]);
    if (found.code !== 0) missing.push(name);
  }
  if (missing.length === 0) return;
  await run("apt-get", ["update", "-qq"]);
  await run("apt-get", ["install", "-y", "-qq", ...missing], {
    DEBIAN_FRONTEND: "noninteractive",
  });
}

/**
 * Makes a Debian of the least packages.
 *
 * @param include Further packages.
 * @returns Its archive.
 */
export async function debianArchive(include: string): Promise<string> {
  return await archiveOf("minbase", include);
}

/** The least that Node needs, like the image's base: no shell, no packages. */
export async function minimalArchive(): Promise<string> {
  return await archiveOf("extract", "base-files,libc6,libgcc-s1,libstdc++6");
}

async function archiveOf(variant: string, include: string): Promise<string> {
  await debian({ mmdebstrap: "mmdebstrap" });
  mkdirSync(CACHE, { recursive: true });
  const archive = join(CACHE, `debian-${variant}-${include}.tar`);
  if (existsSync(archive)) return archive;
  const partial = `${archive}.partial.tar`;
  await run("mmdebstrap", [
    ...["--quiet", "--mode=root", `--variant=${variant}`],
    ...[`--include=${include}`, SUITE, partial],
  ]);
  await run("mv", [partial, archive]);
  return archive;
}

/** Makes the package that instances and images run; once in a suite. */
export async function packaged(): Promise<string> {
  const out = join(CACHE, "package");
  await run("scripts/deploy/package", [out]);
  return out;
}

/** An empty folder of the suites. */
export function emptyFolder(name: string): string {
  const folder = join(CACHE, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
