/**
 * `file:PATH` sources: globs become names, in order.
 *
 * @module
 */
import { FlagdropError } from "../../engine/errors.ts";

const PREFIX = "file:";
const GLOB_REGEXP = /[*?[\]{}]/;

function problem(source: string, what: string): FlagdropError {
  return new FlagdropError(
    "FD_OPTION",
    `Cannot use "${source}" as a source: ${what}`,
    { domain: "user" },
  );
}

/**
 * The files that some sources name.
 *
 * @param sources Each `file:PATH` or `file:GLOB`; files of a glob go by name.
 * @throws {FlagdropError} `FD_OPTION` when one is no such source or a glob
 * matches nothing.
 */
export async function filesFrom(sources: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const source of sources) {
    const path = source.startsWith(PREFIX) ? source.slice(PREFIX.length) : "";
    if (path === "") throw problem(source, "write file:PATH");
    if (!GLOB_REGEXP.test(path)) {
      paths.push(path);
      continue;
    }
    const { glob } = await import("tinyglobby");
    const found = await glob(path, { expandDirectories: false });
    if (found.length === 0) throw problem(source, "no file matches");
    paths.push(...found.sort());
  }
  return paths;
}
