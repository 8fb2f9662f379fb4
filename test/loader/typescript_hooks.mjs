// Module hooks: the project's TypeScript, compiled once and kept.
import { fileURLToPath } from "node:url";
import { compiled } from "./compile.mjs";

/**
 * What tap puts before each test file: a tracker of the sources it loads, a
 * loader for mocks, and a slower one for TypeScript. Nothing here asks for
 * them, and they cost as much as the rest of a small test file.
 */
const TAP_LOADER_REGEXP =
  /\/@tapjs\/(?:mock|processinfo|typescript)\/dist\/esm\/import\.mjs$/;

/** Compiles `.ts` files; everything else is Node's own business. */
export async function load(url, context, nextLoad) {
  if (TAP_LOADER_REGEXP.test(url)) {
    return { format: "module", source: "", shortCircuit: true };
  }
  if (!url.startsWith("file:") || !url.endsWith(".ts")) {
    return await nextLoad(url, context);
  }
  const source = compiled(fileURLToPath(url));
  return { format: "module", source, shortCircuit: true };
}
