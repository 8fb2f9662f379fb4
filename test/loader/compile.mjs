// The project's TypeScript as JavaScript, kept under node_modules/.cache by a
// hash of text and compiler. By esbuild: all files take it less time than the
// compiler that builds the project needs for twenty; types are checked by
// `npm run check`.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const CACHE = new URL("../../node_modules/.cache/typescript/", import.meta.url);
const require = createRequire(import.meta.url);
/** Raised when the options below change. */
const OPTIONS_VERSION = 3;
const SALT = `${OPTIONS_VERSION} ${require("esbuild/package.json").version}`;

/** Type stripping with a source map. */
const OPTIONS = {
  // The oldest that the project runs on.
  target: "node20.18",
  format: "esm",
  charset: "utf8",
  sourcemap: "inline",
  logLevel: "silent",
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
};

function kept(path, text) {
  const hash = createHash("sha256").update(`${SALT}\0${path}\0${text}`);
  return fileURLToPath(new URL(`${hash.digest("hex")}.js`, CACHE));
}

function keep(file, output) {
  // Other processes may be writing the same file: a rename is whole.
  const partial = `${file}.${process.pid}.${Math.random()}`;
  writeFileSync(partial, output);
  renameSync(partial, file);
}

/** What has been kept of a file, or it is compiled. */
export function compiled(path) {
  const text = readFileSync(path, "utf8");
  const file = kept(path, text);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  // Loaded only when something has changed.
  const { transformSync } = require("esbuild");
  const { code } = transformSync(text, {
    ...OPTIONS,
    loader: "ts",
    sourcefile: path,
  });
  mkdirSync(CACHE, { recursive: true });
  keep(file, code);
  return code;
}

/** Compiles all of these that are not kept yet. */
export async function compileAll(paths) {
  const { transform } = require("esbuild");
  mkdirSync(CACHE, { recursive: true });
  const compile = async (path) => {
    const text = readFileSync(path, "utf8");
    const file = kept(path, text);
    if (existsSync(file)) return;
    const { code } = await transform(text, {
      ...OPTIONS,
      loader: "ts",
      sourcefile: path,
    });
    keep(file, code);
  };
  await Promise.all(paths.map(compile));
}
