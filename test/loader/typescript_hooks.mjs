// Module hooks: the project's TypeScript, compiled by the compiler that builds
// it, and kept under node_modules/.cache by a hash of text and compiler.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const CACHE = new URL("../../node_modules/.cache/typescript/", import.meta.url);
const require = createRequire(import.meta.url);
/** Raised when the options below change. */
const OPTIONS_VERSION = 1;
const SALT = `${OPTIONS_VERSION} ${require("typescript/package.json").version}`;

/** Type stripping with a source map; types are checked by `npm run check`. */
function compile(text, path) {
  // Loaded only when something has changed: it takes a third of a second.
  const ts = require("typescript");
  return ts.transpileModule(text, {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
      inlineSources: true,
    },
  }).outputText;
}

function compiled(url) {
  const path = fileURLToPath(url);
  const text = readFileSync(path, "utf8");
  const hash = createHash("sha256").update(`${SALT}\0${path}\0${text}`);
  const kept = fileURLToPath(new URL(`${hash.digest("hex")}.js`, CACHE));
  try {
    return readFileSync(kept, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const output = compile(text, path);
  mkdirSync(CACHE, { recursive: true });
  // Other processes may be writing the same file: a rename is whole.
  const partial = `${kept}.${process.pid}.${Math.random()}`;
  writeFileSync(partial, output);
  renameSync(partial, kept);
  return output;
}

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
  return { format: "module", source: compiled(url), shortCircuit: true };
}
